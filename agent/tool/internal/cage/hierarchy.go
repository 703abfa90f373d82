package cage

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// hierarchy is one mounted cgroup tree: the one of cgroup v2, or that of v1 controllers.
type hierarchy struct {
	path        string
	controllers []string
}

// accounting are the controllers without which a machine's use would not be its Pod's.
var accounting = []string{"memory", "cpu", "cpuacct", "pids"}

// required: a Pod that is missing here is a Pod that is not found. In the hybrid layout the v1 trees are required and
// the v2 tree, which holds none of these controllers, is not.
func (h hierarchy) required() bool {
	return slices.ContainsFunc(h.controllers, func(name string) bool { return slices.Contains(accounting, name) })
}

// holdsPods: the kubelet manages this tree.
func (h hierarchy) holdsPods() bool {
	for _, pattern := range []string{"/kubepods*", "/*/kubepods*", "/*/*-kubepods*"} {
		if found, err := filepath.Glob(h.path + pattern); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}

// mountedHierarchies reads proc(5)'s mountinfo. Each tree is named once, whatever links and binds lead to it too.
func mountedHierarchies(mountinfo string) ([]hierarchy, error) {
	file, err := os.Open(mountinfo)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var found []hierarchy
	seen := map[string]bool{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		before, after, ok := strings.Cut(lines.Text(), " - ")
		mount, source := strings.Fields(before), strings.Fields(after)
		if !ok || len(mount) < 6 || len(source) < 3 || seen[mount[2]] {
			continue
		}
		// Only whole trees: a container's runtime binds parts of one. Seen from a cgroup namespace, the root of the
		// host's tree is /../.. (cgroup_namespaces(7)).
		if strings.Trim(mount[3], "/.") != "" {
			continue
		}
		one := hierarchy{path: unescape.Replace(mount[4])}
		switch source[0] {
		case "cgroup":
			one.controllers = strings.Split(source[2], ",")
		case "cgroup2":
			data, err := os.ReadFile(one.path + "/cgroup.controllers")
			if err != nil {
				return nil, err
			}
			one.controllers = strings.Fields(string(data))
		default:
			continue
		}
		seen[mount[2]] = true
		found = append(found, one)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s names no cgroup tree: enter the host's mount namespace first", mountinfo)
	}
	return found, nil
}

var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
