package probe

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const patience = 3 * time.Second

// interfaces: nothing but the loopback may be up. A guest of smolvm without a network has a dummy0 that is down.
func interfaces() Result {
	all, err := net.Interfaces()
	if err != nil {
		return Result{"interfaces", Failed, err.Error()}
	}
	verdict := Sealed
	var seen []string
	for _, one := range all {
		up := one.Flags&net.FlagUp != 0
		if up && one.Flags&net.FlagLoopback == 0 {
			verdict = Leaked
		}
		state := ""
		if !up {
			state = " (down)"
		}
		seen = append(seen, one.Name+state)
	}
	return Result{"interfaces", verdict, strings.Join(seen, ", ")}
}

// routes: no route that leaves the machine, in either family.
func routes() Result {
	var leaving []string
	v4, err := lines("/proc/net/route")
	if err != nil {
		return Result{"routes", Failed, err.Error()}
	}
	for _, line := range v4 {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] != "Iface" && fields[0] != "lo" {
			leaving = append(leaving, "v4 via "+fields[0])
		}
	}
	v6, err := lines("/proc/net/ipv6_route")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return Result{"routes", Failed, err.Error()}
	}
	for _, line := range v6 {
		const rejectFlag = 0x0200 // RTF_REJECT: the kernel's own "no route"
		fields := strings.Fields(line)
		if len(fields) != 10 || fields[9] == "lo" {
			continue
		}
		flags, err := strconv.ParseUint(fields[8], 16, 32)
		if err == nil && flags&rejectFlag == 0 {
			leaving = append(leaving, "v6 via "+fields[9])
		}
	}
	if len(leaving) > 0 {
		return Result{"routes", Leaked, strings.Join(leaving, ", ")}
	}
	return Result{"routes", Sealed, "none"}
}

func lines(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all []string
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		all = append(all, scanner.Text())
	}
	return all, scanner.Err()
}

// noWay are the answers of a kernel that has nowhere to send a packet. Any other answer, a time-out above all, means
// that a packet may have left.
var noWay = []error{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT}

func unreachable(target Target, network string) Result {
	connection, err := net.DialTimeout(network, target.Address, patience)
	if err == nil {
		defer connection.Close()
		if network == "udp" {
			err = queryDNS(connection)
		}
	}
	for _, sealed := range noWay {
		if errors.Is(err, sealed) {
			return Result{target.Name, Sealed, target.Address + ": " + sealed.Error()}
		}
	}
	if err == nil {
		return Result{target.Name, Leaked, target.Address + " answers"}
	}
	return Result{target.Name, Leaked, target.Address + ": not refused by the kernel: " + err.Error()}
}

// queryDNS sends one question, `. NS` (RFC 1035 §4.1), and waits for any answer.
func queryDNS(connection net.Conn) error {
	query := []byte{0x62, 0x74, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1}
	if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := connection.Write(query); err != nil {
		return err
	}
	_, err := connection.Read(make([]byte, 512))
	return err
}

// refused: a port of the bundle's loopback must not be the guest's.
func refused(address string) Result {
	_, port, _ := net.SplitHostPort(address)
	name := "loopback-" + port
	connection, err := net.DialTimeout("tcp", address, patience)
	if err == nil {
		_ = connection.Close()
		return Result{name, Leaked, address + " answers"}
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return Result{name, Sealed, address + ": connection refused"}
	}
	return Result{name, Failed, fmt.Sprintf("%s: %v", address, err)}
}
