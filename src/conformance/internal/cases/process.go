package cases

import (
	"fmt"
	"os"
	"strings"

	"dev.bottle/conformance/internal/suite"
)

// proc is what the kernel says of a process.
type proc struct {
	pid        int
	arguments  []string
	status     map[string]string
	cgroup     string
	namespaces map[string]string
}

func process(t *suite.T, pid int) proc {
	p := proc{pid: pid, status: map[string]string{}, namespaces: map[string]string{}}
	read := func(name string) string {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
		t.Must(err)
		return string(raw)
	}
	p.arguments = strings.Split(strings.TrimRight(read("cmdline"), "\x00"), "\x00")
	for line := range strings.Lines(read("status")) {
		key, value, _ := strings.Cut(line, ":")
		p.status[key] = strings.TrimSpace(value)
	}
	p.cgroup = read("cgroup")
	for _, kind := range []string{"net", "mnt", "ipc", "uts", "pid"} {
		link, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, kind))
		t.Must(err)
		p.namespaces[kind] = link
	}
	return p
}

func alive(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(raw), ") ")
	return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}
