// Package preflight tries on the node what the cage and the machine runtime will need, and says what happened. It
// judges nothing: the node agent does. Every attempt is undone by the end of the thread that made it.
package preflight

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"bottle.dev/tool/internal/cage"
	"golang.org/x/sys/unix"
)

// monitorUser is the first of the users that smolvm gives to its monitors.
const monitorUser = 2_000_000

const kvmGetAPIVersion = 0xAE00 // linux/kvm.h

// Facts is what was found. A text says why an attempt failed and is empty when it succeeded.
type Facts struct {
	Kernel      string `json:"kernel"`
	KVM         string `json:"kvm"` // opened for reading and writing as the monitor's user
	Cgroup      string `json:"cgroup"`
	Namespaces  string `json:"namespaces"`  // empty network and private mount namespace
	Mounts      string `json:"mounts"`      // open_tree and move_mount
	CloseRange  string `json:"closeRange"`  // with CLOSE_RANGE_CLOEXEC
	Descriptors uint64 `json:"descriptors"` // hard RLIMIT_NOFILE that a machine can have
	Landlock    int    `json:"landlock"`    // ABI version, 0 without
}

// Main prints Facts as one JSON line. Exit code 0 whatever they are, 2 for wrong arguments.
func Main(arguments []string, to io.Writer) int {
	flags := flag.NewFlagSet("bottle-tool preflight", flag.ContinueOnError)
	groups := flags.String("group-file", "", "the /etc/group in which the monitor looks up its group kvm")
	nofile := flags.Uint64("nofile", 0, "the hard RLIMIT_NOFILE that is wanted")
	flags.SetOutput(io.Discard)
	if err := flags.Parse(arguments); err != nil || flags.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "usage: bottle-tool preflight [--group-file FILE] [--nofile N]")
		return 2
	}
	if err := json.NewEncoder(to).Encode(gather(*groups, *nofile)); err != nil {
		fmt.Fprintf(os.Stderr, "bottle-tool preflight: %v\n", err)
		return 1
	}
	return 0
}

// BootID prints the identity of the kernel's boot: in a guest, proof that it runs.
func BootID(to io.Writer) int {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err == nil {
		_, err = to.Write(id)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bottle-tool boot-id: %v\n", err)
		return 1
	}
	return 0
}

func gather(groupFile string, nofile uint64) Facts {
	var name unix.Utsname
	_ = unix.Uname(&name)
	facts := Facts{
		Kernel:      unix.ByteSliceToString(name.Release[:]),
		KVM:         text(onThread(func() error { return openKVM("/dev/kvm", kvmGroups(groupFile)) })),
		Cgroup:      text(cage.CheckHierarchies()),
		CloseRange:  text(unix.CloseRange(math.MaxInt32-1, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC)),
		Descriptors: descriptors(nofile),
		Landlock:    landlock(),
	}
	_ = onThread(func() error {
		err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS)
		facts.Namespaces = text(err)
		facts.Mounts = "not tried: no mount namespace"
		if err == nil {
			facts.Mounts = text(moveMount("/dev"))
		}
		return nil
	})
	return facts
}

// onThread runs it in a thread of its own, which ends with it: so do its namespaces and its user.
func onThread(attempt func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		result <- attempt()
	}()
	return <-result
}

// moveMount puts a clone of the directory over itself, in a private mount namespace.
func moveMount(directory string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("make the mounts slaves: %w", err)
	}
	clone, err := unix.OpenTree(unix.AT_FDCWD, directory, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return fmt.Errorf("open_tree: %w", err)
	}
	defer unix.Close(clone)
	if err := unix.MoveMount(clone, "", unix.AT_FDCWD, directory, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("move_mount: %w", err)
	}
	return nil
}

// openKVM becomes the monitor's user, which this thread stays, and opens the device as the monitor will.
func openKVM(device string, groups []uint32) error {
	if err := becomeMonitor(groups); err != nil {
		return err
	}
	kvm, err := unix.Open(device, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("%s as user %d, groups %v: %w", device, monitorUser, groups, err)
	}
	defer unix.Close(kvm)
	if version, err := unix.IoctlRetInt(kvm, kvmGetAPIVersion); err != nil || version != 12 {
		return fmt.Errorf("%s: API version %d instead of 12 (%v)", device, version, err)
	}
	return nil
}

// becomeMonitor uses bare system calls: the library's would change every thread.
func becomeMonitor(groups []uint32) error {
	if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(unsafe.Pointer(unsafe.SliceData(groups))), 0); errno != 0 {
		return fmt.Errorf("setgroups: %w", errno)
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESGID, monitorUser, monitorUser, monitorUser); errno != 0 {
		return fmt.Errorf("setresgid: %w", errno)
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, monitorUser, monitorUser, monitorUser); errno != 0 {
		return fmt.Errorf("setresuid: %w", errno)
	}
	return nil
}

// kvmGroups is the group named kvm, the only one that a monitor keeps (group(5)); empty when there is none.
func kvmGroups(file string) []uint32 {
	opened, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer opened.Close()
	lines := bufio.NewScanner(opened)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), ":")
		if len(fields) >= 3 && fields[0] == "kvm" {
			if id, err := strconv.ParseUint(fields[2], 10, 32); err == nil {
				return []uint32{uint32(id)}
			}
		}
	}
	return nil
}

// descriptors is the limit after an attempt to raise it to what is wanted.
func descriptors(wanted uint64) uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	if limit.Max >= wanted || syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: limit.Cur, Max: wanted}) != nil {
		return limit.Max
	}
	return wanted
}

func landlock() int {
	version, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(version)
}

func text(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, unix.ENOSYS):
		return err.Error() + " (the kernel is too old, or a filter forbids it)"
	default:
		return err.Error()
	}
}
