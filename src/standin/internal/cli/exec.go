package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"dev.bottle/standin/internal/state"
	"dev.bottle/standin/internal/vmm"
	"dev.bottle/standin/internal/wire"
)

// Sizes measured on the real 1.32.2.
const (
	bufferedCap      = 11_567_104 // each stream of a buffered exec is cut about here without a word
	bufferedTotalCap = 20_971_520
	streamCap        = 11_534_336 // both streams of --stream together
)

type execCall struct {
	name        string
	given       bool
	request     wire.Request
	interactive bool
	stream      bool
}

func (a *app) exec() *cobra.Command {
	cmd := &cobra.Command{Use: "exec [OPTIONS] <COMMAND>...", Short: "Run a command in a machine"}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // everything after the command is the command's
	name := nameFlag(cmd, "", `Target machine (default: "default")`)
	workdir := singleFlag(cmd, "workdir", "w", "DIR", "Working directory")
	user := singleFlag(cmd, "user", "u", "USER", "Run as this user (name or uid[:gid])")
	env := flags.StringArrayP("env", "e", nil, "Set environment variable; KEY alone forwards it `KEY=VALUE`")
	var timeout duration
	flags.Var(&timeout, "timeout", "Kill command after duration `DURATION`")
	interactive := flags.BoolP("interactive", "i", false, "Keep stdin open for interactive input")
	tty := flags.BoolP("tty", "t", false, "Allocate a pseudo-TTY (not supported by the stand-in)")
	stream := flags.Bool("stream", false, "Stream output in real-time")
	detach := flags.BoolP("detach", "d", false, "Spawn the command in the background and print its PID")
	refuseFlags(cmd, execUnsupported)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		for _, other := range []struct {
			on   bool
			name string
		}{{*interactive, "--interactive"}, {*tty, "--tty"}, {*stream, "--stream"}} {
			if *detach && other.on {
				return usageError{message: fmt.Sprintf("the argument '--detach' cannot be used with '%s'", other.name),
					usage: "smolvm machine exec --name <NAME> --detach <COMMAND>..."}
			}
		}
		if len(args) == 0 {
			return required(cmd, "<COMMAND>...", "--name <NAME> <COMMAND>...")
		}
		call := execCall{interactive: *interactive, stream: *stream, request: wire.Request{
			Operation: wire.Exec, Command: args, Workdir: workdir.value, User: user.value,
			Env: environment(*env, os.LookupEnv), TimeoutMillis: timeout.value.Milliseconds(), Detach: *detach,
		}}
		call.name, call.given = name()
		return a.execMachine(call, *tty)
	}
	return cmd
}

func (a *app) execMachine(call execCall, tty bool) error {
	m, dir, err := a.connect(call.name, call.given)
	if err != nil {
		return err
	}
	if tty {
		return unsupported("exec --tty")
	}
	call.request.Env = append(append([]string{}, m.Env...), call.request.Env...)
	if call.request.Workdir == "" {
		call.request.Workdir = m.Workdir
	}
	if call.request.User == "" {
		call.request.User = m.User
	}
	switch {
	case call.request.Detach:
		return a.execDetached(dir, call.request)
	case call.interactive:
		return a.execLive(dir, call.request, a.stdin, nil)
	case call.stream:
		return a.execLive(dir, call.request, nil, &limit{left: streamCap})
	default:
		return a.execBuffered(dir, call.request)
	}
}

// connect finds a machine whose guest answers. A guest that does not is written down as unreachable,
// and stays so in the record: the real one's behaviour, with its consequences for start and stop.
func (a *app) connect(name string, given bool) (*state.Machine, string, error) {
	store, err := a.store()
	if err != nil {
		return nil, "", err
	}
	m, err := store.Load(name)
	if err != nil {
		if !given {
			return nil, "", agentError("connect", "machine '%s' not found", name)
		}
		return nil, "", notFound(name, err)
	}
	dir := store.DataDir(name)
	switch vmm.Observe(m, dir) {
	case state.Running:
		return m, dir, nil
	case state.Unreachable:
		if err := store.Update(name, func(m *state.Machine) { m.State = state.Unreachable }); err != nil {
			return nil, "", notFound(name, err)
		}
	}
	return nil, "", agentError("connect", "machine '%[1]s' is not running. Start it with 'smolvm machine start --name %[1]s'; if a start is already in progress, retry once it finishes.", name)
}

func (a *app) execDetached(dir string, request wire.Request) error {
	answer, err := wire.Call(dir, request, 0)
	if err := refusal(answer, err, a.stderr); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, answer.PID)
	return nil
}

func (a *app) execBuffered(dir string, request wire.Request) error {
	request.KillTree = true
	var stdout, stderr strings.Builder
	answer, err := runWithPipes(dir, request, nil,
		sink{to: &stdout, limit: &limit{left: bufferedCap}}, sink{to: &stderr, limit: &limit{left: bufferedCap}})
	if err := refusal(answer, err, a.stderr); err != nil {
		return err
	}
	if total := stdout.Len() + stderr.Len(); total > bufferedTotalCap {
		return agentError("exec", "command output too large (%d bytes; limit %d)", total, bufferedTotalCap)
	}
	io.WriteString(a.stdout, stdout.String())
	io.WriteString(a.stderr, stderr.String())
	return a.finish(answer, request)
}

func (a *app) execLive(dir string, request wire.Request, stdin *os.File, total *limit) error {
	answer, err := runWithPipes(dir, request, stdin, sink{to: a.stdout, limit: total}, sink{to: a.stderr, limit: total})
	if err := refusal(answer, err, a.stderr); err != nil {
		return err
	}
	if total != nil && total.exceeded() {
		fmt.Fprintf(a.stderr, "error: streaming output exceeded %d byte cap\n", streamCap)
		return exitError(exitFailure)
	}
	return a.finish(answer, request)
}

func refusal(answer *wire.Answer, err error, stderr io.Writer) error {
	switch {
	case err != nil:
		return agentError("exec", "%v", err)
	case answer.Error != "":
		return agentError("run command", "%s", answer.Error)
	case answer.NotRun != "":
		fmt.Fprintln(stderr, answer.NotRun)
		return exitError(exitNotRun)
	}
	return nil
}

func (a *app) finish(answer *wire.Answer, request wire.Request) error {
	if answer.TimedOut {
		fmt.Fprintf(a.stderr, "\ncommand timed out after %dms", request.TimeoutMillis)
		return exitError(exitTimeout)
	}
	if answer.ExitCode != 0 {
		return exitError(answer.ExitCode)
	}
	return nil
}
