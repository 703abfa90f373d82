package gate

import (
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"bottle.dev/tool/internal/frame"
)

type held struct {
	signals chan os.Signal
	ended   chan int
	told    chan logLine
}

func hold(path string) held {
	h := held{make(chan os.Signal, 1), make(chan int, 1), make(chan logLine, 10)}
	go func() {
		holder := holder{path: path, pause: 10 * time.Millisecond, signals: h.signals, told: func(line logLine) { h.told <- line }}
		h.ended <- holder.run()
	}()
	return h
}

func (h held) expectEnd(t *testing.T) {
	t.Helper()
	select {
	case code := <-h.ended:
		if code != 0 {
			t.Fatalf("exit code %d", code)
		}
	case <-time.After(patience):
		t.Fatal("hold does not end")
	}
}

func (h held) expectRunning(t *testing.T) {
	t.Helper()
	select {
	case code := <-h.ended:
		t.Fatalf("hold ended with %d", code)
	default:
	}
}

const holdRequest = `{"version":1,"kind":"hold","logs":true}`

func TestHoldAsksAtTheEndAndWaitsForTheMachine(t *testing.T) {
	a := newAgent(t)
	h := hold(a.path)
	s := a.accept()
	if got := s.expect(frame.Open); got != holdRequest {
		t.Fatal(got)
	}
	h.signals <- syscall.SIGTERM
	s.expect(frame.Terminate)
	h.expectRunning(t)
	s.send(frame.Stopped, "")
	h.expectEnd(t)
}

// An agent that is replaced while the Pod ends must learn from the new connection that the Pod ends.
func TestHoldAsksTheNextAgentAgain(t *testing.T) {
	a := newAgent(t)
	h := hold(a.path)
	first := a.accept()
	first.expect(frame.Open)
	h.signals <- syscall.SIGTERM
	first.expect(frame.Terminate)
	_ = first.connection.Close()
	second := a.accept()
	second.expect(frame.Open)
	second.expect(frame.Terminate)
	h.expectRunning(t)
	second.send(frame.Stopped, "")
	h.expectEnd(t)
}

func TestHoldComesBackWhenTheAgentDoes(t *testing.T) {
	a := newAgent(t)
	_ = a.listener.Close()
	h := hold(a.path)
	a.listen()
	first := a.accept()
	first.expect(frame.Open)
	_ = a.listener.Close()
	_ = first.connection.Close()
	a.listen()
	a.accept().expect(frame.Open)
	h.expectRunning(t)
}

func TestSignalWithoutAnAgentIsNotForgotten(t *testing.T) {
	a := newAgent(t)
	_ = a.listener.Close()
	h := hold(a.path)
	h.signals <- syscall.SIGTERM
	// Taken (the channel holds one): hold is past its first dial.
	h.signals <- syscall.SIGTERM
	a.listen()
	s := a.accept()
	s.expect(frame.Open)
	s.expect(frame.Terminate)
	s.send(frame.Stopped, "")
	h.expectEnd(t)
}

// Only the Pod's end ends hold; otherwise kubelet would restart the container and count it.
func TestHoldOutlivesWhatNobodyAskedFor(t *testing.T) {
	a := newAgent(t)
	h := hold(a.path)
	for _, unasked := range []struct {
		kind    byte
		payload string
	}{{frame.Stopped, ""}, {frame.Error, `{"reason":"X","message":"busy"}`}, {0x7f, ""}, {frame.Stdout, "x"}, {frame.Log, "no JSON"}} {
		s := a.accept()
		s.expect(frame.Open)
		s.send(unasked.kind, unasked.payload)
		if _, _, err := s.reader.Read(); err != io.EOF {
			t.Fatalf("%#x: the connection stays: %v", unasked.kind, err)
		}
	}
	a.accept().expect(frame.Open)
	h.expectRunning(t)
}

func TestHoldHearsTheMachinesStoryUntilItStops(t *testing.T) {
	a := newAgent(t)
	h := hold(a.path)
	s := a.accept()
	s.expect(frame.Open)
	s.send(frame.Log, `{"source":"agent","line":"booted in 812 ms"}`)
	if got := <-h.told; got != (logLine{"agent", "booted in 812 ms"}) {
		t.Fatal(got)
	}
	h.signals <- syscall.SIGTERM
	s.expect(frame.Terminate)
	s.send(frame.Log, `{"source":"console","line":"reboot: Power down"}`)
	if got := <-h.told; got != (logLine{"console", "reboot: Power down"}) {
		t.Fatal(got)
	}
	s.send(frame.Stopped, "")
	h.expectEnd(t)
}
