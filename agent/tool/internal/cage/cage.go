// Package cage starts a program inside the walls around a virtual machine monitor: a child of its Pod's cgroup, an
// empty network namespace, and a private mount namespace in which no other Bottle's door exists.
package cage

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// build raises the walls around the calling thread, which must be locked.
func build(wanted plan) error {
	if wanted.podUID != "" {
		if err := joinPodCgroup(wanted.podUID); err != nil {
			return err
		}
	}
	if wanted.nofile > 0 {
		if err := raiseDescriptorLimit(wanted.nofile, os.Stderr); err != nil {
			return err
		}
	}
	// A descriptor of the caller is a way around every wall below.
	if err := unix.CloseRange(3, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fmt.Errorf("close inherited descriptors (Linux 5.11 or newer): %w", err)
	}
	if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("unshare (needs root): %w", err)
	}
	// Slave, not private: a door that the host binds again later must reach a machine that runs already.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("make the mounts slaves: %w", err)
	}
	if err := onlyThisBottle(wanted.bottleDirectory); err != nil {
		return err
	}
	for _, directory := range wanted.hidden {
		if err := cover(directory); err != nil {
			return err
		}
	}
	// A working directory inside a covered one would still show it.
	return os.Chdir("/")
}

// onlyThisBottle covers the parent of the Bottle's directory and puts that one directory back into it. The clone is
// taken first and keeps its place in the propagation tree, so later mounts of the host below it still arrive.
func onlyThisBottle(directory string) error {
	clone, err := unix.OpenTree(unix.AT_FDCWD, directory,
		unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE|unix.AT_SYMLINK_NOFOLLOW)
	if err != nil {
		return fmt.Errorf("--bottle-directory %s: %w", directory, err)
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
// that is higher already is kept. One that may not be raised (no CAP_SYS_RESOURCE, or fs.nr_open is lower) is no hole
// in a wall, so it stops nothing, but it is said: with few descriptors a guest breaks while it still looks healthy.
func raiseDescriptorLimit(wanted uint64, warnings io.Writer) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	raised := max(wanted, limit.Max)
	// syscall.Setrlimit, not unix.: only it tells the runtime to leave the value alone at exec.
	err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: raised, Max: raised})
	if errors.Is(err, syscall.EPERM) {
		fmt.Fprintf(warnings, "bottle-tool cage: RLIMIT_NOFILE stays at %d, %d was wanted: grant CAP_SYS_RESOURCE and check "+
			"fs.nr_open, or a guest with many files may break\n", limit.Max, wanted)
		err = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: limit.Max, Max: limit.Max})
	}
	if err != nil {
		return fmt.Errorf("raise RLIMIT_NOFILE to %d: %w", wanted, err)
	}
	return nil
}
