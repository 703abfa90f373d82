package vmm

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"

	"dev.bottle/standin/internal/boot"
	"dev.bottle/standin/internal/state"
	"dev.bottle/standin/internal/wire"
)

const (
	bootBudget = 30 * time.Second
	pingBudget = 3 * time.Second
	termBudget = 2 * time.Second
	killBudget = 5 * time.Second
)

// Launch starts the VMM of a machine and returns when its guest is up; with an error, the VMM that
// was ended for it. The VMM has its own session
// and none of the caller's descriptors or environment, and outlives the caller.
func Launch(configPath string) (state.Process, error) {
	heard, ready, err := os.Pipe()
	if err != nil {
		return state.Process{}, err
	}
	defer heard.Close()
	// Descriptors that the caller leaked into this process must not live as long as the machine.
	if err := unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return state.Process{}, err
	}
	cmd := exec.Command("/proc/self/exe", BootArgument, configPath)
	cmd.Env = []string{}
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{ready}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Cloneflags: unix.CLONE_NEWPID}
	err = cmd.Start()
	ready.Close()
	if err != nil {
		return state.Process{}, fmt.Errorf("start the VMM: %w", err)
	}
	process, err := state.Find(cmd.Process.Pid)
	if err == nil {
		err = rememberProcess(filepath.Dir(configPath), process)
	}
	if err == nil {
		heard.SetReadDeadline(time.Now().Add(bootBudget))
		err = awaitReady(heard)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errors.New("wait for ready: no boot progress for 30 seconds")
	}
	if err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		return process, err
	}
	return process, cmd.Process.Release()
}

// pidName holds "pid\nstart time" of the VMM that was launched last. The record learns of it only when
// the guest is up; a caller killed before that leaves a VMM that only this file names.
const pidName = "agent.pid"

func rememberProcess(dir string, p state.Process) error {
	return renameio.WriteFile(filepath.Join(dir, pidName), fmt.Appendf(nil, "%d\n%d\n", p.PID, p.StartTime), 0o600)
}

// Launched is the VMM that was launched last in dir; a zero Process when there is none.
func Launched(dir string) (p state.Process) {
	raw, err := os.ReadFile(filepath.Join(dir, pidName))
	if err == nil {
		fmt.Sscanf(string(raw), "%d\n%d\n", &p.PID, &p.StartTime)
	}
	return p
}

// Observe says what a machine is now: the record's word, corrected by whether its VMM lives and
// whether its guest answers. dir is the machine's directory.
func Observe(m *state.Machine, dir string) state.State {
	if m.State != state.Running && m.State != state.Unreachable {
		return m.State
	}
	if !m.Process().Alive() {
		return state.Stopped
	}
	if m.Process().Frozen() {
		return state.Unreachable
	}
	if _, err := wire.Call(dir, wire.Request{Operation: wire.Ping}, pingBudget); err != nil {
		return state.Unreachable
	}
	return state.Running
}

// End stops the VMM, first asked, then killed, and cleans up what it leaves on the host. It fails
// when the process is still there afterwards.
func End(process state.Process, dir string) error {
	if process.Alive() {
		unix.Kill(process.PID, unix.SIGTERM)
		if !awaitDeath(process, termBudget) {
			unix.Kill(process.PID, unix.SIGKILL)
			if !awaitDeath(process, killBudget) {
				return errors.New("process is still alive after stop")
			}
		}
	}
	boot.RemoveCgroups(dir)
	return nil
}

// awaitDeath waits on a pidfd, which belongs to the process and not to whoever has its pid later.
func awaitDeath(process state.Process, budget time.Duration) bool {
	fd, err := unix.PidfdOpen(process.PID, 0)
	if err != nil {
		return !process.Alive()
	}
	defer unix.Close(fd)
	deadline := time.Now().Add(budget)
	for process.Alive() {
		left := time.Until(deadline)
		if left <= 0 {
			return false
		}
		unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(left.Milliseconds())+1)
	}
	return true
}
