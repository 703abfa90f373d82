package guest

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// personalise gives the created, not yet started container what runc's specification cannot say: a
// boot id of its own and, as the real guest kernel has one, a DOWN dummy0.
func personalise(run string, pid int) error {
	done := make(chan error, 1)
	go func() {
		// The thread changes namespaces; it is never unlocked, so it ends with this goroutine.
		goruntime.LockOSThread()
		done <- enter(run, pid)
	}()
	return <-done
}

func enter(run string, pid int) error {
	id := filepath.Join(run, "boot_id")
	if err := os.WriteFile(id, []byte(newBootID()+"\n"), 0o444); err != nil {
		return err
	}
	tree, err := unix.OpenTree(unix.AT_FDCWD, id, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return fmt.Errorf("open_tree: %w", err)
	}
	defer unix.Close(tree)
	readOnly := &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	if err := unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH, readOnly); err != nil {
		return fmt.Errorf("mount_setattr: %w", err)
	}
	net, err := unix.Open(fmt.Sprintf("/proc/%d/ns/net", pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(net)
	mnt, err := unix.Open(fmt.Sprintf("/proc/%d/ns/mnt", pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(mnt)
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	if err := unix.Setns(mnt, unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("enter the guest's mount namespace: %w", err)
	}
	if err := unix.MoveMount(tree, "", unix.AT_FDCWD, "/proc/sys/kernel/random/boot_id", unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("mount boot_id: %w", err)
	}
	if err := unix.Setns(net, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter the guest's network namespace: %w", err)
	}
	// Where the kernel has no dummy driver, an ifb looks the same from inside.
	attributes := netlink.LinkAttrs{Name: "dummy0"}
	if netlink.LinkAdd(&netlink.Dummy{LinkAttrs: attributes}) != nil {
		_ = netlink.LinkAdd(&netlink.Ifb{LinkAttrs: attributes})
	}
	return nil
}

// newBootID is a random UUID (version 4), as the kernel makes one per boot.
func newBootID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}
