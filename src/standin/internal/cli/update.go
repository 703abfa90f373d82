package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"dev.bottle/standin/internal/state"
	"dev.bottle/standin/internal/vmm"
)

type updateFlags struct {
	cpus, memory, storage, overlay *number
	workdir                        *single
	volumes, removeVolumes         *[]string
	env, removeEnv                 *[]string
}

func (a *app) update() *cobra.Command {
	cmd := &cobra.Command{Use: "update [OPTIONS] --name <NAME>", Short: "Modify settings on a stopped machine", Args: noPositionals}
	name := nameFlag(cmd, "n", "Machine to update")
	flags := cmd.Flags()
	change := updateFlags{
		volumes:       flags.StringArrayP("volume", "v", nil, "Add volume mount `HOST:GUEST[:ro|rw]`"),
		removeVolumes: flags.StringArray("remove-volume", nil, "Remove volume mount `HOST:GUEST`"),
		cpus:          numberFlag(cmd, "cpus", "N", "Set vCPU count", maxUint8),
		memory:        numberFlag(cmd, "mem", "MiB", "Set memory in MiB", maxUint32),
		env:           flags.StringArrayP("env", "e", nil, "Add/replace environment variable `KEY=VALUE`"),
		removeEnv:     flags.StringArray("remove-env", nil, "Remove environment variable by key `KEY`"),
		workdir:       singleFlag(cmd, "workdir", "w", "DIR", "Set working directory"),
		storage:       numberFlag(cmd, "storage", "GiB", "Storage disk size (expand only)", maxUint32),
		overlay:       numberFlag(cmd, "overlay", "GiB", "Overlay disk size (expand only)", maxUint32),
	}
	refuseFlags(cmd, updateUnsupported)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		name, given := name()
		if !given {
			return required(cmd, "--name <NAME>", "--name <NAME>")
		}
		store, err := a.store()
		if err != nil {
			return err
		}
		m, err := store.Load(name)
		if errors.Is(err, state.ErrNotFound) {
			return configError("update", "machine '%s' not found", name)
		}
		if err != nil {
			return notFound(name, err)
		}
		switch vmm.Observe(m, store.DataDir(name)) {
		case state.Running:
			return errors.New("invalid vm state: expected stopped, got Running")
		case state.Unreachable:
			return errors.New("invalid vm state: expected stopped, got Unreachable")
		}
		changes, err := change.apply(m, m.State != state.Created)
		if err != nil {
			return err
		}
		return a.saveUpdate(store, m, changes)
	}
	return cmd
}

func (a *app) saveUpdate(store *state.Store, changed *state.Machine, changes []string) error {
	if len(changes) == 0 {
		fmt.Fprintln(a.stdout, "No changes specified.")
		return nil
	}
	if err := store.Update(changed.Name, func(m *state.Machine) { *m = *changed }); err != nil {
		return notFound(changed.Name, err)
	}
	fmt.Fprintf(a.stdout, "Updated machine '%s':\n", changed.Name)
	for _, line := range changes {
		fmt.Fprintf(a.stdout, "  %s\n", line)
	}
	fmt.Fprintf(a.stdout, "\nStart with: smolvm machine start --name %s\n", changed.Name)
	return nil
}

// apply changes the record and says what changed, in the real one's order.
func (u updateFlags) apply(m *state.Machine, started bool) (changes []string, err error) {
	for _, value := range *u.removeVolumes {
		host, guest, _ := strings.Cut(value, ":")
		m.Mounts = slices.DeleteFunc(m.Mounts, func(mount state.Mount) bool {
			return filepath.Clean(host) == mount.Source && filepath.Clean(guest) == filepath.Clean(mount.Target)
		})
		changes = append(changes, "removed volume: "+value)
	}
	added, err := parseVolumes(*u.volumes)
	if err != nil {
		return nil, err
	}
	for _, mount := range added {
		if slices.ContainsFunc(m.Mounts, func(old state.Mount) bool { return filepath.Clean(old.Target) == filepath.Clean(mount.Target) }) {
			return nil, mountError("validate mounts", "duplicate mount target: %s is specified more than once", mount.Target)
		}
		m.Mounts = append(m.Mounts, mount)
		changes = append(changes, fmt.Sprintf("added volume: %s:%s", mount.Source, mount.Target))
	}
	if u.cpus.set {
		changes = append(changes, fmt.Sprintf("cpus: %d → %d", m.CPUs, u.cpus.value))
		m.CPUs = u.cpus.value
	}
	if u.memory.set {
		changes = append(changes, fmt.Sprintf("memory: %d MiB → %d MiB", m.MemoryMiB, u.memory.value))
		m.MemoryMiB = u.memory.value
	}
	for _, key := range *u.removeEnv {
		m.Env = withoutKey(m.Env, key)
		changes = append(changes, "removed env: "+key)
	}
	for _, variable := range environment(*u.env, os.LookupEnv) {
		key, _, _ := strings.Cut(variable, "=")
		m.Env = append(withoutKey(m.Env, key), variable)
		changes = append(changes, "env: "+variable)
	}
	if u.workdir.set {
		m.Workdir = u.workdir.value
		changes = append(changes, "workdir: "+m.Workdir)
	}
	for _, disk := range []struct {
		name      string
		wanted    *number
		size      **int
		otherwise int
	}{{"storage", u.storage, &m.StorageGB, defaultStorageGB}, {"overlay", u.overlay, &m.OverlayGB, defaultOverlayGB}} {
		if !disk.wanted.set {
			continue
		}
		old := disk.otherwise
		if *disk.size != nil {
			old = **disk.size
		}
		if disk.wanted.value < old {
			return nil, configError("resize", "%s disk cannot be shrunk from %d GiB to %d GiB. Only expanding is supported to prevent data loss.", disk.name, old, disk.wanted.value)
		}
		if !started {
			// The first start makes the disks.
			return nil, fmt.Errorf("storage operation failed: expand %s disk: storage operation failed: open disk: No such file or directory (os error 2)", disk.name)
		}
		*disk.size = optional(disk.wanted)
		changes = append(changes, fmt.Sprintf("%s: %d GiB → %d GiB", disk.name, old, disk.wanted.value))
	}
	return changes, validateResources(m)
}

func withoutKey(env []string, key string) []string {
	return slices.DeleteFunc(env, func(variable string) bool { return strings.HasPrefix(variable, key+"=") })
}
