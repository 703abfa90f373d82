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
	"slices"
	"strings"
)

// plan is what the arguments ask for.
type plan struct {
	podUID          string // empty: stay in the caller's cgroup
	own             *limits
	bottleDirectory string
	doors           []string
	views           []view
	capabilities    bool // keep all of them for the command
	nofile          uint64
	command         []string
}

// podUIDs are API-server UIDs, or the 32 hex digits of a static Pod: never a path.
var podUIDs = regexp.MustCompile(`^[0-9a-f][0-9a-f-]{7,62}$`)

// Main builds the cage, runs the command in it and, when that ends, takes away what only the command needed: what it
// left running, the machine, keeps the rest. Whatever fails, fails the start: nothing runs outside of its cage. Exit
// code 2 for wrong arguments, 1 for a wall that cannot be built, 127 for a missing command, else the command's.
func Main(arguments []string) int {
	wanted, err := parse(arguments)
	if err != nil {
		return complain(2, err)
	}
	program, err := exec.LookPath(wanted.command[0])
	if err == nil {
		program, err = filepath.Abs(program)
	}
	if err != nil {
		return complain(127, err)
	}
	// Namespaces belong to a thread, and the command is forked from this one.
	runtime.LockOSThread()
	lent, err := build(wanted)
	if err != nil {
		return complain(1, err)
	}
	code, err := run(program, wanted.command)
	if err != nil {
		return complain(1, err)
	}
	if err := takeAway(lent); err != nil {
		return complain(1, err)
	}
	return code
}

func complain(code int, err error) int {
	fmt.Fprintf(os.Stderr, "bottle-tool cage: %v\n", err)
	return code
}

func parse(arguments []string) (plan, error) {
	var wanted plan
	flags := flag.NewFlagSet("bottle-tool cage", flag.ContinueOnError)
	flags.StringVar(&wanted.podUID, "pod-uid", "", "the Pod in whose cgroup the command runs")
	noCgroup := flags.Bool("no-cgroup", false, "stay in the caller's cgroup (tests)")
	flags.Func("own-cgroup", "memory=BYTES,cpu=MILLICPU,pids=N: a cgroup of its own with these limits when the Pod's cannot be joined",
		func(value string) (err error) {
			wanted.own, err = parseLimits(value)
			return err
		})
	flags.StringVar(&wanted.bottleDirectory, "bottle-directory", "", "this Bottle's directory of volumes below the run directory")
	flags.Func("door", "a volume in it that is a door; all others are covered; may be repeated", func(value string) error {
		if value == "" || value == "." || value == ".." || strings.Contains(value, "/") {
			return fmt.Errorf("not a name")
		}
		wanted.doors = append(wanted.doors, value)
		return nil
	})
	for name, kind := range map[string]kind{"read": readOnly, "write": writable, "lend": lent, "show": shown} {
		flags.Func(name, kind.String()+"; may be repeated", func(value string) error {
			if !filepath.IsAbs(value) || filepath.Clean(value) == "/" {
				return fmt.Errorf("not an absolute path below /")
			}
			wanted.views = append(wanted.views, view{filepath.Clean(value), kind})
			return nil
		})
	}
	flags.BoolVar(&wanted.capabilities, "keep-capabilities", false, "leave root all its capabilities in there (stand-in)")
	flags.Uint64Var(&wanted.nofile, "nofile", 0, "RLIMIT_NOFILE, at least this, soft and hard; 0 leaves it alone")
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
	if wanted.own != nil && *noCgroup {
		return wanted, fmt.Errorf("--own-cgroup is for when a Pod's cannot be joined, and --no-cgroup joins none")
	}
	wanted.bottleDirectory = filepath.Clean(wanted.bottleDirectory)
	if !filepath.IsAbs(wanted.bottleDirectory) || strings.Count(wanted.bottleDirectory, "/") < 2 {
		return wanted, fmt.Errorf("--bottle-directory %q is not an absolute path two levels deep", wanted.bottleDirectory)
	}
	return wanted, wanted.consistent()
}

// consistent refuses views that would show other Bottles' doors, or that would hide or be hidden by one another.
func (p plan) consistent() error {
	run := filepath.Dir(p.bottleDirectory)
	for i, one := range p.views {
		if within(run, one.path) || within(one.path, run) {
			return fmt.Errorf("%s would show more than the doors below %s", one.path, run)
		}
		for _, fixed := range []string{"/proc", "/dev", "/tmp"} {
			if one.path == fixed || fixed != "/tmp" && within(one.path, fixed) {
				return fmt.Errorf("%s is the cage's own", one.path)
			}
		}
		if slices.ContainsFunc(p.views[:i], func(other view) bool { return other.path == one.path }) {
			return fmt.Errorf("%s is given twice", one.path)
		}
	}
	return nil
}

// within says whether the path is the directory or below it; both are clean and absolute.
func within(path, directory string) bool {
	return path == directory || strings.HasPrefix(path, directory+"/")
}
