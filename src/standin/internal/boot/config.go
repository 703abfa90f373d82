// Package boot is what the command line tells the VMM: boot-config.json in the machine's directory,
// and the file names there that the processes share.
package boot

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"dev.bottle/standin/internal/state"
)

const (
	configName  = "boot-config.json"
	cgroupsName = "cgroups.json"
	// WorkloadLog receives the workload's output, as with the real one.
	WorkloadLog = "workload.log"
	// ConsoleLog receives what the VMM and the supervisor have to say.
	ConsoleLog = "agent-console.log"
)

// Config carries the keys of the real boot-config.json that mean something here, under the real
// names, and what only the stand-in needs under "standin".
type Config struct {
	ConsoleLog       string        `json:"console_log"`
	VsockSocket      string        `json:"vsock_socket"`
	Mounts           []state.Mount `json:"mounts"`
	Ports            []string      `json:"ports"`
	Resources        Resources     `json:"resources"`
	PublishedSockets []Socket      `json:"published_sockets"`
	PackedLayersDir  string        `json:"packed_layers_dir"` // the image's rootfs
	WorkloadLog      string        `json:"workload_log"`
	Standin          Standin       `json:"standin"`
}

// Resources are the sizes of the machine.
type Resources struct {
	CPUs       int  `json:"cpus"`
	MemoryMiB  int  `json:"memory_mib"`
	Network    bool `json:"network"`
	StorageGiB *int `json:"storage_gib"`
	OverlayGiB *int `json:"overlay_gib"`
}

// Socket is a host socket that the guest sees; Direction is always "mount".
type Socket struct {
	Direction string `json:"direction"`
	GuestPath string `json:"guest_path"`
	HostPath  string `json:"host_path"`
}

// Standin is what the real VMM learns over vsock instead.
type Standin struct {
	Machine string   `json:"machine"`
	UID     int      `json:"uid"`
	Command []string `json:"command"`
	Env     []string `json:"env"`
	Workdir string   `json:"workdir"`
	User    string   `json:"user"`
	DataDir string   `json:"data_dir"`
	Seccomp bool     `json:"seccomp"` // SMOLVM_SECCOMP=enforce in the environment of start
}

// For makes the configuration of a machine whose directory is dir.
func For(m *state.Machine, dir string) Config {
	sockets := []Socket{}
	for _, s := range m.Sockets {
		sockets = append(sockets, Socket{Direction: "mount", GuestPath: s.GuestPath, HostPath: s.HostPath})
	}
	mounts := m.Mounts
	if mounts == nil {
		mounts = []state.Mount{}
	}
	return Config{
		ConsoleLog:       filepath.Join(dir, ConsoleLog),
		VsockSocket:      filepath.Join(dir, "agent.sock"),
		Mounts:           mounts,
		Ports:            []string{},
		Resources:        Resources{m.CPUs, m.MemoryMiB, false, m.StorageGB, m.OverlayGB},
		PublishedSockets: sockets,
		PackedLayersDir:  m.Image,
		WorkloadLog:      filepath.Join(dir, WorkloadLog),
		Standin:          Standin{m.Name, m.UID, m.Command, m.Env, m.Workdir, m.User, dir, os.Getenv("SMOLVM_SECCOMP") == "enforce"},
	}
}

// Door is where the VMM listens for the i-th published socket; the guest gets it bind-mounted.
func Door(dir string, i int) string { return filepath.Join(dir, "doors", fmt.Sprintf("%d.sock", i)) }

// Write stores the configuration (0600: it holds environment values) and returns its path.
func (c Config) Write() (string, error) {
	raw, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	path := filepath.Join(c.Standin.DataDir, configName)
	return path, renameio.WriteFile(path, raw, 0o600)
}

// Read loads a configuration.
func Read(path string) (Config, error) {
	var c Config
	raw, err := os.ReadFile(path)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// RememberCgroups notes the guest's cgroup directories: when the VMM is killed nobody is left to
// remove them, so the next call that finds it dead does.
func RememberCgroups(dir string, paths []string) error {
	raw, err := json.Marshal(paths)
	if err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(dir, cgroupsName), raw, 0o600)
}

// RemoveCgroups removes the directories that a dead machine left, best effort.
func RemoveCgroups(dir string) {
	raw, err := os.ReadFile(filepath.Join(dir, cgroupsName))
	if err != nil {
		return
	}
	var paths []string
	if json.Unmarshal(raw, &paths) == nil {
		for _, path := range paths {
			os.Remove(path)
		}
	}
	os.Remove(filepath.Join(dir, cgroupsName))
}
