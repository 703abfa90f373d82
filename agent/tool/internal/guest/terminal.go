package guest

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bottle.dev/tool/internal/frame"
	"bottle.dev/tool/internal/pty"
)

const (
	// hungUp is what a shell reports for a command that SIGHUP ended.
	hungUp = 128 + int(syscall.SIGHUP)
	// silence is how long the terminal must be quiet after its command's end: a background process may hold it open.
	silence = 200 * time.Millisecond
	// hangUpPatience is for a command that catches SIGHUP to clean up.
	hangUpPatience = 2 * time.Second
)

// Terminal runs a command, or without one the user's login shell, at a terminal of its own. Standard input carries
// frames (docs/contracts.md, "Terminals"), standard output what the terminal shows. When standard input ends the
// person is gone: the terminal hangs up. Exit codes are as with Exec; 128+n for signal n.
func Terminal(arguments []string) int {
	flags := flag.NewFlagSet("bottle-tool terminal", flag.ContinueOnError)
	name := flags.String("term", "xterm", "what TERM is in the guest")
	size := flags.String("size", "0x0", "columns and rows at the start")
	if err := flags.Parse(arguments); err != nil {
		return 2
	}
	var columns, rows uint16
	if count, err := fmt.Sscanf(*size, "%dx%d", &columns, &rows); err != nil || count != 2 {
		fmt.Fprintf(os.Stderr, "bottle: --size %q is not COLUMNSxROWS\n", *size)
		return 2
	}
	_ = os.Setenv("TERM", *name)
	command, err := commandOrShell(flags.Args())
	if err != nil {
		return notRun(flags.Arg(0), err)
	}
	master, slave, err := pty.Open()
	if err != nil {
		fmt.Fprintf(os.Stderr, "bottle: the guest gives no terminal: %v; without -t it needs none\n", err)
		return 125
	}
	if columns != 0 && rows != 0 {
		master.Resize(columns, rows)
	}
	return attend(command, master, slave, os.Stdin, os.Stdout)
}

// commandOrShell finds the program; a login shell is told so by the dash before its name (login(1)).
func commandOrShell(arguments []string) (*exec.Cmd, error) {
	if len(arguments) > 0 {
		program, err := exec.LookPath(arguments[0])
		if err != nil {
			return nil, err
		}
		return &exec.Cmd{Path: program, Args: arguments}, nil
	}
	shell := "/bin/sh"
	if who, ok, err := lookup("/", strconv.Itoa(os.Getuid())); err == nil && ok && filepath.IsAbs(who.shell) {
		if _, err := exec.LookPath(who.shell); err == nil {
			shell = who.shell
		}
	}
	_ = os.Setenv("SHELL", shell)
	return &exec.Cmd{Path: shell, Args: []string{"-" + filepath.Base(shell)}}, nil
}

// attend stays with the command until it ends or its person does.
func attend(command *exec.Cmd, master *pty.Master, slave, stdin *os.File, stdout io.Writer) int {
	command.Stdin, command.Stdout, command.Stderr = slave, slave, slave
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	err := command.Start()
	_ = slave.Close()
	if err != nil {
		_ = master.Close()
		return notRun(command.Path, err)
	}
	shown := make(chan struct{})
	go func() {
		show(stdout, master.File)
		close(shown)
	}()
	gone := make(chan struct{}, 2)
	go func() {
		if obey(stdin, master) {
			gone <- struct{}{}
		}
	}()
	go func() {
		awaitHangUp(stdin)
		gone <- struct{}{}
	}()
	ended := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	select {
	case <-gone:
		master.HangUp()
		select {
		case <-ended:
		case <-time.After(hangUpPatience):
		}
		return hungUp
	case <-ended:
	}
	_ = master.SetReadDeadline(time.Now().Add(silence))
	<-shown
	_ = master.Close()
	return exitCode(command.ProcessState)
}

func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// show copies what the terminal shows until nobody holds its other side (EIO), or, once a deadline says that the
// command has ended, until it is silent.
func show(stdout io.Writer, master *os.File) {
	buffer := make([]byte, 32*1024)
	ending := false
	for {
		if ending {
			_ = master.SetReadDeadline(time.Now().Add(silence))
		}
		n, err := master.Read(buffer)
		if n > 0 {
			if _, writeErr := stdout.Write(buffer[:n]); writeErr != nil {
				return
			}
		}
		if errors.Is(err, os.ErrDeadlineExceeded) && !ending {
			ending = true // what arrived while stdout was slow has not been read yet
			continue
		}
		if err != nil {
			return
		}
	}
}

// obey carries out the person's frames. It returns true when there are no more or one is not understood, and false when
// the terminal takes no more: then the command has ended.
func obey(stdin io.Reader, master *pty.Master) bool {
	frames := frame.NewReader(stdin)
	for {
		kind, payload, err := frames.Read()
		if err != nil {
			return true
		}
		switch {
		case kind == frame.Stdin:
			if _, err := master.Write(payload); err != nil {
				return false
			}
		case kind == frame.Resize && len(payload) == 4:
			master.Resize(binary.BigEndian.Uint16(payload), binary.BigEndian.Uint16(payload[2:]))
		default:
			return true
		}
	}
}

// awaitHangUp returns when nobody can write to standard input any more. Reading would not tell while the terminal takes
// no more input.
func awaitHangUp(stdin *os.File) {
	poll := []unix.PollFd{{Fd: int32(stdin.Fd()), Events: unix.POLLRDHUP}}
	for {
		count, err := unix.Poll(poll, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		if count > 0 && poll[0].Revents&(unix.POLLHUP|unix.POLLRDHUP|unix.POLLERR|unix.POLLNVAL) != 0 {
			return
		}
	}
}
