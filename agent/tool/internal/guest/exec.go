package guest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Exec becomes the command: as the configured user, with the configured environment, in the working directory (the
// home, unless configured). Exit codes are the shell's: 127 for a missing program, 126 for one that cannot run; 125
// when the user or the configuration is not usable.
func Exec(arguments []string) int {
	if len(arguments) > 0 && arguments[0] == "--" {
		arguments = arguments[1:]
	}
	if len(arguments) == 0 {
		fmt.Fprintln(os.Stderr, "bottle: name a command to run in the guest")
		return 125
	}
	data, err := os.ReadFile("/" + configFile)
	if err != nil {
		fmt.Fprintf(os.Stderr, "bottle: the guest is not provisioned yet: %v\n", err)
		return 125
	}
	config, err := parseConfig(data)
	if err == nil {
		err = become(config)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bottle: %v\n", err)
		return 125
	}
	return replaceProcess(arguments)
}

func become(config Config) error {
	who, err := findUser("/", config)
	if err != nil {
		return err
	}
	environment := map[string]string{"HOME": who.home, "USER": who.name, "LOGNAME": who.name}
	if os.Getenv("PATH") == "" {
		environment["PATH"] = defaultPath
	}
	for name, value := range config.Environment {
		environment[name] = value
	}
	for name, value := range environment {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	if err := syscall.Setgroups(who.groups); err != nil {
		return fmt.Errorf("become %s: %w", who.name, err)
	}
	if err := syscall.Setgid(who.gid); err != nil {
		return fmt.Errorf("become %s: %w", who.name, err)
	}
	if err := syscall.Setuid(who.uid); err != nil {
		return fmt.Errorf("become %s: %w", who.name, err)
	}
	directory := who.home
	if config.Workdir != nil {
		directory = *config.Workdir
	}
	if err := os.Chdir(directory); err != nil {
		if config.Workdir != nil {
			return fmt.Errorf("spec.agent.workdir: %w", err)
		}
		return os.Chdir("/")
	}
	return nil
}

func replaceProcess(arguments []string) int {
	program, err := exec.LookPath(arguments[0])
	if err == nil {
		err = syscall.Exec(program, arguments, os.Environ())
	}
	return notRun(arguments[0], err)
}

func notRun(program string, err error) int {
	if cause := errors.Unwrap(err); cause != nil {
		err = cause
	}
	fmt.Fprintf(os.Stderr, "bottle: %s: %v\n", program, err)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return 127
	}
	return 126
}

// Claude starts Claude Code, with the Bottle's prompt first if and only if there is one.
func Claude(arguments []string) int {
	home := os.Getenv("HOME")
	command := []string{"claude"}
	prompt := filepath.Join(home, promptName)
	if info, err := os.Stat(prompt); err == nil && info.Size() > 0 {
		command = append(command, "--append-system-prompt-file", prompt)
	}
	return replaceProcess(append(command, arguments...))
}

// shellExports is /etc/profile.d/bottle.sh: the same environment for shells that a person starts.
func shellExports(config Config, names []string) string {
	var script strings.Builder
	for _, name := range names {
		fmt.Fprintf(&script, "export %s='%s'\n", name, strings.ReplaceAll(config.Environment[name], "'", `'\''`))
	}
	return script.String()
}
