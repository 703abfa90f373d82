package relay

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const patience = 20 * time.Second

// start serves a relay to the socket path on a free loopback port and returns its address.
func start(t *testing.T, path string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); Serve(listener, path) }()
	t.Cleanup(func() { _ = listener.Close(); <-ended })
	return listener.Addr().String()
}

// door listens on a unix socket and hands each connection to the handler.
func door(t *testing.T, path string, handle func(*net.UnixConn)) *net.UnixListener {
	t.Helper()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.AcceptUnix()
			if err != nil {
				return
			}
			go func() { defer connection.Close(); handle(connection) }()
		}
	}()
	return listener
}

func dial(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	connection, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection.(*net.TCPConn)
}

func echo(connection *net.UnixConn) { _, _ = io.Copy(connection, connection) }

func TestCarries200ConnectionsAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "door")
	door(t, path, echo)
	address := start(t, path)
	const connections = 200
	var open, all sync.WaitGroup
	open.Add(connections)
	failures := make(chan error, connections)
	for i := range connections {
		all.Go(func() {
			failures <- func() error {
				connection, err := net.DialTimeout("tcp", address, patience)
				if err == nil {
					defer connection.Close()
					err = connection.SetDeadline(time.Now().Add(patience))
				}
				sent := bytes.Repeat([]byte{byte(i)}, 100_000)
				got := make([]byte, len(sent))
				// All of them are open before any of them speaks.
				open.Done()
				open.Wait()
				if err != nil {
					return err
				}
				go func() { _, _ = connection.Write(sent) }()
				if _, err := io.ReadFull(connection, got); err != nil {
					return err
				}
				if !bytes.Equal(sent, got) {
					return fmt.Errorf("connection %d got another's bytes", i)
				}
				return nil
			}()
		})
	}
	all.Wait()
	for range connections {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
}

func TestGuestMayFinishItsHalfAndStillRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "door")
	door(t, path, func(connection *net.UnixConn) {
		asked, _ := io.ReadAll(connection) // ends only if the half-close arrives
		_, _ = fmt.Fprintf(connection, "answer to %s", asked)
	})
	connection := dial(t, start(t, path))
	_, _ = connection.Write([]byte("question"))
	if err := connection.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(connection)
	if err != nil || string(answer) != "answer to question" {
		t.Fatalf("got %q, %v", answer, err)
	}
}

func TestDoorMayFinishItsHalfAndStillRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "door")
	late := make(chan []byte, 1)
	door(t, path, func(connection *net.UnixConn) {
		_, _ = connection.Write([]byte("all I say"))
		_ = connection.CloseWrite()
		said, _ := io.ReadAll(connection)
		late <- said
	})
	connection := dial(t, start(t, path))
	if said, err := io.ReadAll(connection); err != nil || string(said) != "all I say" {
		t.Fatalf("got %q, %v", said, err)
	}
	if _, err := connection.Write([]byte("a late word")); err != nil {
		t.Fatal(err)
	}
	_ = connection.CloseWrite()
	select {
	case said := <-late:
		if string(said) != "a late word" {
			t.Fatalf("the door got %q", said)
		}
	case <-time.After(patience):
		t.Fatal("the door never saw the guest's end")
	}
}

func TestLargeStreamArrivesWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "door")
	door(t, path, echo)
	connection := dial(t, start(t, path))
	const size = 64 << 20
	sent, got := sha256.New(), sha256.New()
	go func() {
		source := io.LimitReader(rand.New(rand.NewSource(1)), size)
		_, _ = io.Copy(io.MultiWriter(struct{ io.Writer }{connection}, sent), source)
		_ = connection.CloseWrite()
	}()
	n, err := io.Copy(got, connection)
	if err != nil || n != size || !bytes.Equal(sent.Sum(nil), got.Sum(nil)) {
		t.Fatalf("%d of %d bytes, %v", n, size, err)
	}
}

