package gate

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"bottle.dev/tool/internal/frame"
	"bottle.dev/tool/internal/pty"
)

// TestTerminalProcess is not a test: it is the client of the tests below, in a process and at a terminal of its own.
func TestTerminalProcess(t *testing.T) {
	path := os.Getenv("BOTTLE_TEST_TERMINAL")
	if path == "" {
		t.Skip("runs only as a child of the tests below")
	}
	if !AtTerminal() {
		os.Exit(99)
	}
	os.Exit(runTerminal(path, strings.Fields(os.Getenv("BOTTLE_TEST_COMMAND")), os.Stdin, os.Stdout, os.Stderr))
}

type terminalClient struct {
	t      *testing.T
	master *pty.Master
	slave  *os.File // held, so that its settings can be looked at
	before unix.Termios
	child  *exec.Cmd
	*session
	inner *frame.Reader
}

func atTerminalOf(t *testing.T, command string) *terminalClient {
	t.Helper()
	a := newAgent(t)
	master, slave, err := pty.Open()
	if err != nil {
		t.Skipf("this machine gives no terminal: %v", err)
	}
	t.Cleanup(func() { _, _ = master.Close(), slave.Close() })
	master.Resize(100, 40)
	client := &terminalClient{t: t, master: master, slave: slave}
	client.before = client.settings()
	client.child = exec.Command(os.Args[0], "-test.run=^TestTerminalProcess$")
	client.child.Env = append(os.Environ(), "BOTTLE_TEST_TERMINAL="+a.path, "BOTTLE_TEST_COMMAND="+command, "TERM=vt220")
	client.child.Stdin, client.child.Stdout, client.child.Stderr = slave, slave, slave
	client.child.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := client.child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.child.Process.Kill() })
	client.session = a.accept()
	client.inner = frame.NewReader(&stdinFrames{session: client.session})
	return client
}

// stdinFrames is the guest's standard input, as the agent writes it.
type stdinFrames struct {
	session *session
	rest    bytes.Buffer
}

func (s *stdinFrames) Read(into []byte) (int, error) {
	for s.rest.Len() == 0 {
		kind, payload, err := s.session.reader.Read()
		if err != nil {
			return 0, err
		}
		if kind == frame.Stdin {
			s.rest.Write(payload)
		}
	}
	return s.rest.Read(into)
}

func (c *terminalClient) settings() unix.Termios {
	c.t.Helper()
	settings, err := unix.IoctlGetTermios(int(c.slave.Fd()), unix.TCGETS)
	if err != nil {
		c.t.Fatal(err)
	}
	return *settings
}

func (c *terminalClient) expectInner(kind byte, payload string) {
	c.t.Helper()
	gotKind, got, err := c.inner.Read()
	if err != nil || gotKind != kind || string(got) != payload {
		c.t.Fatalf("%#x %q, %v", gotKind, got, err)
	}
}

func (c *terminalClient) expectEnd(code int) {
	c.t.Helper()
	_ = c.child.Wait()
	if got := c.child.ProcessState.ExitCode(); got != code {
		c.t.Fatalf("exit code %d", got)
	}
	if c.settings() != c.before {
		c.t.Fatal("the terminal is not as it was")
	}
}

func TestTerminalAsksTheGuestForOneOfItsSizeAndName(t *testing.T) {
	c := atTerminalOf(t, "vi notes")
	var request openRequest
	if err := json.Unmarshal([]byte(c.expect(frame.Open)), &request); err != nil {
		t.Fatal(err)
	}
	want := []string{toolInGuest, "terminal", "--term", "vt220", "--size", "100x40", "--", "vi", "notes"}
	if !slices.Equal(request.Command, want) || request.Kind != "exec" {
		t.Fatal(request)
	}
	// A key that arrives without a line's end proves that the terminal is raw.
	_, _ = c.master.WriteString("x")
	c.expectInner(frame.Stdin, "x")
	_, _ = c.master.WriteString("\x03")
	c.expectInner(frame.Stdin, "\x03")
	_, _ = c.master.WriteString("\x1a")
	c.expectInner(frame.Stdin, "\x1a")
	c.master.Resize(132, 50)
	c.expectInner(frame.Resize, "\x00\x84\x00\x32")
	c.send(frame.Stdout, "\x1b[31mred\r\n")
	c.send(frame.Exit, `{"code":7}`)
	c.expectEnd(7)
	screen := make([]byte, 1000)
	n, err := c.master.Read(screen)
	if err != nil || !strings.Contains(string(screen[:n]), "\x1b[31mred\r\n") {
		t.Fatalf("%q, %v", screen[:n], err)
	}
}

func TestTerminalIsRestoredAfterARefusalAndTheRefusalIsRead(t *testing.T) {
	c := atTerminalOf(t, "")
	c.expect(frame.Open)
	c.send(frame.Error, `{"reason":"TooManySessions","message":"4 commands run in this machine already. Wait until one of them ends, or end one."}`)
	c.expectEnd(125)
	screen := make([]byte, 1000)
	n, _ := c.master.Read(screen)
	if !strings.HasPrefix(string(screen[:n]), "bottle: 4 commands run in this machine already. Wait") {
		t.Fatalf("%q", screen[:n])
	}
}

func TestTerminalIsRestoredWhenTheAgentIsLost(t *testing.T) {
	c := atTerminalOf(t, "sh")
	c.expect(frame.Open)
	_, _ = c.master.WriteString("x")
	c.expectInner(frame.Stdin, "x")
	_ = c.connection.Close()
	c.expectEnd(125)
}

func TestTerminalIsRestoredAfterASignalAndTheConnectionEnds(t *testing.T) {
	for _, number := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT} {
		c := atTerminalOf(t, "sh")
		c.expect(frame.Open)
		_, _ = c.master.WriteString("x") // raw by now
		c.expectInner(frame.Stdin, "x")
		if err := c.child.Process.Signal(number); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.reader.Read(); err != io.EOF {
			t.Errorf("%v: %v", number, err)
		}
		c.expectEnd(128 + int(number))
	}
}

// The person's window is closed: kubectl is gone, and the container runtime closes the terminal.
func TestLostTerminalEndsTheConnection(t *testing.T) {
	c := atTerminalOf(t, "sh")
	c.expect(frame.Open)
	_, _ = c.master.WriteString("x")
	c.expectInner(frame.Stdin, "x")
	_ = c.slave.Close()
	_ = c.master.Close()
	if _, _, err := c.reader.Read(); err != io.EOF {
		t.Fatal(err)
	}
	_ = c.child.Wait()
	if got := c.child.ProcessState.ExitCode(); got != hungUp {
		t.Fatalf("exit code %d", got)
	}
}
