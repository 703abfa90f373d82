package suite

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Call is one run of the program, to be changed before Do.
type Call struct {
	t           *T
	arguments   []string
	environment []string
	stdin       io.Reader
	through     []string
}

// Smolvm calls the program with exactly these arguments.
func (t *T) Smolvm(arguments ...string) *Call { return &Call{t: t, arguments: arguments} }

// Machine runs `smolvm machine …`.
func (t *T) Machine(arguments ...string) *Result {
	return t.Smolvm(append([]string{"machine"}, arguments...)...).Do()
}

// With adds K=V to the environment.
func (c *Call) With(variables ...string) *Call {
	c.environment = append(c.environment, variables...)
	return c
}

// Input is the program's stdin; without it, /dev/null.
func (c *Call) Input(from io.Reader) *Call { c.stdin = from; return c }

// Through puts a program with its arguments before the call, such as unshare.
func (c *Call) Through(program ...string) *Call { c.through = program; return c }

// Command is the call as a process that the case starts and watches itself.
func (c *Call) Command(ctx context.Context) *exec.Cmd {
	home := c.t.Home
	line := slices.Concat(c.through, []string{filepath.Join(home, "smolvm")}, c.arguments)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + c.t.Root, "SMOLVM_DATA_DIR=" + c.t.Root}
	if lib := filepath.Join(home, "lib"); exists(lib) {
		cmd.Env = append(cmd.Env, "SMOLVM_LIB_DIR="+lib, "LD_LIBRARY_PATH="+lib, "SMOLVM_AGENT_ROOTFS="+filepath.Join(home, "agent-rootfs"))
	}
	cmd.Env = append(cmd.Env, c.environment...)
	cmd.Stdin = c.stdin
	// A machine that held the pipes would keep Wait: that is a failure, too.
	cmd.WaitDelay = time.Second
	return cmd
}

// Do runs it to its end.
func (c *Call) Do() *Result {
	ctx, cancel := context.WithTimeout(context.Background(), c.t.Patience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := c.Command(ctx)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err := cmd.Run()
	result := &Result{t: c.t, Exit: -1, call: strings.Join(c.arguments, " "), Stdout: stdout.String(), Stderr: stderr.String(), Took: time.Since(began)}
	switch {
	case ctx.Err() != nil:
		c.t.Failf("`%s` had not ended after %v", result.call, c.t.Patience)
	case err != nil && cmd.ProcessState == nil:
		c.t.Failf("`%s`: %v", result.call, err)
	case err == exec.ErrWaitDelay:
		c.t.Failf("`%s` ended, and something still holds its output", result.call)
	}
	if cmd.ProcessState != nil {
		result.Exit = cmd.ProcessState.ExitCode()
	}
	return result
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Result is what a call left. Its methods check and return it again.
type Result struct {
	t              *T
	call           string
	Exit           int
	Stdout, Stderr string
	Took           time.Duration
}

// Exits checks the exit code.
func (r *Result) Exits(want int) *Result {
	if r.Exit != want {
		r.t.Failf("`%s` exits %d, not %d; stdout %s, stderr %s", r.call, r.Exit, want, clip(r.Stdout), clip(r.Stderr))
	}
	return r
}

// Out checks the whole of stdout.
func (r *Result) Out(want string) *Result { return r.same("stdout", r.Stdout, want) }

// Err checks the whole of stderr.
func (r *Result) Err(want string) *Result { return r.same("stderr", r.Stderr, want) }

// OutHas checks that stdout contains each of these.
func (r *Result) OutHas(wants ...string) *Result { return r.contains("stdout", r.Stdout, wants) }

// ErrHas checks that stderr contains each of these.
func (r *Result) ErrHas(wants ...string) *Result { return r.contains("stderr", r.Stderr, wants) }

// OutMatches checks stdout against a pattern.
func (r *Result) OutMatches(pattern string) *Result { return r.matches("stdout", r.Stdout, pattern) }

// ErrMatches checks stderr against a pattern.
func (r *Result) ErrMatches(pattern string) *Result { return r.matches("stderr", r.Stderr, pattern) }

// Fails checks for a runtime error: exit 1, nothing on stdout, this one message on stderr.
func (r *Result) Fails(message string) *Result {
	return r.Exits(1).Out("").Err("Error: " + message + "\n")
}

// Usage checks for a refusal by the parser: exit 2, nothing on stdout, the first line of stderr.
func (r *Result) Usage(message string) *Result {
	first, _, _ := strings.Cut(r.Stderr, "\n")
	return r.Exits(2).Out("").same("first line of stderr", first, "error: "+message)
}

// JSON reads stdout as one JSON value into v, and ends the case when it is none.
func (r *Result) JSON(v any) *Result {
	if err := json.Unmarshal([]byte(r.Stdout), v); err != nil {
		r.t.Must(fmt.Errorf("`%s` prints no such JSON (%w): exit %d, stdout %s, stderr %s", r.call, err, r.Exit, clip(r.Stdout), clip(r.Stderr)))
	}
	return r
}

func (r *Result) same(what, got, want string) *Result {
	if got != want {
		r.t.Failf("`%s`: %s is %s, not %s", r.call, what, clip(got), clip(want))
	}
	return r
}

func (r *Result) contains(what, got string, wants []string) *Result {
	for _, want := range wants {
		if !strings.Contains(got, want) {
			r.t.Failf("`%s`: %s is %s, without %s", r.call, what, clip(got), clip(want))
		}
	}
	return r
}

func (r *Result) matches(what, got, pattern string) *Result {
	if !regexp.MustCompile(pattern).MatchString(got) {
		r.t.Failf("`%s`: %s is %s, which does not match %s", r.call, what, clip(got), pattern)
	}
	return r
}
