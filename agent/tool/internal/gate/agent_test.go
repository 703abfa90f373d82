package gate

import (
	"net"
	"path/filepath"
	"testing"
	"time"

	"bottle.dev/tool/internal/frame"
)

const patience = 20 * time.Second

// agent is a small node agent: it hands each connection to the test.
type agent struct {
	t        *testing.T
	path     string
	listener *net.UnixListener
}

func newAgent(t *testing.T) *agent {
	t.Helper()
	a := &agent{t: t, path: filepath.Join(t.TempDir(), "agent.sock")}
	a.listen()
	return a
}

func (a *agent) listen() {
	a.t.Helper()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: a.path, Net: "unix"})
	if err != nil {
		a.t.Fatal(err)
	}
	a.listener = listener
	a.t.Cleanup(func() { _ = listener.Close() })
}

// session is one accepted connection.
type session struct {
	t          *testing.T
	connection *net.UnixConn
	*frame.Writer
	reader *frame.Reader
}

func (a *agent) accept() *session {
	a.t.Helper()
	if err := a.listener.SetDeadline(time.Now().Add(patience)); err != nil {
		a.t.Fatal(err)
	}
	connection, err := a.listener.AcceptUnix()
	if err != nil {
		a.t.Fatal(err)
	}
	if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { _ = connection.Close() })
	return &session{a.t, connection, frame.NewWriter(connection), frame.NewReader(connection)}
}

// expect reads one frame of this kind and returns its payload.
func (s *session) expect(kind byte) string {
	s.t.Helper()
	got, payload, err := s.reader.Read()
	if err != nil || got != kind {
		s.t.Fatalf("expected frame %#x, got %#x %q, %v", kind, got, payload, err)
	}
	return string(payload)
}

func (s *session) send(kind byte, payload string) {
	s.t.Helper()
	if err := s.Write(kind, []byte(payload)); err != nil {
		s.t.Fatal(err)
	}
}
