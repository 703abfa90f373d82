package relay

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"bottle.dev/tool/internal/socket"
)

const (
	dialPatience = 10 * time.Second
	// bufferSize bounds what a connection costs: two of these. io.Copy would splice instead, which keeps a pipe of up
	// to 1 MiB and two descriptors per direction, also of an idle connection.
	bufferSize = 32 * 1024
)

// halves is a stream whose two directions end apart.
type halves interface {
	io.ReadWriteCloser
	CloseRead() error
	CloseWrite() error
}

// pipe carries one connection of the guest to the door and back, until both directions have ended or one side is gone.
func pipe(inside *net.TCPConn, path string) {
	defer inside.Close()
	outside, err := socket.Dial(path, dialPatience)
	if err != nil {
		return
	}
	defer outside.Close()
	// A side that was reset is gone in both directions. The other side must learn that its peer did not just finish:
	// TCP by a reset, else a cut answer would look whole; a unix socket by the end of both directions.
	abort := func() {
		_ = inside.SetLinger(0)
		_ = inside.Close()
		_ = outside.Close()
	}
	var directions sync.WaitGroup
	directions.Go(func() { carry(outside, inside, abort) })
	carry(inside, outside, abort)
	directions.Wait()
}

// carry copies one direction until its source ends, and then ends just that direction.
func carry(to, from halves, abort func()) {
	buffer := make([]byte, bufferSize)
	for {
		n, readErr := from.Read(buffer)
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				// The receiver wants no more, but may still be answering (an early refusal of an upload): only this
				// direction ends, and the sender learns it by not being read.
				_ = from.CloseRead()
				return
			}
		}
		switch {
		case readErr == nil:
		case errors.Is(readErr, io.EOF):
			_ = to.CloseWrite()
			return
		default:
			abort()
			return
		}
	}
}
