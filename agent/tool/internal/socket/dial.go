// Package socket dials unix sockets the way TCP is dialled: a full backlog is waited for.
package socket

import (
	"errors"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

const (
	firstPause = time.Millisecond
	lastPause  = 50 * time.Millisecond
)

// Dial connects to the unix socket within the patience. A listener whose backlog is full makes connect(2) fail with
// EAGAIN on a non-blocking socket, where TCP would wait (unix(7)); a burst of connections must not see that. Every
// other error is returned at once: a missing or dead listener is not waited for.
func Dial(path string, patience time.Duration) (*net.UnixConn, error) {
	deadline := time.Now().Add(patience)
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		connection, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
		if err == nil || !errors.Is(err, unix.EAGAIN) || time.Now().Add(pause).After(deadline) {
			return connection, err
		}
		time.Sleep(pause)
	}
}
