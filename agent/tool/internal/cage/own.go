package cage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ownParent holds the cgroups of machines whose Pod's could not be joined.
const ownParent = "bottle-own"

// limits of a cgroup of a machine's own.
type limits struct {
	memory uint64 // bytes
	cpu    uint64 // thousandths of a processor
	pids   uint64
}

func parseLimits(value string) (*limits, error) {
	var l limits
	fields := map[string]*uint64{"memory": &l.memory, "cpu": &l.cpu, "pids": &l.pids}
	for part := range strings.SplitSeq(value, ",") {
		name, number, _ := strings.Cut(part, "=")
		field := fields[name]
		parsed, err := strconv.ParseUint(number, 10, 62)
		if field == nil || *field != 0 || err != nil || parsed == 0 {
			return nil, fmt.Errorf("%q is not memory=BYTES,cpu=MILLICPU,pids=N", value)
		}
		*field = parsed
	}
	if l.memory == 0 || l.cpu == 0 || l.pids == 0 {
		return nil, fmt.Errorf("%q lacks one of memory, cpu and pids", value)
	}
	return &l, nil
}

// joinCgroup moves this process into its Pod's cgroup. When that fails and there are limits for one of its own, into
// that, and says so: the Pod then does not pay for the machine, and kubelet does not end it with the Pod.
func joinCgroup(podUID string, own *limits, warnings io.Writer) error {
	err := joinPodCgroup(podUID)
	if err == nil || own == nil {
		return err
	}
	fmt.Fprintf(warnings, "bottle-tool cage: %v; the machine gets a cgroup of its own\n", err)
	trees, err := mountedHierarchies("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	return joinOwn(trees, podUID, *own, os.Getpid())
}

// joinOwn makes bottle-own/<pod UID> in every tree that accounts and limits it. Fails when a limit cannot be set.
func joinOwn(trees []hierarchy, podUID string, own limits, pid int) error {
	const period = 100_000 // microseconds, the kernel's default
	quota := strconv.FormatUint(max(own.cpu*period/1000, 1000), 10)
	unset := map[string]bool{"memory": true, "cpu": true, "pids": true}
	var cgroups []string
	for _, tree := range trees {
		if !tree.required() {
			continue
		}
		parent := filepath.Join(tree.path, ownParent)
		cgroup := filepath.Join(parent, podUID)
		unified := exists(filepath.Join(tree.path, "cgroup.controllers"))
		if err := os.MkdirAll(parent, 0o755); err != nil {
			return err
		}
		if unified {
			for _, one := range []string{tree.path, parent} {
				if err := os.WriteFile(filepath.Join(one, "cgroup.subtree_control"), []byte("+memory +cpu +pids"), 0o644); err != nil {
					return fmt.Errorf("hand the controllers down: %w", err)
				}
			}
		}
		// Held until the process is in: an empty cgroup is fair game for whoever tidies up next.
		unlock, err := lock(parent)
		if err != nil {
			return err
		}
		defer unlock()
		removeEmpty(parent)
		if err := os.Mkdir(cgroup, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		values := map[string][2]string{"memory": {"memory.limit_in_bytes", strconv.FormatUint(own.memory, 10)},
			"cpu": {"cpu.cfs_quota_us", quota}, "pids": {"pids.max", strconv.FormatUint(own.pids, 10)}}
		if unified {
			values["memory"] = [2]string{"memory.max", values["memory"][1]}
			values["cpu"] = [2]string{"cpu.max", quota + " " + strconv.Itoa(period)}
		}
		for controller, setting := range values {
			if !slices.Contains(tree.controllers, controller) {
				continue
			}
			if err := os.WriteFile(filepath.Join(cgroup, setting[0]), []byte(setting[1]), 0o644); err != nil {
				return fmt.Errorf("limit %s: %w", controller, err)
			}
			delete(unset, controller)
		}
		cgroups = append(cgroups, cgroup)
	}
	for controller := range unset {
		return fmt.Errorf("no cgroup tree limits %s", controller)
	}
	for _, cgroup := range cgroups {
		if err := join(cgroup, pid); err != nil {
			return err
		}
	}
	return nil
}

// removeEmpty tidies up after machines that have ended; one that runs keeps its cgroup, which is busy.
func removeEmpty(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if entry.IsDir() {
			_ = os.Remove(filepath.Join(parent, entry.Name()))
		}
	}
}

func lock(directory string) (func(), error) {
	file, err := os.Open(directory)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", directory, err), file.Close())
	}
	return func() { _ = file.Close() }, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
