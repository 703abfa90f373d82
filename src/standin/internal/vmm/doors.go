package vmm

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"dev.bottle/standin/internal/boot"
)

// door forwards each connection of the guest to a host socket. The host path is dialled per
// connection, in the VMM's mount namespace and as its user, so a listener that was bound again at
// the path is reached without a restart.
type door struct {
	listener *net.UnixListener
	host     string
}

// openDoors listens on one socket per published socket, 0777 and root's as in the real guest.
func openDoors(config boot.Config, dir string) ([]*door, error) {
	parent := filepath.Dir(boot.Door(dir, 0))
	if err := os.RemoveAll(parent); err != nil {
		return nil, err
	}
	if err := os.Mkdir(parent, 0o700); err != nil {
		return nil, err
	}
	handle, err := os.Open(parent)
	if err != nil {
		return nil, err
	}
	defer handle.Close()
	var doors []*door
	for i, socket := range config.PublishedSockets {
		// Through the handle: the path itself may be longer than sun_path.
		address := filepath.Join(fmt.Sprintf("/proc/self/fd/%d", handle.Fd()), filepath.Base(boot.Door(dir, i)))
		listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
		if err != nil {
			return nil, fmt.Errorf("listen for %s: %w", socket.GuestPath, err)
		}
		listener.SetUnlinkOnClose(false)
		if err := os.Chmod(boot.Door(dir, i), 0o777); err != nil {
			return nil, err
		}
		doors = append(doors, &door{listener, socket.HostPath})
	}
	return doors, nil
}

func (d *door) serve() {
	for {
		conn, err := d.listener.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of descriptors: accept fails at once until a connection ends, and must not spin.
			time.Sleep(10 * time.Millisecond)
			continue
		}
		go d.forward(conn)
	}
}

// forward ends the guest's connection at once when nobody listens on the host: the guest's connect
// has succeeded by then, as with the real one.
func (d *door) forward(inner *net.UnixConn) {
	defer inner.Close()
	outer, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: d.host, Net: "unix"})
	if err != nil {
		return
	}
	defer outer.Close()
	both := make(chan struct{}, 2)
	for _, pair := range [][2]*net.UnixConn{{inner, outer}, {outer, inner}} {
		go func() {
			io.Copy(pair[1], pair[0])
			pair[1].CloseWrite()
			pair[0].CloseRead()
			both <- struct{}{}
		}()
	}
	<-both
	<-both
}
