// Package relay carries TCP connections of the guest to the door sockets of its bundle.
package relay

import (
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// Main serves each ADDRESS=SOCKET pair until the process ends. Exit code 2 for wrong arguments, 1 when an address
// cannot be bound.
func Main(pairs []string) int {
	if len(pairs) == 0 {
		fmt.Fprintln(os.Stderr, "bottle-tool relay: name at least one ADDRESS=SOCKET")
		return 2
	}
	var serving sync.WaitGroup
	for _, pair := range pairs {
		address, socket, ok := strings.Cut(pair, "=")
		if !ok || address == "" || socket == "" {
			fmt.Fprintf(os.Stderr, "bottle-tool relay: %q is not ADDRESS=SOCKET\n", pair)
			return 2
		}
		listener, err := net.Listen("tcp", address)
		if err != nil {
			fmt.Fprintf(os.Stderr, "bottle-tool relay: %v\n", err)
			return 1
		}
		serving.Go(func() { Serve(listener, socket) })
	}
	serving.Wait()
	return 0
}

// Serve pipes each connection to a new connection of the unix socket, until the listener is closed. The socket is
// dialled per connection: it may be absent, or be another one later; then the guest's connection is just closed.
func Serve(listener net.Listener, socket string) {
	for {
		connection, err := listener.Accept()
		switch {
		case err == nil:
			go pipe(connection.(*net.TCPConn), socket)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			// Out of descriptors, most likely: accepting again at once would spin.
			log.Printf("relay: accept: %v", err)
			time.Sleep(100 * time.Millisecond)
		}
	}
}
