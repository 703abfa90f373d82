// Package pty makes pseudo-terminals (pty(7)) and works their master side.
package pty

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Master is what a person's keyboard and screen are to a terminal. Its file is non-blocking, so that Close ends a Read.
type Master struct{ *os.File }

// Open returns both sides. The other side is had from the kernel, not by its name: a guest's /dev/pts may be
// another instance, or missing (ioctl_tty(2), TIOCGPTPEER).
func Open() (*Master, *os.File, error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("/dev/ptmx: %w", err)
	}
	master := &Master{os.NewFile(uintptr(fd), "/dev/ptmx")}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		_ = master.Close()
		return nil, nil, fmt.Errorf("unlock the terminal: %w", err)
	}
	slave, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		_ = master.Close()
		return nil, nil, fmt.Errorf("open the terminal: %w", errno)
	}
	return master, os.NewFile(slave, "terminal"), nil
}

// Resize sets the window's size; the kernel tells the foreground process with SIGWINCH.
func (t *Master) Resize(columns, rows uint16) {
	t.control(func(fd int) {
		_ = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: columns})
	})
}

// HangUp is what a modem's lost carrier was: SIGHUP for the foreground process group, and, by the last close of the
// master, for the session's leader.
func (t *Master) HangUp() {
	t.control(func(fd int) {
		if group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err == nil && group > 1 {
			_ = unix.Kill(-group, unix.SIGHUP)
		}
	})
	_ = t.Close()
}

func (t *Master) control(call func(fd int)) {
	if raw, err := t.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { call(int(fd)) })
	}
}