func TestResetOfTheGuestEndsTheDoorsConnection(t *testing.T) {
	path := filepath.Join(t.TempDir(), "door")
	ended := make(chan error, 1)
	arrived := make(chan struct{})
	door(t, path, func(connection *net.UnixConn) {
		one := make([]byte, 1)
		_, _ = io.ReadFull(connection, one)
		close(arrived)
		// Never reads again: it must learn by its writes, as a server does that streams an answer.
		for {
			if _, err := connection.Write(make([]byte, 1000)); err != nil {
				ended <- err
				return
			}
		}
	})
	connection := dial(t, start(t, path))
	_, _ = connection.Write([]byte{1})
	<-arrived
	_ = connection.SetLinger(0)
	_ = connection.Close()
	select {
	case err := <-ended:
		if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
			t.Fatal(err)
		}
	case <-time.After(patience):
		t.Fatal("the door's connection outlives the guest's")
	}
}

// An answer that is cut short must not look complete.
func TestResetOfTheDoorResetsTheGuest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "door")
	door(t, path, func(connection *net.UnixConn) {
		_, _ = io.ReadFull(connection, make([]byte, 1))
		// Closing with unread input is how a unix socket resets.
	})
	connection := dial(t, start(t, path))
	_, _ = connection.Write(make([]byte, 300_000))
	_, err := io.ReadAll(connection)
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("got %v", err)
	}
}

func TestServesAgainWhenTheDoorComesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "door")
	address := start(t, path)
	for round := range 3 {
		if answer, err := io.ReadAll(dial(t, address)); len(answer) != 0 || err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Fatalf("round %d, no door: %q, %v", round, answer, err)
		}
		listener := door(t, path, echo)
		connection := dial(t, address)
		_, _ = connection.Write([]byte("again"))
		_ = connection.CloseWrite()
		if got, err := io.ReadAll(connection); err != nil || string(got) != "again" {
			t.Fatalf("round %d: %q, %v", round, got, err)
		}
		_ = listener.Close()
		_ = os.Remove(path)
	}
}

// connect(2) to a unix socket with a full backlog fails at once with EAGAIN; a burst must wait instead.
func TestWaitsForADoorWithAFullBacklog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "door")
	descriptor, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(unix.Bind(descriptor, &unix.SockaddrUnix{Name: path}), unix.Listen(descriptor, 1)); err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(descriptor), path)
	listener, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	defer listener.Close()
	address := start(t, path)
	const burst = 40
	answered := make(chan error, burst)
	for range burst {
		connection := dial(t, address)
		_, _ = connection.Write([]byte{7})
		go func() {
			_, err := io.ReadFull(connection, make([]byte, 1))
			answered <- err
		}()
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { defer connection.Close(); _, _ = io.CopyN(connection, connection, 1) }()
		}
	}()
	for range burst {
		if err := <-answered; err != nil {
			t.Fatal(err)
		}
	}
}

// An idle relay with open connections, and one whose door is gone, use no processor.
func TestNeverSpins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "door")
	closed := make(chan struct{})
	door(t, path, func(connection *net.UnixConn) { _ = connection.CloseWrite(); <-closed })
	defer close(closed)
	address := start(t, path)
	for range 50 {
		connection := dial(t, address)
		// Half-closed from the door's side: the state in which a naive loop polls for ever.
		if n, err := connection.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
			t.Fatal(n, err)
		}
	}
	before := processorTime(t)
	<-time.After(500 * time.Millisecond)
	if used := processorTime(t) - before; used > 100*time.Millisecond {
		t.Fatalf("%v of processor time in half a second of silence", used)
	}
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func TestWrongArgumentsAreRefused(t *testing.T) {
	for _, pairs := range [][]string{nil, {"127.0.0.1:0"}, {"=/run/x"}, {"127.0.0.1:0="}} {
		if code := Main(pairs); code != 2 {
			t.Errorf("%q: exit code %d", pairs, code)
		}
	}
	if code := Main([]string{"192.0.2.1:1=/run/x"}); code != 1 {
		t.Errorf("an address that is not ours: exit code %d", code)
	}
}
