package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dev.bottle/standin/internal/state"
	"dev.bottle/standin/internal/vmm"
)

const (
	defaultStorageGB = 20
	defaultOverlayGB = 10
)

func (a *app) status() *cobra.Command {
	cmd := &cobra.Command{Use: "status [OPTIONS]", Short: "Show machine status", Args: noPositionals}
	name := nameFlag(cmd, "n", `Machine to check (default: "default")`)
	asJSON := cmd.Flags().Bool("json", false, "Output in JSON format")
	cmd.RunE = func(*cobra.Command, []string) error {
		store, err := a.store()
		if err != nil {
			return err
		}
		name, given := name()
		m, err := store.Load(name)
		switch missing := errors.Is(err, state.ErrNotFound); {
		case missing && *asJSON:
			return configError("machine status", "machine '%s' not found", name)
		case missing && !given:
			fmt.Fprintf(a.stdout, "Machine '%s': not running\n", name)
			return nil
		case err != nil:
			return notFound(name, err)
		}
		now := vmm.Observe(m, store.DataDir(name))
		if *asJSON {
			return printJSON(a.stdout, describe(m, now))
		}
		pid := ""
		if now == state.Running {
			pid = fmt.Sprintf(" (PID: %d)", m.PID)
		}
		fmt.Fprintf(a.stdout, "Machine '%s': %s%s\n", name, now, pid)
		if m.LastExit != nil {
			fmt.Fprintf(a.stdout, "  last exit: VMM %s\n", m.LastExit)
		}
		if now == state.Running {
			io.WriteString(a.stdout, memoryLine(m, store.DataDir(name)))
		}
		return nil
	}
	return cmd
}

func (a *app) ls() *cobra.Command {
	cmd := &cobra.Command{Use: "ls [OPTIONS]", Aliases: []string{"list"}, Short: "List all machines", Args: noPositionals}
	verbose := cmd.Flags().BoolP("verbose", "v", false, "Show detailed configuration (mounts, ports, PID)")
	quiet := cmd.Flags().BoolP("quiet", "q", false, "Print only machine names, one per line")
	asJSON := cmd.Flags().Bool("json", false, "Output in JSON format")
	cmd.RunE = func(*cobra.Command, []string) error {
		store, err := a.store()
		if err != nil {
			return err
		}
		machines, err := store.List()
		if err != nil {
			return fmt.Errorf("database operation failed: %w", err)
		}
		slices.SortFunc(machines, func(x, y *state.Machine) int { return strings.Compare(x.Name, y.Name) })
		if *quiet {
			for _, m := range machines {
				fmt.Fprintln(a.stdout, m.Name)
			}
			return nil
		}
		if *asJSON {
			all := []map[string]any{}
			for _, m := range machines {
				all = append(all, describe(m, vmm.Observe(m, store.DataDir(m.Name))))
			}
			return printJSON(a.stdout, all)
		}
		printTable(a.stdout, machines, func(m *state.Machine) state.State { return vmm.Observe(m, store.DataDir(m.Name)) }, *verbose)
		return nil
	}
	return cmd
}

func printTable(to io.Writer, machines []*state.Machine, observe func(*state.Machine) state.State, verbose bool) {
	if len(machines) == 0 {
		fmt.Fprintln(to, "No machines found")
		return
	}
	width := len("NAME")
	for _, m := range machines {
		width = max(width, len(m.Name))
	}
	const columns = "%-*s %-12s %5s %10s %7s %7s %8s %8s  %-13s"
	header := fmt.Sprintf(columns, width, "NAME", "STATE", "CPUS", "MEMORY", "MOUNTS", "PORTS", "STORAGE", "OVERLAY", "BRANCHED FROM")
	fmt.Fprintf(to, "%s\n%s\n", header, strings.Repeat("-", len(header)))
	for _, m := range machines {
		now := observe(m)
		fmt.Fprintf(to, columns+"\n", width, m.Name, now, fmt.Sprint(m.CPUs), fmt.Sprintf("%d MiB", m.MemoryMiB),
			fmt.Sprint(len(m.Mounts)), "0", gib(m.StorageGB, defaultStorageGB), gib(m.OverlayGB, defaultOverlayGB), "-")
		if verbose {
			printDetails(to, m, now)
		}
	}
}

func printDetails(to io.Writer, m *state.Machine, now state.State) {
	if now == state.Running {
		fmt.Fprintf(to, "  PID: %d\n", m.PID)
	}
	for _, mount := range m.Mounts {
		access := ""
		if mount.ReadOnly {
			access = " (ro)"
		}
		fmt.Fprintf(to, "  Mount: %s -> %s%s\n", mount.Source, mount.Target, access)
	}
	for _, variable := range m.Env {
		fmt.Fprintf(to, "  Env: %s\n", variable)
	}
	if m.Workdir != "" {
		fmt.Fprintf(to, "  Workdir: %s\n", m.Workdir)
	}
	fmt.Fprintf(to, "  Created: %s\n\n", time.Unix(m.CreatedAt, 0).UTC().Format(time.RFC3339))
}

func gib(size *int, otherwise int) string {
	if size == nil {
		size = &otherwise
	}
	return fmt.Sprintf("%d GiB", *size)
}

// describe is the object of status --json and ls --json: every key of 1.32.2, most of them constant
// here. encoding/json sorts the keys of a map, as the real one does.
func describe(m *state.Machine, now state.State) map[string]any {
	var pid any
	if m.PID != 0 {
		pid = m.PID
	}
	var image any
	switch {
	case m.LocalDir:
		image = "local-dir:" + m.Image
	case m.Image != "":
		image = m.Image
	}
	object := map[string]any{
		"cmd": orEmpty(m.Command), "cpus": m.CPUs, "created_at": m.CreatedAt, "image": image, "labels": m.Labels,
		"memory_mib": m.MemoryMiB, "mounts": len(m.Mounts), "name": m.Name, "overlay_gb": m.OverlayGB, "pid": pid,
		"state": now, "storage_gb": m.StorageGB,
		"block_io": "sync", "disk_durability": "full", "restart_policy": "never",
		"disks": []any{}, "entrypoint": []any{},
		"network": false, "ports": 0, "restart_count": 0, "restart_max_retries": 0,
	}
	for _, key := range []string{"branchable", "branchpoint_held", "cuda", "detached", "ephemeral", "forkable", "forkpoint_held", "gpu"} {
		object[key] = false
	}
	for _, key := range []string{"cuda_branch_pool_size", "cuda_fork_pool_size", "cuda_vram_limit_mib", "gpu_vram_mib", "health_cmd",
		"health_interval_secs", "health_retries", "health_startup_grace_secs", "health_timeout_secs", "parent_machine", "state_reason"} {
		object[key] = nil
	}
	if m.LastExit != nil {
		object["last_exit"] = m.LastExit
	}
	if m.Labels == nil {
		object["labels"] = map[string]string{}
	}
	return object
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func printJSON(to io.Writer, value any) error {
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

func (a *app) dataDir() *cobra.Command {
	cmd := &cobra.Command{Use: "data-dir [OPTIONS] --name <NAME>", Short: "Print the on-disk data directory path for a named machine", Args: noPositionals}
	name := nameFlag(cmd, "n", "Machine name")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		name, given := name()
		if !given {
			return required(cmd, "--name <NAME>", "--name <NAME>")
		}
		store, err := a.store()
		if err != nil {
			return err
		}
		if _, err := store.Load(name); err != nil {
			return notFound(name, err)
		}
		fmt.Fprintln(a.stdout, store.DataDir(name))
		return nil
	}
	return cmd
}
