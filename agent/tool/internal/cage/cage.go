// Package cage starts a program inside the walls around a virtual machine monitor: a child of its Pod's cgroup, an
// empty network namespace, and a private mount namespace in which no other Bottle's door exists.
package cage

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

type directories []string

func (d *directories) String() string { return fmt.Sprint(*d) }
func (d *directories) Set(value string) error {
	if !filepath.IsAbs(value) {
		return fmt.Errorf("%q is not an absolute path", value)
	}
	*d = append(*d, filepath.Clean(value))
	return nil
}

// Main builds the cage around this process and becomes the command. Whatever fails, fails the start: nothing runs
// outside of its cage. Exit code 2 for wrong arguments, 1 for a wall that cannot be built, 127 for a missing command.
func Main(arguments []string) int {
	flags := flag.NewFlagSet("bottle-tool cage", flag.ContinueOnError)
	podUID := flags.String("pod-uid", "", "the Pod in whose cgroup the command runs")
	noCgroup := flags.Bool("no-cgroup", false, "stay in the caller's cgroup (tests)")
	bottleDirectory := flags.String("bottle-directory", "", "this Bottle's directory of doors, the only one left in its parent")
	nofile := flags.Uint64("nofile", 0, "RLIMIT_NOFILE, at least this, soft and hard; 0 leaves it alone")
	var hidden directories
	flags.Var(&hidden, "hide", "cover this directory with an empty one; may be repeated")
	if err := flags.Parse(arguments); err != nil {
		return 2
	}
	command := flags.Args()
	if len(command) == 0 || !filepath.IsAbs(*bottleDirectory) || (*podUID == "") != *noCgroup {
		fmt.Fprintln(os.Stderr, "bottle-tool cage: --pod-uid (or --no-cgroup), --bottle-directory and a command are needed")
		return 2
	}
	program, err := exec.LookPath(command[0])
	if err != nil {
		fmt.Fprintf(os.Stderr, "bottle-tool cage: %v\n", err)
		return 127
	}
	// Namespaces belong to a thread; execve below makes this thread the whole process.
	runtime.LockOSThread()
	if err := build(*podUID, *bottleDirectory, hidden, *nofile); err != nil {
		fmt.Fprintf(os.Stderr, "bottle-tool cage: %v\n", err)
		return 1
	}
	err = syscall.Exec(program, command, os.Environ())
	fmt.Fprintf(os.Stderr, "bottle-tool cage: %s: %v\n", program, err)
	return 1
}

func build(podUID, bottleDirectory string, hidden []string, nofile uint64) error {
	if podUID != "" {
		if err := joinPodCgroup("/sys/fs/cgroup", podUID); err != nil {
			return err
		}
	}
	if nofile > 0 {
		if err := raiseDescriptorLimit(nofile); err != nil {
			return err
		}
	}
	if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	// Slave, not private: a door that the host binds again later must reach a machine that runs already.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("make the mounts slaves: %w", err)
	}
	if err := onlyThisBottle(filepath.Clean(bottleDirectory)); err != nil {
		return err
	}
	for _, directory := range hidden {
		if err := cover(directory); err != nil {
			return err
		}
	}
	return nil
}

// onlyThisBottle covers the parent of the Bottle's directory and puts that one directory back into it. The clone is
// taken first and keeps its place in the propagation tree, so later mounts of the host below it still arrive.
func onlyThisBottle(directory string) error {
	clone, err := unix.OpenTree(unix.AT_FDCWD, directory, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return fmt.Errorf("%s: %w", directory, err)
	}
	defer unix.Close(clone)
	if err := cover(filepath.Dir(directory)); err != nil {
		return err
	}
	if err := os.Mkdir(directory, 0o711); err != nil {
		return err
	}
	if err := unix.MoveMount(clone, "", unix.AT_FDCWD, directory, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("%s: put back: %w", directory, err)
	}
	return nil
}

func cover(directory string) error {
	if err := unix.Mount("tmpfs", directory, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=711,size=64k"); err != nil {
		return fmt.Errorf("hide %s: %w", directory, err)
	}
	return nil
}

// raiseDescriptorLimit sets the limit that virtiofs needs: about one host descriptor per cached guest inode. A limit
// that is higher already is kept, and one that cannot be raised is an error: with few descriptors the guest breaks
// while it still looks healthy.
func raiseDescriptorLimit(wanted uint64) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if limit.Max >= wanted {
		limit.Cur = limit.Max
	} else {
		limit = unix.Rlimit{Cur: wanted, Max: wanted}
	}
	// syscall.Setrlimit, not unix.: only it tells the runtime to leave the value alone at exec.
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: limit.Cur, Max: limit.Max}); err != nil {
		return fmt.Errorf("raise RLIMIT_NOFILE to %d: %w", wanted, err)
	}
	return nil
}
