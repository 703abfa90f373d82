package gate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"bottle.dev/tool/internal/frame"
)

// toolInGuest is where the node's read-only directory of tools is mounted in every guest.
const toolInGuest = "/opt/bottle/bin/bottle-tool"

// hungUp is what a shell reports for a command that SIGHUP ended.
const hungUp = 128 + int(syscall.SIGHUP)

// AtTerminal says whether a person is at both ends: kubectl exec -t.
func AtTerminal() bool {
	return term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
}

// runTerminal is runAt for a person: the guest's end makes a terminal, and this one becomes a pipe to it. Nothing here
// interprets keys: Ctrl-C is a byte on its way to the guest's terminal, which knows whom it is for.
func runTerminal(path string, command []string, in, out *os.File, stderr io.Writer) int {
	code, err := converse(path, command, in, out, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "bottle: %v\n", err) // after the terminal is as it was
		return failed
	}
	return code
}

type outcome struct {
	code int
	err  error
}

func converse(path string, command []string, in, out *os.File, stderr io.Writer) (code int, err error) {
	// Before the size is read: kubectl sends the person's size when the terminal exists already.
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	defer signal.Stop(resized)
	ending := make(chan os.Signal, 1)
	signal.Notify(ending, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	defer signal.Stop(ending)

	connection, err := open(path, atTerminal(in, command))
	if err != nil {
		return 0, err
	}
	defer connection.Close()
	former, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return 0, fmt.Errorf("the terminal cannot be made raw: %w", err)
	}
	defer func() {
		if restoreErr := term.Restore(int(in.Fd()), former); err == nil && restoreErr != nil && !errors.Is(restoreErr, syscall.EIO) {
			err = fmt.Errorf("the terminal cannot be restored: %w", restoreErr)
		}
	}()

	to := frame.NewWriter(inputOf{frame.NewWriter(connection)})
	gone := make(chan struct{})
	go func() {
		if copyKeys(to, in) != nil {
			close(gone)
		}
	}()
	results := make(chan outcome, 1)
	go func() {
		code, err := receive(frame.NewReader(connection), out, stderr)
		results <- outcome{code, err}
	}()
	for {
		select {
		case <-resized:
			columns, rows := size(in)
			_ = to.Write(frame.Resize, resize(columns, rows))
		case result := <-results:
			return result.code, result.err
		case <-gone:
			return hungUp, nil
		case received := <-ending:
			number, _ := received.(syscall.Signal)
			return 128 + int(number), nil
		}
	}
}

// atTerminal is the command that makes the terminal in the guest and runs the person's command there.
func atTerminal(in *os.File, command []string) []string {
	columns, rows := size(in)
	name := os.Getenv("TERM")
	if name == "" {
		name = "xterm"
	}
	return append([]string{toolInGuest, "terminal", "--term", name, "--size", fmt.Sprintf("%dx%d", columns, rows), "--"}, command...)
}

// size is 0 by 0 as long as nobody said anything else.
func size(of *os.File) (columns, rows uint16) {
	width, height, err := term.GetSize(int(of.Fd()))
	if err != nil || width < 0 || height < 0 || width > 0xffff || height > 0xffff {
		return 0, 0
	}
	return uint16(width), uint16(height)
}

func resize(columns, rows uint16) []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, columns), rows)
}

// inputOf carries the terminal's own frames in the connection's stdin frames.
type inputOf struct{ connection *frame.Writer }

func (i inputOf) Write(chunk []byte) (int, error) {
	return len(chunk), i.connection.Write(frame.Stdin, chunk)
}

// copyKeys returns an error when the terminal is gone, and nil when the agent takes no more: the result says why.
func copyKeys(to *frame.Writer, in io.Reader) error {
	buffer := make([]byte, 32*1024)
	for {
		n, err := in.Read(buffer)
		if n > 0 && to.Write(frame.Stdin, buffer[:n]) != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
