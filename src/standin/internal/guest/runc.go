package guest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// searchPath finds runc even when the caller's PATH is scrubbed.
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const container = "guest"

// runtime calls runc for the one container of this machine. Its state lives on the supervisor's
// private tmpfs and so never outlives the machine.
type runtime struct {
	program string
	run     string // the private tmpfs
	calls   atomic.Int64
}

func newRuntime(run string) (*runtime, error) {
	os.Setenv("PATH", searchPath)
	program, err := exec.LookPath("runc")
	if err != nil {
		return nil, fmt.Errorf("the stand-in needs runc on the host (package runc): %w", err)
	}
	return &runtime{program: program, run: run}, nil
}

// call runs one runc command; the error is runc's own last message.
func (r *runtime) call(stdio [3]*os.File, arguments ...string) error {
	log := filepath.Join(r.run, fmt.Sprintf("runc-%d.log", r.calls.Add(1)))
	defer os.Remove(log)
	cmd := exec.Command(r.program, append([]string{
		"--root", filepath.Join(r.run, "runc"), "--log", log, "--log-format", "json",
	}, arguments...)...)
	cmd.Env = []string{"PATH=" + searchPath}
	// Files, never pipes: the container's processes inherit them, and Wait must not wait for those.
	if stdio[0] != nil {
		cmd.Stdin = stdio[0]
	}
	if stdio[1] != nil {
		cmd.Stdout = stdio[1]
	}
	if stdio[2] != nil {
		cmd.Stderr = stdio[2]
	}
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if message := lastError(log); message != "" {
		return errors.New(message)
	}
	return fmt.Errorf("%s: %w", strings.Join(arguments, " "), err)
}

func lastError(log string) (message string) {
	file, err := os.Open(log)
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var entry struct{ Level, Msg string }
		if json.Unmarshal(lines.Bytes(), &entry) == nil && (entry.Level == "error" || entry.Level == "fatal") {
			message = entry.Msg
		}
	}
	return message
}

// create makes the container and returns the pid of its init; nothing of the guest runs yet.
func (r *runtime) create(s *specs.Spec) (int, error) {
	bundle := filepath.Join(r.run, "bundle")
	if err := os.MkdirAll(bundle, 0o700); err != nil {
		return 0, err
	}
	if err := writeJSON(filepath.Join(bundle, "config.json"), s); err != nil {
		return 0, err
	}
	pidFile := filepath.Join(r.run, "init.pid")
	if err := r.call([3]*os.File{}, "create", "--bundle", bundle, "--pid-file", pidFile, container); err != nil {
		return 0, err
	}
	return readPID(pidFile)
}

func (r *runtime) start() error { return r.call([3]*os.File{}, "start", container) }

func (r *runtime) discard() { r.call([3]*os.File{}, "delete", "--force", container) }

// exec starts a process in the container and returns its pid; the caller's process becomes its
// parent (it must be a subreaper).
func (r *runtime) exec(p *specs.Process, stdio [3]*os.File) (int, error) {
	base := filepath.Join(r.run, fmt.Sprintf("exec-%d", r.calls.Add(1)))
	defer os.Remove(base + ".json")
	defer os.Remove(base + ".pid")
	if err := writeJSON(base+".json", p); err != nil {
		return 0, err
	}
	if err := r.call(stdio, "exec", "--detach", "--pid-file", base+".pid", "--process", base+".json", container); err != nil {
		return 0, err
	}
	return readPID(base + ".pid")
}

// cgroups are the directories that runc made for the container.
func (r *runtime) cgroups() []string {
	raw, err := os.ReadFile(filepath.Join(r.run, "runc", container, "state.json"))
	if err != nil {
		return nil
	}
	var s struct {
		Paths map[string]string `json:"cgroup_paths"`
	}
	if json.Unmarshal(raw, &s) != nil {
		return nil
	}
	var paths []string
	for _, path := range s.Paths {
		paths = append(paths, path)
	}
	return paths
}

func writeJSON(path string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}

func readPID(path string) (int, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(raw)))
}
