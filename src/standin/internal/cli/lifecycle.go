package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"dev.bottle/standin/internal/boot"
	"dev.bottle/standin/internal/state"
	"dev.bottle/standin/internal/vmm"
	"dev.bottle/standin/internal/wire"
)

const defaultGrace = 10 * time.Second

func (a *app) start() *cobra.Command {
	cmd := &cobra.Command{Use: "start [OPTIONS]", Short: "Start a machine", Args: noPositionals}
	name := nameFlag(cmd, "n", `Machine to start (default: "default")`)
	refuseFlags(cmd, startUnsupported)
	cmd.RunE = func(*cobra.Command, []string) error {
		store, err := a.store()
		if err != nil {
			return err
		}
		name, _ := name()
		m, err := store.Load(name)
		if err != nil {
			return notFound(name, err)
		}
		return a.startMachine(store, m)
	}
	return cmd
}

func (a *app) startMachine(store *state.Store, m *state.Machine) error {
	if !m.LocalDir {
		if m.Image == "" {
			return unsupported("a machine without --image")
		}
		return agentError("image-auth", "the stand-in does not pull images: create the machine with an unpacked rootfs directory instead of '%s'", m.Image)
	}
	dir := store.DataDir(m.Name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("io operation failed: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "vm.lock"))
	if held, err := lock.TryLock(); err != nil || !held {
		return agentError("start machine", "another process is already starting or running this VM")
	}
	defer lock.Close()
	// Read again: whoever held the lock before may have started it.
	m, err := store.Load(m.Name)
	if err != nil {
		return notFound(m.Name, err)
	}
	// A record that says unreachable means a reboot even when the guest answers by now: that is the
	// real one's behaviour and callers must live with it.
	switch now := vmm.Observe(m, dir); {
	case now == state.Running && m.State == state.Running:
		fmt.Fprintf(a.stdout, "Machine '%s' already running (PID: %d)\n", m.Name, m.PID)
		return nil
	case now == state.Running || now == state.Unreachable:
		fmt.Fprintf(a.stdout, cleaningUp, m.Name, m.PID)
	}
	for _, leftover := range []state.Process{m.Process(), vmm.Launched(dir)} {
		if err := vmm.End(leftover, dir); err != nil {
			return agentError("start machine", "machine '%s' %v", m.Name, err)
		}
	}
	return a.boot(store, m, dir)
}

func (a *app) boot(store *state.Store, m *state.Machine, dir string) error {
	mounts := ""
	if len(m.Mounts) > 0 {
		mounts = fmt.Sprintf(" with %d mount(s)", len(m.Mounts))
	}
	fmt.Fprintf(a.stderr, "Starting machine '%s'%s...\n", m.Name, mounts)
	path, err := boot.For(m, dir).Write()
	if err != nil {
		return agentError("start machine", "%v", err)
	}
	process, err := vmm.Launch(path)
	if err != nil {
		boot.RemoveCgroups(dir)
		cause := "stopped"
		if strings.HasPrefix(err.Error(), "wait for ready: ") {
			cause = "killed"
		}
		a.rememberExit(store, m.Name, process, cause)
		return startError(err)
	}
	err = store.Update(m.Name, func(m *state.Machine) {
		m.State, m.PID, m.StartTime = state.Running, process.PID, process.StartTime
	})
	if err != nil {
		return errors.Join(notFound(m.Name, err), vmm.End(process, dir))
	}
	fmt.Fprintf(a.stdout, "Machine '%s' running (PID: %d)\n", m.Name, process.PID)
	return nil
}

// startError words what kept a machine from starting.
func startError(err error) error {
	switch message := err.Error(); {
	case strings.HasPrefix(message, "start background CMD: "):
		return fmt.Errorf("agent operation failed: %w", err)
	case strings.HasPrefix(message, "wait for ready: "):
		return agentError("start machine", "agent operation failed: %v", err)
	default:
		return agentError("start machine", "agent operation failed: monitor agent: %v", err)
	}
}

// rememberExit notes how a VMM ended that start gave up. Others end unseen.
func (a *app) rememberExit(store *state.Store, name string, process state.Process, cause string) {
	if process.PID == 0 {
		return
	}
	exit := &state.Exit{Cause: cause, AtUnixMilli: time.Now().UnixMilli(), PID: process.PID, Signal: int(unix.SIGTERM), SignalName: "SIGTERM"}
	if err := store.Update(name, func(m *state.Machine) { m.LastExit = exit }); err != nil {
		fmt.Fprintf(a.stderr, "WARN the exit of process %d is not recorded: %v\n", process.PID, err)
	}
}

const cleaningUp = "Machine '%s' is unreachable (PID %d alive but agent unresponsive); cleaning up.\n"

func (a *app) stop() *cobra.Command {
	cmd := &cobra.Command{Use: "stop [OPTIONS]", Short: "Stop a running machine", Args: noPositionals}
	name := nameFlag(cmd, "n", `Machine to stop (default: "default")`)
	timeout := &grace{}
	cmd.Flags().VarP(timeout, "timeout", "t", "`SECONDS` the workload gets to exit after its stop signal (default 10)")
	cmd.RunE = func(*cobra.Command, []string) error {
		store, err := a.store()
		if err != nil {
			return err
		}
		grace := defaultGrace
		if timeout.set {
			grace = timeout.value
		}
		name, given := name()
		m, err := store.Load(name)
		if errors.Is(err, state.ErrNotFound) && !given {
			fmt.Fprintf(a.stdout, "Stopping machine '%[1]s'...\nMachine '%[1]s' stopped\n", name)
			return nil
		}
		if err != nil {
			return notFound(name, err)
		}
		return a.stopMachine(store, m, grace)
	}
	return cmd
}

func (a *app) stopMachine(store *state.Store, m *state.Machine, grace time.Duration) error {
	dir := store.DataDir(m.Name)
	now := vmm.Observe(m, dir)
	if now != state.Running && now != state.Unreachable {
		// Nobody knows of a VMM whose starter was killed; its pid file does.
		if err := vmm.End(vmm.Launched(dir), dir); err != nil {
			return agentError("stop machine", "machine '%s' %v", m.Name, err)
		}
		fmt.Fprintf(a.stdout, "Machine '%s' is not running (state: %s)\n", m.Name, now)
		return nil
	}
	if now == state.Unreachable || m.State == state.Unreachable {
		fmt.Fprintf(a.stdout, cleaningUp, m.Name, m.PID)
	}
	if err := a.halt(store, m, dir, now, grace); err != nil {
		return agentError("stop machine", "machine '%s' %v", m.Name, err)
	}
	fmt.Fprintf(a.stdout, "Stopped machine: %s\n", m.Name)
	return nil
}

// halt ends a running machine. A record that says unreachable is not asked to sync, as with the real one.
func (a *app) halt(store *state.Store, m *state.Machine, dir string, now state.State, grace time.Duration) error {
	if now == state.Running && m.State == state.Running {
		fmt.Fprintf(a.stdout, "Stopping machine '%s'...\n", m.Name)
		request := wire.Request{Operation: wire.Shutdown, GraceMillis: grace.Milliseconds()}
		answer, err := wire.Call(dir, request, grace+20*time.Second)
		if err == nil && answer.Error != "" {
			err = errors.New(answer.Error)
		}
		if err != nil {
			fmt.Fprintf(a.stderr, "WARN graceful shutdown failed: %v\n", err)
		}
	}
	if err := vmm.End(m.Process(), dir); err != nil {
		return err
	}
	return store.Update(m.Name, func(m *state.Machine) { m.State, m.PID, m.StartTime = state.Stopped, 0, 0 })
}

func (a *app) delete() *cobra.Command {
	cmd := &cobra.Command{Use: "delete [OPTIONS] --name <NAME>", Aliases: []string{"rm"}, Short: "Delete a machine configuration", Args: noPositionals}
	name := nameFlag(cmd, "n", "Machine to delete")
	force := cmd.Flags().BoolP("force", "f", false, "Skip confirmation prompt")
	cascade := cmd.Flags().Bool("cascade", false, "Also delete any children (the stand-in has none). Implies no confirmation")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		name, given := name()
		if !given {
			return required(cmd, "--name <NAME>", "--name <NAME>")
		}
		store, err := a.store()
		if err != nil {
			return err
		}
		m, err := store.Load(name)
		if err != nil {
			return notFound(name, err)
		}
		if !*force && !*cascade {
			agreed, err := a.confirm(m.Name)
			if err != nil || !agreed {
				return err
			}
		}
		return a.deleteMachine(store, m)
	}
	return cmd
}

func (a *app) deleteMachine(store *state.Store, m *state.Machine) error {
	dir := store.DataDir(m.Name)
	var err error
	if now := vmm.Observe(m, dir); now == state.Running || now == state.Unreachable {
		err = a.halt(store, m, dir, now, defaultGrace)
	}
	if err == nil {
		err = vmm.End(vmm.Launched(dir), dir)
	}
	if err != nil {
		return agentError("delete machine", "machine '%s' %v", m.Name, err)
	}
	if _, err := os.Stat(dir); err == nil {
		fmt.Fprintf(a.stdout, "Cleaning up data directory for vm: %s\n", m.Name)
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("io operation failed: %w", err)
		}
	}
	if err := store.Delete(m.Name); err != nil {
		return notFound(m.Name, err)
	}
	fmt.Fprintf(a.stdout, "Deleted machine: %s\n", m.Name)
	return nil
}

func (a *app) confirm(name string) (bool, error) {
	if _, err := unix.IoctlGetTermios(int(a.stdin.Fd()), unix.TCGETS); err != nil {
		return false, agentError("delete", "machine '%s' needs confirmation but stdin is not a terminal; pass --force to delete it, or --cascade to remove it together with any machines branched from it", name)
	}
	fmt.Fprintf(a.stderr, "Delete machine '%s'? [y/N] ", name)
	var reply string
	fmt.Fscanln(a.stdin, &reply)
	if reply = strings.ToLower(reply); reply != "y" && reply != "yes" {
		fmt.Fprintln(a.stdout, "Cancelled")
		return false, nil
	}
	return true, nil
}
