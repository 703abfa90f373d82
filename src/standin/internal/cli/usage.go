package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"dev.bottle/standin/internal/boot"
	"dev.bottle/standin/internal/state"
)

const (
	cpuSample = 100 * time.Millisecond
	gibibyte  = 1 << 30
)

// memoryLine is how status and stats tell people of a guest's memory.
func memoryLine(m *state.Machine, dir string) string {
	used, total := boot.Usage(dir).Memory, int64(m.MemoryMiB)<<20
	return fmt.Sprintf("  memory: %.2f GiB of %.2f GiB used (%d%%), %.2f GiB available\n",
		float64(used)/gibibyte, float64(total)/gibibyte, used*100/total, float64(max(0, total-used))/gibibyte)
}

func (a *app) stats() *cobra.Command {
	cmd := &cobra.Command{Use: "stats [OPTIONS]", Short: "Show a running machine's CPU and memory usage", Args: noPositionals}
	name := nameFlag(cmd, "n", `Machine to sample (default: "default")`)
	asJSON := cmd.Flags().Bool("json", false, "Output in JSON format")
	cmd.RunE = func(*cobra.Command, []string) error {
		m, dir, err := a.connect(name())
		if err != nil {
			return err
		}
		before := boot.Usage(dir).CPU
		time.Sleep(cpuSample)
		after := boot.Usage(dir)
		percent := max(0, 100*(after.CPU-before).Seconds()/cpuSample.Seconds())
		if !*asJSON {
			plural := "s"
			if m.CPUs == 1 {
				plural = ""
			}
			fmt.Fprintf(a.stdout, "Machine '%s': running\n  cpu: %.1f%% of %d%% (%d CPU%s)\n%s", m.Name, percent, 100*m.CPUs, m.CPUs, plural, memoryLine(m, dir))
			return nil
		}
		total := int64(m.MemoryMiB) << 20
		return printJSON(a.stdout, map[string]any{"cpu_percent": percent, "cpus": m.CPUs, "name": m.Name, "memory": map[string]int64{
			"available_bytes": max(0, total-after.Memory), "cached_bytes": 0, "free_bytes": max(0, total-after.Memory),
			"swap_total_bytes": 0, "swap_used_bytes": 0, "total_bytes": total, "used_bytes": after.Memory}})
	}
	return cmd
}

func (a *app) logs() *cobra.Command {
	cmd := &cobra.Command{Use: "logs [OPTIONS]", Short: "Show the workload's output (stdout and stderr), even while stopped", Args: noPositionals}
	name := nameFlag(cmd, "n", "Machine whose workload output to show")
	tail := &number{max: maxUint32}
	cmd.Flags().Var(tail, "tail", "Show only the last `N` lines")
	refuseFlags(cmd, knownFlags{switches: []string{"follow"}})
	cmd.RunE = func(*cobra.Command, []string) error {
		store, err := a.store()
		if err != nil {
			return err
		}
		name, _ := name()
		if _, err := store.Load(name); err != nil {
			return notFound(name, err)
		}
		raw, err := os.ReadFile(filepath.Join(store.DataDir(name), boot.WorkloadLog))
		if err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("io operation failed: %w", err)
		}
		if tail.set {
			raw = lastLines(raw, tail.value)
		}
		_, err = a.stdout.Write(raw)
		return err
	}
	return cmd
}

func lastLines(text []byte, count int) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	if len(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	return bytes.Join(lines[max(0, len(lines)-count):], nil)
}

// egressEvents never has any: the guest has no network. The real one does not look for the machine.
func (a *app) egressEvents() *cobra.Command {
	cmd := &cobra.Command{Use: "egress-events [OPTIONS]", Short: "Show egress denials", Args: noPositionals}
	name := nameFlag(cmd, "n", "Machine whose denials to show")
	limit := &number{max: maxUint32}
	cmd.Flags().Var(limit, "limit", "Show at most `N` events")
	asJSON := cmd.Flags().Bool("json", false, "Output in JSON format")
	cmd.RunE = func(*cobra.Command, []string) error {
		if *asJSON {
			return printJSON(a.stdout, json.RawMessage("[]"))
		}
		name, _ := name()
		_, err := io.WriteString(a.stdout, fmt.Sprintf("No egress denials recorded for '%s'.\n", name))
		return err
	}
	return cmd
}
