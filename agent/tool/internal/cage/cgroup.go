package cage

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// child is the cgroup of the machine below its Pod's: what runs there is accounted to the Pod and dies with it.
const child = "bottle-vm"

// podDepth is how deep below a tree's root the kubelet may put a Pod: kind's, the deepest known, is 4.
const podDepth = 6

// podPatience is how long a Pod that just began may take to have its cgroup in every tree that holds Pods.
const podPatience = 2 * time.Second

// joinPodCgroup moves this process into the child cgroup of the Pod, in every tree that has the Pod: one on cgroup v2,
// one per controller on v1. It fails when one that accounts has it not: an unaccounted machine is not started. In a tree
// without the Pod it moves to the root: it must not stay where the node agent's container is, because a container's
// runtime kills what it finds in any of its cgroups, and a machine outlives its agent.
func joinPodCgroup(podUID string) error {
	trees, err := mountedHierarchies("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	cgroups, err := awaitPodCgroups(trees, podUID, podPatience)
	if err != nil {
		return err
	}
	for _, pod := range cgroups {
		if err := join(filepath.Join(pod, child), os.Getpid()); err != nil {
			return err
		}
	}
	for _, tree := range without(trees, cgroups) {
		if err := join(tree.path, os.Getpid()); err != nil {
			return err
		}
	}
	return nil
}

// awaitPodCgroups looks until the Pod is in every tree that holds Pods, or as long as that may take.
func awaitPodCgroups(trees []hierarchy, podUID string, patience time.Duration) ([]string, error) {
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		cgroups, err := podCgroups(trees, podUID)
		late := time.Now().After(deadline)
		if late || (err == nil && !slices.ContainsFunc(without(trees, cgroups), hierarchy.holdsPods)) {
			return cgroups, err
		}
	}
}

// without are the trees in which none of these cgroups lies.
func without(trees []hierarchy, cgroups []string) []hierarchy {
	return slices.DeleteFunc(slices.Clone(trees), func(tree hierarchy) bool {
		return slices.ContainsFunc(cgroups, func(cgroup string) bool { return strings.HasPrefix(cgroup, tree.path+"/") })
	})
}

// podCgroups finds the Pod in all trees before anything is changed in one.
func podCgroups(trees []hierarchy, podUID string) ([]string, error) {
	var found []string
	required := 0
	for _, tree := range trees {
		pod, err := findPod(tree.path, podUID)
		if err != nil {
			return nil, err
		}
		if pod == "" {
			if tree.required() {
				return nil, fmt.Errorf("no cgroup of Pod %s below %s: the Pod is gone or has not started", podUID, tree.path)
			}
			continue
		}
		if tree.required() {
			required++
		}
		found = append(found, pod)
	}
	if required == 0 {
		return nil, fmt.Errorf("no cgroup of Pod %s accounts for its memory and processor", podUID)
	}
	return found, nil
}

// findPod looks where the kubelet puts Pods: pod<uid> with the cgroupfs driver, …-pod<uid with underscores>.slice with
// the systemd driver, below a kubepods directory that may itself lie below a --cgroup-root. Empty when there is none.
func findPod(tree, podUID string) (string, error) {
	plain, slice := "pod"+podUID, "-pod"+strings.ReplaceAll(podUID, "-", "_")+".slice"
	var found []string
	var visit func(directory string, kubelet bool, depth int) error
	visit = func(directory string, kubelet bool, depth int) error {
		entries, err := os.ReadDir(directory)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed while we look
		}
		if err != nil {
			return err
		}
		for _, entry := range entries {
			name := entry.Name()
			switch {
			case !entry.IsDir():
			case kubelet && (name == plain || strings.HasSuffix(name, slice)):
				found = append(found, filepath.Join(directory, name))
			case kubelet && (strings.HasPrefix(name, "pod") || strings.Contains(name, "-pod")):
				// Another Pod's: what is below is its own to name.
			case depth < podDepth:
				if err := visit(filepath.Join(directory, name), kubelet || isKubepods(name), depth+1); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := visit(tree, false, 1); err != nil {
		return "", err
	}
	switch len(found) {
	case 0:
		return "", nil
	case 1:
		return found[0], nil
	default:
		return "", fmt.Errorf("several cgroups claim to be Pod %s: %s", podUID, strings.Join(found, ", "))
	}
}

func isKubepods(name string) bool {
	return name == "kubepods" || name == "kubepods.slice" || strings.HasSuffix(name, "-kubepods.slice")
}

func join(cgroup string, pid int) error {
	if err := os.Mkdir(cgroup, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// cpuset (v1) takes no process before it has processors and memory nodes; they are not inherited.
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		if err := inherit(cgroup, file); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(cgroup, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0o644); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			// cgroups(7), nsdelegate: a process may not be moved across the border of its cgroup namespace.
			return fmt.Errorf("join %s: %w; enter the host's cgroup namespace first (nsenter -C)", cgroup, err)
		}
		return fmt.Errorf("join %s: %w", cgroup, err)
	}
	return nil
}

// inherit copies the parent's value of a cpuset file into an empty one of the cgroup, when the tree has it at all.
func inherit(cgroup, file string) error {
	own := filepath.Join(cgroup, file)
	current, err := os.ReadFile(own)
	if errors.Is(err, fs.ErrNotExist) || len(bytes.TrimSpace(current)) > 0 {
		return nil
	}
	if err != nil {
		return err
	}
	value, err := os.ReadFile(filepath.Join(filepath.Dir(cgroup), file))
	if err != nil || len(bytes.TrimSpace(value)) == 0 {
		return err // empty: v2, where that means the parent's
	}
	return os.WriteFile(own, value, 0o644)
}
