// Package cli is the smolvm 1.32.2 command line as far as the stand-in has it: same arguments, same
// texts, same exit codes.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"dev.bottle/standin/internal/state"
)

// Version is the second word of `smolvm --version`; it always says that this is not the real one.
const Version = "1.32.2+standin.runc"

const defaultMachine = "default"

// usageTemplate has the shape of clap's.
const usageTemplate = `Usage: {{.CommandPath}}{{if .HasAvailableSubCommands}} [OPTIONS] <COMMAND>

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}}  {{.Short}}{{end}}{{end}}{{else}} [OPTIONS]{{end}}

Options:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{if .HasAvailableInheritedFlags}}
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
`

// app is one call of the program.
type app struct {
	stdin          *os.File
	stdout, stderr io.Writer
	stateDir       string
	errorFormat    string
}

// Main runs one call and returns its exit code.
func Main(arguments []string, stdin *os.File, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.root()
	root.SetArgs(arguments)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if err := root.Execute(); err != nil {
		return report(err, a.errorFormat == "json", stderr)
	}
	return 0
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:     "smolvm [OPTIONS] <COMMAND>",
		Short:   "Build and run portable, self-contained virtual machines (stand-in: runc on the host, no virtual machine)",
		Version: Version,
		Args:    subcommandOnly,
		RunE:    a.helpOnError,
	}
	root.SetHelpTemplate("{{.Short}}\n\n{{.UsageString}}")
	root.SetUsageTemplate(usageTemplate)
	root.SetVersionTemplate("smolvm {{.Version}}\n")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().StringVar(&a.errorFormat, "error-format", "text", "How a failure is reported on stderr: `ERROR_FORMAT` text or json")
	root.PersistentFlags().StringVar(&a.stateDir, "state-dir", "", "Keep all state under `PATH`")

	machine := &cobra.Command{
		Use:     "machine [OPTIONS] <COMMAND>",
		Aliases: []string{"vm"},
		Short:   "Manage machines (create, start, stop, exec)",
		Args:    subcommandOnly,
		RunE:    a.helpOnError,
	}
	machine.AddCommand(a.create(), a.start(), a.stop(), a.delete(), a.status(), a.ls(), a.exec(), a.cp(), a.dataDir(), a.update(), a.logs(), a.stats(), a.egressEvents())
	root.AddCommand(machine)
	return root
}

// helpOnError is what clap does without a subcommand: the help on stderr, exit 2.
func (a *app) helpOnError(cmd *cobra.Command, _ []string) error {
	cmd.SetOut(a.stderr)
	if err := cmd.Help(); err != nil {
		return err
	}
	return exitError(exitUsage)
}

func subcommandOnly(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{message: fmt.Sprintf("unrecognized subcommand '%s'", args[0]), usage: usageLine(cmd)}
	}
	return nil
}

// store opens the data root: --state-dir, else SMOLVM_DATA_DIR, else HOME.
func (a *app) store() (*state.Store, error) {
	root := a.stateDir
	if root == "" {
		root = os.Getenv("SMOLVM_DATA_DIR")
	}
	if root == "" {
		root = os.Getenv("HOME")
	}
	if root == "" {
		return nil, errors.New("database not available: neither SMOLVM_DATA_DIR nor HOME is set")
	}
	s, err := state.Open(root)
	if err != nil {
		return nil, fmt.Errorf("database not available: %w", err)
	}
	return s, nil
}

// nameFlag adds --name (with -n unless the real command has none). The returned function gives the
// name and whether the caller said one.
func nameFlag(cmd *cobra.Command, short, usage string) func() (name string, given bool) {
	name := singleFlag(cmd, "name", short, "NAME", usage)
	return func() (string, bool) {
		if name.set {
			return name.value, true
		}
		if fromEnv := os.Getenv("SMOLVM_MACHINE_NAME"); fromEnv != "" {
			return fromEnv, true
		}
		return defaultMachine, false
	}
}
