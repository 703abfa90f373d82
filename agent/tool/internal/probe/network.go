package probe

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
)

// interfaces: nothing but the loopback may be up. A guest of smolvm without a network has a dummy0 that is down.
func interfaces() Result {
	all, err := net.Interfaces()
	if err != nil {
		return Result{"interfaces", Failed, err.Error()}
	}
	return judgeInterfaces(all)
}

func judgeInterfaces(all []net.Interface) Result {
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
	var tables [2]io.Reader
	for i, path := range []string{"/proc/net/route", "/proc/net/ipv6_route"} {
		file, err := os.Open(path)
		switch {
		case err == nil:
			defer file.Close()
			tables[i] = file
		case i == 1 && errors.Is(err, fs.ErrNotExist):
			tables[i] = strings.NewReader("") // a kernel without IPv6
		default:
			return Result{"routes", Failed, err.Error()}
		}
	}
	return judgeRoutes(tables[0], tables[1])
}

// judgeRoutes reads the kernel's tables (proc(5)); a line that it does not understand proves nothing.
func judgeRoutes(v4, v6 io.Reader) Result {
	leaving, err := routesOut(v4, "v4", "Iface", 11, 0, 3)
	if err == nil {
		var more []string
		more, err = routesOut(v6, "v6", "", 10, 9, 8)
		leaving = append(leaving, more...)
	}
	switch {
	case len(leaving) > 0:
		return Result{"routes", Leaked, strings.Join(leaving, ", ")}
	case err != nil:
		return Result{"routes", Failed, err.Error()}
	default:
		return Result{"routes", Sealed, "none"}
	}
}

// routesOut returns the routes of a table whose device is not the loopback and that do not just refuse. The numbers
// say where in a line's columns device and flags stand.
func routesOut(table io.Reader, family, header string, columns, device, flags int) ([]string, error) {
	const reject = 0x0200 // RTF_REJECT: unreachable, prohibit, blackhole
	var leaving []string
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || (header != "" && fields[0] == header) {
			continue
		}
		if len(fields) != columns {
			return leaving, fmt.Errorf("%s route of an unknown form: %q", family, lines.Text())
		}
		bits, err := strconv.ParseUint(fields[flags], 16, 32)
		if err != nil {
			return leaving, fmt.Errorf("%s route: %w", family, err)
		}
		if fields[device] != "lo" && bits&reject == 0 {
			leaving = append(leaving, family+" via "+fields[device])
		}
	}
	return leaving, lines.Err()
}
