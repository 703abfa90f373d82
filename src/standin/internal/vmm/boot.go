// Package vmm is the process that status reports as a machine's pid, and how the command line
// launches and ends it.
package vmm

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"dev.bottle/standin/internal/boot"
	"dev.bottle/standin/internal/guest"
)

// BootArgument selects Boot, as the real executable's hidden subcommand does.
const BootArgument = "_boot-vm"

// readyFD is the descriptor on which the VMM says "ready\n" or why it cannot be; closed after that.
const readyFD = 3

// Boot is the VMM. It is process 1 of a new pid namespace and stays in its caller's cgroup, network
// and mount namespaces: whatever kills it, the kernel kills the whole guest with it. Once the guest
// is up it becomes an unprivileged user and only forwards the guest's sockets.
func Boot(arguments []string) int {
	ready := os.NewFile(readyFD, "ready")
	unix.CloseOnExec(readyFD)
	unix.Umask(0o022)
	// As process 1 it is immune to signals that it does not ask for.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGTERM, unix.SIGINT)
	supervisor, doors, err := launchGuest(arguments[0])
	if err != nil {
		fmt.Fprintf(ready, "%s\n", strings.ReplaceAll(err.Error(), "\n", " "))
		return 1
	}
	fmt.Fprintln(ready, "ready")
	ready.Close()
	for _, d := range doors {
		go d.serve()
	}
	go func() {
		<-signals
		os.Exit(0)
	}()
	return reap(supervisor)
}

func launchGuest(path string) (supervisor int, doors []*door, err error) {
	config, err := boot.Read(path)
	if err != nil {
		return 0, nil, err
	}
	dir := config.Standin.DataDir
	console, err := os.OpenFile(filepath.Join(dir, boot.ConsoleLog), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return 0, nil, err
	}
	defer console.Close()
	if doors, err = openDoors(config, dir); err != nil {
		return 0, nil, err
	}
	supervisor, err = spawnSupervisor(path, console)
	if err != nil {
		return 0, nil, err
	}
	if err := drop(config.Standin.UID); err != nil {
		return 0, nil, err
	}
	if config.Standin.Seccomp {
		err = filter()
	}
	return supervisor, doors, err
}

func spawnSupervisor(path string, console *os.File) (int, error) {
	heard, ready, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer heard.Close()
	cmd := exec.Command("/proc/self/exe", guest.SupervisorArgument, path)
	cmd.Env = []string{}
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = console, console
	cmd.ExtraFiles = []*os.File{ready}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	err = cmd.Start()
	ready.Close()
	if err != nil {
		return 0, fmt.Errorf("start the guest's supervisor: %w", err)
	}
	if err := awaitReady(heard); err != nil {
		return 0, err
	}
	return cmd.Process.Pid, nil
}

// awaitReady reads the one line of a ready descriptor.
func awaitReady(from *os.File) error {
	line, err := bufio.NewReader(from).ReadString('\n')
	if errors.Is(err, io.EOF) {
		return errors.New("boot process exited before the agent was ready")
	}
	if err != nil {
		return err
	}
	if line = strings.TrimSpace(line); line != "ready" {
		return fmt.Errorf("%s", line)
	}
	return nil
}

// drop leaves root as the real VMM does: own uid, no groups, no capabilities, no new privileges.
func drop(uid int) error {
	if _, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("no_new_privs: %w", errno)
	}
	if err := syscall.Setgroups(nil); err != nil {
		return fmt.Errorf("setgroups: %w", err)
	}
	if err := syscall.Setresgid(uid, uid, uid); err != nil {
		return fmt.Errorf("setgid: %w", err)
	}
	if err := syscall.Setresuid(uid, uid, uid); err != nil {
		return fmt.Errorf("setuid: %w", err)
	}
	return nil
}

// reap collects orphans until the supervisor ends, and with it the machine.
func reap(supervisor int) int {
	for {
		var status unix.WaitStatus
		switch pid, err := unix.Wait4(-1, &status, 0, nil); {
		case err == unix.EINTR:
		case err != nil || pid == supervisor:
			log.Printf("the guest's supervisor ended: %v", status)
			return 1
		}
	}
}
