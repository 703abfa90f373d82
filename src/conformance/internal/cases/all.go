// Package cases is what a caller relies on in smolvm 1.32.2. A file is a subject.
package cases

import (
	"dev.bottle/conformance/internal/suite"
)

// All is every group.
func All() []suite.Group {
	booting := append([]suite.Group{lifecycle(), running(), copying(), sealed(), crash(), refused()}, streaming()...)
	var quiet []suite.Group
	for _, cases := range [][]suite.Case{commandLine(), names(), create(), volumes(), sockets(), show(), withoutMachine(), update()} {
		// Nothing is shared, so each has a data root of its own and they depend on no order.
		for _, c := range cases {
			quiet = append(quiet, suite.Group{Name: c.Name, Cases: []suite.Case{c}})
		}
	}
	return append(booting, quiet...)
}

// created makes a machine without a start, and returns its name.
func created(t *suite.T, name string, options ...string) string {
	arguments := append([]string{"create", "--name", name, "--image", t.Rootfs}, options...)
	t.Machine(arguments...).Exits(0).OutHas("Created machine: " + name + "\n").Err("")
	return name
}

// record is the JSON of a machine.
type record struct {
	Name      string            `json:"name"`
	State     string            `json:"state"`
	PID       *int              `json:"pid"`
	CPUs      int               `json:"cpus"`
	MemoryMiB int               `json:"memory_mib"`
	StorageGB *int              `json:"storage_gb"`
	OverlayGB *int              `json:"overlay_gb"`
	Image     *string           `json:"image"`
	Labels    map[string]string `json:"labels"`
	Mounts    int               `json:"mounts"`
	Ports     int               `json:"ports"`
	Network   bool              `json:"network"`
	Command   []string          `json:"cmd"`
	CreatedAt int64             `json:"created_at"`
}

func status(t *suite.T, name string) (r record) {
	t.Machine("status", "--name", name, "--json").Exits(0).Err("").JSON(&r)
	return r
}

// pid of a machine that must have one.
func (r record) pid() int {
	if r.PID == nil {
		return 0
	}
	return *r.PID
}
