package cage

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
)

// plan is what the arguments ask for.
type plan struct {
	podUID          string // empty: stay in the caller's cgroup
	bottleDirectory string
	hidden          []string
	nofile          uint64
	command         []string
}

// podUIDs are API-server UIDs, or the 32 hex digits of a static Pod: never a path.
var podUIDs = regexp.MustCompile(`^[0-9a-f][0-9a-f-]{7,62}$`)

// Main builds the cage around this process and becomes the command. Whatever fails, fails the start: nothing runs
// outside of its cage. Exit code 2 for wrong arguments, 1 for a wall that cannot be built, 127 for a missing command.
func Main(arguments []string) int {
	wanted, err := parse(arguments)
	if err != nil {
		fmt.Fprintf(os.Stderr, "bottle-tool cage: %v\n", err)
		return 2
	}
	program, err := exec.LookPath(wanted.command[0])
	if err == nil {
		program, err = filepath.Abs(program)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bottle-tool cage: %v\n", err)
		return 127
	}
	// Namespaces belong to a thread; execve below makes this thread the whole process.
	runtime.LockOSThread()
	if err := build(wanted); err != nil {
		fmt.Fprintf(os.Stderr, "bottle-tool cage: %v\n", err)
		return 1
	}
	err = syscall.Exec(program, wanted.command, os.Environ())
	fmt.Fprintf(os.Stderr, "bottle-tool cage: %s: %v\n", program, err)
	return 1
}

func parse(arguments []string) (plan, error) {
	var wanted plan
	flags := flag.NewFlagSet("bottle-tool cage", flag.ContinueOnError)
	flags.StringVar(&wanted.podUID, "pod-uid", "", "the Pod in whose cgroup the command runs")
	noCgroup := flags.Bool("no-cgroup", false, "stay in the caller's cgroup (tests)")
	flags.StringVar(&wanted.bottleDirectory, "bottle-directory", "", "this Bottle's directory of doors, the only one left in its parent")
	flags.Uint64Var(&wanted.nofile, "nofile", 0, "RLIMIT_NOFILE, at least this, soft and hard; 0 leaves it alone")
	flags.Func("hide", "cover this directory with an empty one; may be repeated", func(value string) error {
		wanted.hidden = append(wanted.hidden, filepath.Clean(value))
		if !filepath.IsAbs(value) {
			return fmt.Errorf("not an absolute path")
		}
		return nil
	})
	flags.SetOutput(io.Discard) // the error says it all, once
	if err := flags.Parse(arguments); err != nil {
		return wanted, err
	}
	wanted.command = flags.Args()
	if len(wanted.command) == 0 || wanted.bottleDirectory == "" || (wanted.podUID == "") != *noCgroup {
		return wanted, fmt.Errorf("--bottle-directory, a command, and one of --pod-uid and --no-cgroup are needed")
	}
	if wanted.podUID != "" && !podUIDs.MatchString(wanted.podUID) {
		return wanted, fmt.Errorf("--pod-uid %q is not a UID", wanted.podUID)
	}
	wanted.bottleDirectory = filepath.Clean(wanted.bottleDirectory)
	if !filepath.IsAbs(wanted.bottleDirectory) || strings.Count(wanted.bottleDirectory, "/") < 2 {
		return wanted, fmt.Errorf("--bottle-directory %q is not an absolute path two levels deep: its parent is covered", wanted.bottleDirectory)
	}
	for _, directory := range wanted.hidden {
		if directory == "/" || within(wanted.bottleDirectory, directory) {
			return wanted, fmt.Errorf("--hide %s would hide the Bottle's own doors", directory)
		}
	}
	return wanted, nil
}

// within says whether the path is the directory or below it; both are clean and absolute.
func within(path, directory string) bool {
	return path == directory || strings.HasPrefix(path, directory+"/")
}
