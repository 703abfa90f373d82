// Package cage starts a program inside the walls around a virtual machine monitor: a child of its Pod's cgroup, an
// empty network namespace, and a mount namespace with a small root of its own that shows only what is on a list.
package cage

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// build raises the walls around the calling thread, which must be locked, and returns the mounts that only the
// command needs.
func build(wanted plan) ([]string, error) {
	if wanted.podUID != "" {
		if err := joinCgroup(wanted.podUID, wanted.own, os.Stderr); err != nil {
			return nil, err
		}
	}
	if wanted.nofile > 0 {
		if err := raiseDescriptorLimit(wanted.nofile, os.Stderr); err != nil {
			return nil, err
		}
	}
	// A descriptor of the caller is a way around every wall below, and so are the keys of its session.
	if err := unix.CloseRange(3, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return nil, fmt.Errorf("close inherited descriptors (Linux 5.11 or newer): %w", err)
	}
	if err := newSessionKeyring(); err != nil {
		return nil, err
	}
	if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWIPC); err != nil {
		return nil, fmt.Errorf("unshare (needs root): %w", err)
	}
	// Slave, not private: a door that the host binds again later must reach a machine that runs already.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return nil, fmt.Errorf("make the mounts slaves: %w", err)
	}
	lent, err := changeRoot(wanted)
	if err != nil || wanted.capabilities {
		return lent, err
	}
	return lent, boundCapabilities()
}

func newSessionKeyring() error {
	_, err := unix.KeyctlInt(unix.KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0)
	if errors.Is(err, unix.ENOSYS) {
		return nil // a kernel without keys keeps none
	}
	if err != nil {
		return fmt.Errorf("leave the session's keyring: %w", err)
	}
	return nil
}

// machineCapabilities are what smolvm's command line uses as root: it makes a machine's files, gives them to the
// machine's user, becomes that user, and ends the process of an earlier start.
var machineCapabilities = []uintptr{
	unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH, unix.CAP_FOWNER, unix.CAP_FSETID, unix.CAP_KILL,
	unix.CAP_SETGID, unix.CAP_SETUID, unix.CAP_SETPCAP, unix.CAP_SYS_RESOURCE,
}

// boundCapabilities limits what root is in the cage. This thread keeps what it has: it still unmounts afterwards.
func boundCapabilities() error {
	for capability := uintptr(0); capability <= unix.CAP_LAST_CAP; capability++ {
		if slices.Contains(machineCapabilities, capability) {
			continue
		}
		err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0)
		if err != nil && !errors.Is(err, unix.EINVAL) { // EINVAL: a capability that this kernel has not
			return fmt.Errorf("drop capability %d: %w", capability, err)
		}
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
