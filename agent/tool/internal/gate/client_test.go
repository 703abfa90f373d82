package gate

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bottle.dev/tool/internal/frame"
)

type ran struct {
	code           int
	stdout, stderr string
}

func start(a *agent, stdin io.Reader, command ...string) <-chan ran {
	done := make(chan ran, 1)
	go func() {
		var stdout, stderr bytes.Buffer
		code := runAt(a.path, command, stdin, &stdout, &stderr)
		done <- ran{code, stdout.String(), stderr.String()}
	}()
	return done
}

func TestCommandsOutputAndExitCodeArrive(t *testing.T) {
	a := newAgent(t)
	done := start(a, strings.NewReader("typed"), "sh", "-c", "exit 3")
	s := a.accept()
	if got := s.expect(frame.Open); got != `{"version":1,"kind":"exec","command":["sh","-c","exit 3"]}` {
		t.Fatal(got)
	}
	if got := s.expect(frame.Stdin); got != "typed" {
		t.Fatal(got)
	}
	s.expect(frame.StdinEnd)
	s.send(frame.Stdout, "out")
	s.send(frame.Stderr, "err")
	s.send(frame.Stdout, "put")
	s.send(frame.Exit, `{"code":3}`)
	if got := <-done; got != (ran{3, "output", "err"}) {
		t.Fatalf("%+v", got)
	}
}

func TestLargeInputIsCutIntoFrames(t *testing.T) {
	a := newAgent(t)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 64*1024)
	done := start(a, bytes.NewReader(sent), "wc")
	s := a.accept()
	s.expect(frame.Open)
	var got bytes.Buffer
	for got.Len() < len(sent) {
		got.WriteString(s.expect(frame.Stdin))
	}
	s.expect(frame.StdinEnd)
	if !bytes.Equal(got.Bytes(), sent) {
		t.Fatal("the input arrived changed")
	}
	s.send(frame.Exit, `{"code":0}`)
	if got := <-done; got.code != 0 {
		t.Fatalf("%+v", got)
	}
}

// A command that ends without reading its input ends the client, which still has input to send.
func TestExitDoesNotWaitForInput(t *testing.T) {
	a := newAgent(t)
	stdin, never := io.Pipe()
	defer never.Close()
	done := start(a, stdin, "true")
	s := a.accept()
	s.expect(frame.Open)
	s.send(frame.Exit, `{"code":0}`)
	if got := <-done; got.code != 0 {
		t.Fatalf("%+v", got)
	}
}

func TestAgentsFailureIs125WithItsMessage(t *testing.T) {
	for name, answer := range map[string]struct {
		kind    byte
		payload string
		message string
	}{
		"error":            {frame.Error, `{"reason":"MachineNotRunning","message":"the machine is stopped"}`, "bottle: the machine is stopped\n"},
		"error, no text":   {frame.Error, `{"reason":"MachineNotRunning"}`, "MachineNotRunning"},
		"error, no JSON":   {frame.Error, `oops`, "error frame"},
		"exit, no code":    {frame.Exit, `{}`, "no usable code"},
		"exit, cut to 0":   {frame.Exit, `{"code":256}`, "no usable code"},
		"exit, negative":   {frame.Exit, `{"code":-1}`, "no usable code"},
		"exit, no JSON":    {frame.Exit, ``, "exit frame"},
		"of another world": {0x7f, ``, "unknown frame 0x7f"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(t)
			done := start(a, strings.NewReader(""), "id")
			s := a.accept()
			s.expect(frame.Open)
			s.send(answer.kind, answer.payload)
			if got := <-done; got.code != 125 || !strings.HasPrefix(got.stderr, "bottle: ") || !strings.Contains(got.stderr, answer.message) {
				t.Fatalf("%+v", got)
			}
		})
	}
}

func TestConnectionLostIsNotSuccess(t *testing.T) {
	a := newAgent(t)
	done := start(a, strings.NewReader(""), "id")
	s := a.accept()
	s.expect(frame.Open)
	_ = s.connection.Close()
	if got := <-done; got.code != 125 || !strings.Contains(got.stderr, "outcome is unknown") {
		t.Fatalf("%+v", got)
	}
}

func TestWhatCannotBeSentIsRefused(t *testing.T) {
	for message, command := range map[string][]string{
		"name a command":        {},
		"is not UTF-8":          {"echo", "\xff"},
		"at most 65536":         {"echo", strings.Repeat("x", frame.MaxPayload)},
		"AgentReachable condit": {"id"}, // nobody listens there
	} {
		var stderr bytes.Buffer
		path := filepath.Join(t.TempDir(), "nobody.sock")
		if code := runAt(path, command, strings.NewReader(""), io.Discard, &stderr); code != 125 || !strings.Contains(stderr.String(), message) {
			t.Errorf("%.20q: %d, %s", command, code, stderr.String())
		}
	}
}

// TestClientProcess is not a test: it is the client of the test below, in a process of its own.
func TestClientProcess(t *testing.T) {
	path := os.Getenv("BOTTLE_TEST_SOCKET")
	if path == "" {
		t.Skip("runs only as the child of TestSignalEndsTheConnection")
	}
	os.Exit(runAt(path, []string{"sleep", "1000"}, os.Stdin, os.Stdout, os.Stderr))
}

// The connection's end is what makes the agent kill the guest's command.
func TestSignalEndsTheConnection(t *testing.T) {
	for _, sent := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		if signal.Ignored(sent) { // as under nohup: the client inherits it, as any program would
			continue
		}
		a := newAgent(t)
		client := exec.Command(os.Args[0], "-test.run=^TestClientProcess$")
		client.Env = append(os.Environ(), "BOTTLE_TEST_SOCKET="+a.path)
		if err := client.Start(); err != nil {
			t.Fatal(err)
		}
		s := a.accept()
		s.expect(frame.Open)
		s.expect(frame.StdinEnd) // its standard input is /dev/null
		if err := client.Process.Signal(sent); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.reader.Read(); err != io.EOF {
			t.Errorf("%v: %v", sent, err)
		}
		_ = client.Wait()
	}
}
