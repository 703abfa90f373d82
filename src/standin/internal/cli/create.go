package cli

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dev.bottle/standin/internal/state"
)

const (
	defaultCPUs      = 4
	defaultMemoryMiB = 8192
	minMemoryMiB     = 64
	mostCPUs         = 16
)

func (a *app) create() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create [OPTIONS] [-- <COMMAND>...]",
		Short: "Create a new named machine configuration",
	}
	name := nameFlag(cmd, "n", "Name for the machine (auto-generated if omitted)")
	flags := cmd.Flags()
	labels := flags.StringArray("label", nil, "Attach metadata to the machine (repeatable) `KEY=VALUE`")
	image := singleFlag(cmd, "image", "I", "IMAGE", "Unpacked rootfs directory")
	cpus := numberFlag(cmd, "cpus", "N", "vCPUs the machine may use", maxUint8)
	memory := numberFlag(cmd, "mem", "MiB", "Maximum memory", maxUint32)
	storage := numberFlag(cmd, "storage", "GiB", "Storage disk size (recorded, not enforced)", maxUint32)
	overlay := numberFlag(cmd, "overlay", "GiB", "Overlay disk size (recorded, not enforced)", maxUint32)
	volumes := flags.StringArrayP("volume", "v", nil, "Mount host directory `HOST:GUEST[:ro|rw]`")
	sockets := flags.StringArray("mount-socket", nil, "Mount a host Unix socket into the guest `HOST_PATH:GUEST_PATH`")
	env := flags.StringArrayP("env", "e", nil, "Set environment variable `KEY=VALUE`")
	workdir := singleFlag(cmd, "workdir", "w", "DIR", "Working directory inside the machine")
	user := singleFlag(cmd, "user", "u", "USER", "User of the workload")
	refuseFlags(cmd, createUnsupported)

	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 && cmd.ArgsLenAtDash() != 0 {
			return unexpected(cmd, args[0])
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a.noteOptions(cmd, args)
		m := &state.Machine{
			CreatedAt: time.Now().Unix(), State: state.Created,
			CPUs: orDefault(cpus, defaultCPUs), MemoryMiB: orDefault(memory, defaultMemoryMiB),
			StorageGB: optional(storage), OverlayGB: optional(overlay),
			Env: environment(*env, os.LookupEnv), Workdir: workdir.value, User: user.value, Command: args,
		}
		var given bool
		if m.Name, given = name(); !given {
			m.Name = generatedName()
		}
		var err error
		if m.Labels, err = parseLabels(*labels); err != nil {
			return err
		}
		if m.Image, m.LocalDir, err = resolveImage(image.value); err != nil {
			return err
		}
		if m.Mounts, err = parseVolumes(*volumes); err != nil {
			return err
		}
		if m.Sockets, err = parseSockets(*sockets); err != nil {
			return err
		}
		if err := validateMachine(m); err != nil {
			return err
		}
		return a.createMachine(m)
	}
	return cmd
}

// noteOptions tells of words after -- that look like options of create.
func (a *app) noteOptions(cmd *cobra.Command, words []string) {
	var options []string
	for _, word := range words {
		if name, long := strings.CutPrefix(word, "--"); long && cmd.Flags().Lookup(name) != nil {
			options = append(options, word)
		}
	}
	switch len(options) {
	case 0:
		return
	case 1:
		fmt.Fprintf(a.stderr, "note: %s came after `--`, so it was", options[0])
	default:
		fmt.Fprintf(a.stderr, "note: %s came after `--`, so they were", strings.Join(options, ", "))
	}
	fmt.Fprintln(a.stderr, " passed to the workload and did not configure the machine. Machine options go before `--`.")
}

func (a *app) createMachine(m *state.Machine) error {
	store, err := a.store()
	if err != nil {
		return err
	}
	if m.CPUs > mostCPUs {
		fmt.Fprintf(a.stderr, "warning: requested %d vCPUs but the hypervisor supports at most %[2]d; the VM will run with %[2]d vCPUs\n", m.CPUs, mostCPUs)
	}
	if err := store.Create(m); errors.Is(err, state.ErrExists) {
		return configError("create machine", "machine '%s' already exists or is being created", m.Name)
	} else if err != nil {
		return fmt.Errorf("database operation failed: %w", err)
	}
	fmt.Fprintf(a.stdout, "Created machine: %s\n", m.Name)
	fmt.Fprintf(a.stdout, "  CPUs: %d, Memory: %d MiB\n", m.CPUs, m.MemoryMiB)
	if len(m.Mounts) > 0 {
		fmt.Fprintf(a.stdout, "  Mounts: %d\n", len(m.Mounts))
	}
	fmt.Fprintf(a.stdout, "\nUse 'smolvm machine start --name %s' to start the machine\n", m.Name)
	fmt.Fprintf(a.stdout, "Then use 'smolvm machine exec --name %s -- <command>' to run commands\n", m.Name)
	return nil
}

func validateMachine(m *state.Machine) error {
	if err := state.ValidateName(m.Name); err != nil {
		return configError("create machine", "%v", err)
	}
	return validateResources(m)
}

func validateResources(m *state.Machine) error {
	switch {
	case m.CPUs < 1:
		return configError("validate resources", "CPU count must be at least 1")
	case m.MemoryMiB < minMemoryMiB:
		return configError("validate resources", "memory must be at least %d MiB (got %d MiB)", minMemoryMiB, m.MemoryMiB)
	case m.StorageGB != nil && *m.StorageGB == 0:
		return configError("validate resources", "storage disk size must be greater than 0 GiB")
	case m.OverlayGB != nil && *m.OverlayGB == 0:
		return configError("validate resources", "overlay disk size must be greater than 0 GiB")
	}
	return nil
}

func parseLabels(values []string) (map[string]string, error) {
	labels := map[string]string{}
	for _, value := range values {
		key, text, found := strings.Cut(value, "=")
		if !found {
			return nil, configError("--label", "expected KEY=VALUE, got '%s'", value)
		}
		if key == "" {
			return nil, configError("--label", "label key cannot be empty (in '%s')", value)
		}
		labels[key] = text
	}
	return labels, nil
}

// resolveImage tells a directory from a registry reference as the real one does: what looks like a
// path is one. A reference is accepted here and fails at start.
func resolveImage(image string) (resolved string, local bool, err error) {
	if !strings.HasPrefix(image, "/") && !strings.HasPrefix(image, "./") && !strings.HasPrefix(image, "../") {
		if image == "-" {
			return "", false, unsupported("an image archive on stdin")
		}
		return image, false, nil
	}
	path, err := filepath.Abs(image)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, fmt.Errorf("config operation failed: --image: cannot read archive %s: No such file or directory (os error 2)", image)
	}
	if err != nil {
		return "", false, configError("--image", "%v", err)
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return "", false, unsupported("an image archive (" + image + ")")
	}
	return path, true, nil
}

func generatedName() string {
	var b [4]byte
	rand.Read(b[:])
	return "vm-" + hex.EncodeToString(b[:])
}

func orDefault(n *number, value int) int {
	if n.set {
		return n.value
	}
	return value
}

func optional(n *number) *int {
	if n.set {
		return &n.value
	}
	return nil
}
