package cage

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// child is the cgroup of the machine below its Pod's: what runs there is accounted to the Pod and dies with it.
const child = "bottle-vm"

// joinPodCgroup moves this process into the child cgroup of the Pod, in every hierarchy below root that has the Pod:
// one on cgroup v2, one per controller on v1. It fails when there is none: an unaccounted machine is not started.
func joinPodCgroup(root, podUID string) error {
	hierarchies, err := hierarchies(root)
	if err != nil {
		return err
	}
	joined := 0
	for _, hierarchy := range hierarchies {
		pod, err := findPod(hierarchy, podUID)
		if err != nil {
			return err
		}
		if pod == "" {
			continue
		}
		if err := join(filepath.Join(pod, child)); err != nil {
			return err
		}
		joined++
	}
	if joined == 0 {
		return fmt.Errorf("no cgroup of Pod %s below %s: the Pod is gone or has not started", podUID, root)
	}
	return nil
}

// hierarchies are root itself on v2, and on v1 each of its directories (links such as cpu → cpu,cpuacct once).
func hierarchies(root string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
		return []string{root}, nil
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, entry := range entries {
		if entry.IsDir() {
			found = append(found, filepath.Join(root, entry.Name()))
		}
	}
	return found, nil
}

// findPod looks where the kubelet puts Pods: below kubepods with the cgroupfs driver (pod<uid>), below kubepods.slice
// with the systemd driver (kubepods-<class>-pod<uid with underscores>.slice), directly or in a class of service.
func findPod(hierarchy, podUID string) (string, error) {
	names := []string{"pod" + podUID, "pod" + strings.ReplaceAll(podUID, "-", "_") + ".slice"}
	found := ""
	visit := func(directory string) error {
		entries, err := os.ReadDir(directory)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if entry.IsDir() && (entry.Name() == names[0] || strings.HasSuffix(entry.Name(), "-"+names[1])) {
				found = filepath.Join(directory, entry.Name())
			}
		}
		return nil
	}
	for _, parent := range []string{"kubepods", "kubepods.slice"} {
		top := filepath.Join(hierarchy, parent)
		for _, directory := range []string{
			top, filepath.Join(top, "burstable"), filepath.Join(top, "besteffort"),
			filepath.Join(top, "kubepods-burstable.slice"), filepath.Join(top, "kubepods-besteffort.slice"),
		} {
			if err := visit(directory); err != nil {
				return "", err
			}
		}
	}
	return found, nil
}

func join(cgroup string) error {
	if err := os.Mkdir(cgroup, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// cpuset (v1) takes no process before it has processors and memory nodes; they are not inherited.
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		own := filepath.Join(cgroup, file)
		if current, err := os.ReadFile(own); err == nil && len(bytes.TrimSpace(current)) == 0 {
			value, err := os.ReadFile(filepath.Join(filepath.Dir(cgroup), file))
			if err != nil {
				return err
			}
			if len(bytes.TrimSpace(value)) == 0 {
				continue // v2: empty means the parent's
			}
			if err := os.WriteFile(own, value, 0o644); err != nil {
				return err
			}
		}
	}
	if err := os.WriteFile(filepath.Join(cgroup, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
		return fmt.Errorf("join %s: %w", cgroup, err)
	}
	return nil
}
