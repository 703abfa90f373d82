package probe

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const patience = 3 * time.Second

// noWay are the errors of a kernel that has nowhere to send a packet. They count only as the answer of connect(2) or
// send(2) itself: the same EHOSTUNREACH some time later is a router's word, or the silence after an ARP request, and
// both mean that a packet left.
var noWay = []error{unix.ENETUNREACH, unix.EHOSTUNREACH, unix.ENETDOWN, unix.EADDRNOTAVAIL, unix.EAFNOSUPPORT}

// dnsQuery is one question, `. NS` (RFC 1035 §4.1): the smallest that a name server answers.
var dnsQuery = []byte{0x62, 0x74, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1}

// unreachable: the kernel must refuse the address at once, for want of a route. Everything else is a leak, a time-out
// above all.
func unreachable(target Target, kind int) Result {
	address, err := netip.ParseAddrPort(target.Address)
	if err != nil {
		return Result{target.Name, Failed, err.Error()}
	}
	detail, err := tryToReach(address, kind)
	switch {
	case err == nil:
		return Result{target.Name, Leaked, target.Address + ": " + detail}
	case slices.ContainsFunc(noWay, func(known error) bool { return errors.Is(err, known) }):
		return Result{target.Name, Sealed, target.Address + ": " + err.Error()}
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE), errors.Is(err, unix.ENOBUFS), errors.Is(err, unix.ENOMEM):
		return Result{target.Name, Failed, target.Address + ": " + err.Error()}
	default:
		return Result{target.Name, Leaked, target.Address + ": the kernel knows a way, and then: " + err.Error()}
	}
}

// tryToReach returns the kernel's immediate refusal as an error, or what came after the kernel accepted.
func tryToReach(address netip.AddrPort, kind int) (string, error) {
	family, to := sockaddr(address)
	descriptor, err := unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(descriptor)
	err = unix.Connect(descriptor, to)
	if kind == unix.SOCK_DGRAM && err == nil {
		_, err = unix.Write(descriptor, dnsQuery)
	}
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return "", err
	}
	return aftermath(descriptor, kind), nil
}

// aftermath waits a moment, only to say more about a leak.
func aftermath(descriptor, kind int) string {
	events := int16(unix.POLLOUT)
	if kind == unix.SOCK_DGRAM {
		events = unix.POLLIN
	}
	poll := []unix.PollFd{{Fd: int32(descriptor), Events: events}}
	for deadline := time.Now().Add(patience); ; {
		left := time.Until(deadline).Milliseconds()
		if left <= 0 {
			return "a packet left, and nothing came back"
		}
		n, err := unix.Poll(poll, int(left))
		if err != nil && !errors.Is(err, unix.EINTR) {
			return "a packet left: " + err.Error()
		}
		if n > 0 {
			break
		}
	}
	code, err := unix.GetsockoptInt(descriptor, unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		return "a packet left: " + err.Error()
	case code != 0:
		return "a packet left, and the answer was: " + unix.Errno(code).Error()
	default:
		return "it answers"
	}
}

func sockaddr(address netip.AddrPort) (int, unix.Sockaddr) {
	ip := address.Addr().Unmap()
	if ip.Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(address.Port()), Addr: ip.As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(address.Port()), Addr: ip.As16()}
}

// refused: a port of the bundle's loopback must not be the guest's. Its name is loopback-<port>.
func refused(address string) Result {
	name := "loopback-" + address[strings.LastIndexByte(address, ':')+1:]
	connection, err := net.DialTimeout("tcp", address, patience)
	switch {
	case err == nil:
		_ = connection.Close()
		return Result{name, Leaked, address + " answers"}
	case errors.Is(err, unix.ECONNREFUSED):
		return Result{name, Sealed, address + ": connection refused"}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return Result{name, Leaked, address + ": not refused within " + patience.String()}
	default:
		return Result{name, Failed, fmt.Sprintf("%s: %v", address, err)}
	}
}
