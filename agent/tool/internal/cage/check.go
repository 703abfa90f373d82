package cage

import (
	"fmt"
	"slices"
)

// CheckHierarchies says why no Pod's cgroup could account for a machine on this host, before any Pod is there.
func CheckHierarchies() error {
	trees, err := mountedHierarchies("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	return accountedBy(trees)
}

func accountedBy(trees []hierarchy) error {
	for _, controller := range []string{"memory", "cpu", "pids"} {
		if !slices.ContainsFunc(trees, func(tree hierarchy) bool { return slices.Contains(tree.controllers, controller) }) {
			return fmt.Errorf("no mounted cgroup tree has the controller %s", controller)
		}
	}
	return nil
}
