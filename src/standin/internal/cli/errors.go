package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dev.bottle/standin/internal/state"
)

const (
	exitFailure = 1
	exitUsage   = 2
	exitTimeout = 124
	exitNotRun  = 255
)

// usageError is a call that the parser refuses, worded as clap does; exit code 2.
type usageError struct {
	message string
	tip     string
	usage   string
}

func (e usageError) Error() string { return e.message }

func (e usageError) print(to io.Writer) {
	fmt.Fprintf(to, "error: %s\n\n", e.message)
	if e.tip != "" {
		fmt.Fprintf(to, "  tip: %s\n\n", e.tip)
	}
	if e.usage != "" {
		fmt.Fprintf(to, "Usage: %s\n\n", e.usage)
	}
	fmt.Fprintln(to, "For more information, try '--help'.")
}

// exitError ends the program with a guest's code and prints nothing.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// The families of 1.32.2's error texts.
func configError(operation, format string, arguments ...any) error {
	return fmt.Errorf("config operation failed: %s: %s", operation, fmt.Sprintf(format, arguments...))
}

func agentError(operation, format string, arguments ...any) error {
	return fmt.Errorf("agent operation failed: %s: %s", operation, fmt.Sprintf(format, arguments...))
}

func mountError(operation, format string, arguments ...any) error {
	return fmt.Errorf("mount operation failed: %s: %s", operation, fmt.Sprintf(format, arguments...))
}

// notFound words a missing record and passes other errors on.
func notFound(name string, err error) error {
	if errors.Is(err, state.ErrNotFound) {
		return fmt.Errorf("vm not found: %s", name)
	}
	return fmt.Errorf("database operation failed: %w", err)
}

func unsupported(what string) error {
	return configError("stand-in", "%s is not supported by the stand-in; it needs the real smolvm", what)
}

// report prints an error as the real program does and returns the exit code.
func report(err error, asJSON bool, to io.Writer) int {
	var code exitError
	if errors.As(err, &code) {
		return int(code)
	}
	var usage usageError
	if errors.As(err, &usage) {
		usage.print(to)
		return exitUsage
	}
	if asJSON {
		body := map[string]any{"error": map[string]string{"code": errorCode(err), "message": err.Error()}}
		raw, _ := json.Marshal(body)
		fmt.Fprintf(to, "%s\n", raw)
	} else {
		fmt.Fprintf(to, "Error: %v\n", err)
	}
	return exitFailure
}

func errorCode(err error) string {
	switch family, _, _ := strings.Cut(err.Error(), ":"); family {
	case "vm not found":
		return "NOT_FOUND"
	case "config operation failed":
		return "CONFIG_ERROR"
	default:
		return "AGENT_ERROR"
	}
}

// flagError turns pflag's findings into clap's.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		if len(name) == 1 || unknown.GetSpecifiedShortnames() != "" {
			name = "-" + name
		} else {
			name = "--" + name
		}
		result := usageError{message: fmt.Sprintf("unexpected argument '%s' found", name), usage: usageLine(cmd)}
		if strings.Contains(cmd.Use, "COMMAND") {
			result.tip = fmt.Sprintf("to pass '%s' as a value, use '-- %s'", name, name)
		}
		return result
	case errors.As(err, &missing):
		return usageError{message: fmt.Sprintf("a value is required for '%s' but none was supplied", flagName(missing.GetFlag()))}
	case errors.As(err, &invalid) && errors.Is(invalid, errRepeated):
		return usageError{message: fmt.Sprintf("the argument '%s' cannot be used multiple times", flagName(invalid.GetFlag())), usage: usageLine(cmd)}
	case errors.As(err, &invalid):
		return usageError{message: fmt.Sprintf("invalid value '%s' for '%s': %v", invalid.GetValue(), flagName(invalid.GetFlag()), errors.Unwrap(invalid))}
	}
	return usageError{message: err.Error(), usage: usageLine(cmd)}
}

func flagName(flag *pflag.Flag) string {
	value, _ := pflag.UnquoteUsage(flag)
	return fmt.Sprintf("--%s <%s>", flag.Name, value)
}

func usageLine(cmd *cobra.Command) string {
	if cmd.Parent() == nil {
		return cmd.Use
	}
	path := strings.TrimSuffix(cmd.CommandPath(), " "+cmd.Name())
	return path + " " + cmd.Use
}

// noPositionals refuses any.
func noPositionals(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unexpected(cmd, args[0])
	}
	return nil
}

func unexpected(cmd *cobra.Command, argument string) error {
	return usageError{message: fmt.Sprintf("unexpected argument '%s' found", argument), usage: usageLine(cmd)}
}

func required(cmd *cobra.Command, arguments, usage string) error {
	path := strings.TrimSuffix(cmd.CommandPath(), " "+cmd.Name())
	return usageError{
		message: "the following required arguments were not provided:\n  " + arguments,
		usage:   path + " " + cmd.Name() + " " + usage,
	}
}
