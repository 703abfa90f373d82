package gate

import (
	"io"
	"os"
	"syscall"
	"testing"
	"time"
)

type held struct {
	signals chan os.Signal
	ended   chan int
}

func hold(path string) held {
	h := held{make(chan os.Signal, 1), make(chan int, 1)}
	go func() {
		holder := holder{path: path, pause: 10 * time.Millisecond, signals: h.signals}
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

const holdRequest = `{"version":1,"kind":"hold"}`

func TestHoldAsksAtTheEndAndWaitsForTheMachine(t *testing.T) {
	a := newAgent(t)
	h := hold(a.path)
	s := a.accept()
	if got := s.expect(Open); got != holdRequest {
		t.Fatal(got)
	}
	h.signals <- syscall.SIGTERM
	s.expect(Terminate)
	h.expectRunning(t)
	s.send(Stopped, "")
	h.expectEnd(t)
}

// An agent that is replaced while the Pod ends must learn from the new connection that the Pod ends.
func TestHoldAsksTheNextAgentAgain(t *testing.T) {
	a := newAgent(t)
	h := hold(a.path)
	first := a.accept()
	first.expect(Open)
	h.signals <- syscall.SIGTERM
	first.expect(Terminate)
	_ = first.connection.Close()
	second := a.accept()
	second.expect(Open)
	second.expect(Terminate)
	h.expectRunning(t)
	second.send(Stopped, "")
	h.expectEnd(t)
}

func TestHoldComesBackWhenTheAgentDoes(t *testing.T) {
	a := newAgent(t)
	_ = a.listener.Close()
	h := hold(a.path)
	a.listen()
	first := a.accept()
	first.expect(Open)
	_ = a.listener.Close()
	_ = first.connection.Close()
	a.listen()
	a.accept().expect(Open)
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
	s.expect(Open)
	s.expect(Terminate)
	s.send(Stopped, "")
	h.expectEnd(t)
}

// Only the Pod's end ends hold; otherwise kubelet would restart the container and count it.
func TestHoldOutlivesWhatNobodyAskedFor(t *testing.T) {
	a := newAgent(t)
	h := hold(a.path)
	for _, unasked := range []struct {
		kind    byte
		payload string
	}{{Stopped, ""}, {Error, `{"reason":"X","message":"busy"}`}, {0x7f, ""}, {Stdout, "x"}} {
		s := a.accept()
		s.expect(Open)
		s.send(unasked.kind, unasked.payload)
		if _, _, err := s.reader.Read(); err != io.EOF {
			t.Fatalf("%#x: the connection stays: %v", unasked.kind, err)
		}
	}
	a.accept().expect(Open)
	h.expectRunning(t)
}
