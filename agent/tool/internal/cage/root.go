package cage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// kind is how a path of the host is seen in the cage, always under its own name.
type kind int

const (
	readOnly kind = iota // stays
	writable             // a directory, made when missing; stays
	lent                 // a directory, made when missing, writable, until the command ends
	shown                // with all that is mounted below, as it is; stays
	system               // read-only, until the command ends; skipped when missing
	device               // stays; skipped when missing
)

func (k kind) String() string {
	switch k {
	case readOnly:
		return "show this path read-only"
	case writable:
		return "show this directory writable"
	case lent:
		return "show this directory writable until the command ends"
	case shown:
		return "show this path as it is (stand-in)"
	case system:
		return "the system's, read-only until the command ends"
	case device:
		return "a device"
	}
	return "?"
}

type view struct {
	path string
	kind kind
}

// base is what programs on the node need: the dynamic linker's, e2fsprogs', names of users and groups. No
// nsswitch.conf: without it, names come from the files alone, and nobody asks a daemon's socket.
func base() []view {
	var views []view
	for _, path := range []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/ld.so.cache",
		"/etc/ld-musl-x86_64.path", "/etc/ld-musl-aarch64.path", "/etc/passwd", "/etc/group", "/etc/mke2fs.conf"} {
		views = append(views, view{path, system})
	}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "kvm"} {
		views = append(views, view{"/dev/" + name, device})
	}
	return views
}

// scratchOptions bound what the machine's user can make the node keep in memory.
const scratchOptions = "mode=1777,size=64m,nr_inodes=4096"

// changeRoot gives this mount namespace a root of its own that shows only the list, and lets go of the host's. It
// returns what is to be taken away when the command has ended, in that order.
func changeRoot(wanted plan) ([]string, error) {
	views := slices.Concat(base(), wanted.views)
	// Shorter first: a view inside another is put on top of it.
	slices.SortStableFunc(views, func(a, b view) int { return len(a.path) - len(b.path) })
	root := filepath.Dir(wanted.bottleDirectory)
	t := &tree{root: root}
	defer t.close()
	doors, err := clone(wanted.bottleDirectory, true)
	if err != nil {
		return nil, fmt.Errorf("--bottle-directory %s: %w", wanted.bottleDirectory, err)
	}
	t.clones = append(t.clones, doors)
	// Attributes only; the propagation from the host stays.
	if err := restrict(doors, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC, 0); err != nil {
		return nil, err
	}
	var entries []entry
	for _, one := range views {
		e, err := t.take(one)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.path, err)
		}
		if e != nil {
			entries = append(entries, *e)
		}
	}
	flags := uintptr(unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC)
	if err := unix.Mount("cage", root, "tmpfs", flags, "mode=755,size=1m,nr_inodes=1024"); err != nil {
		return nil, fmt.Errorf("the cage's root: %w", err)
	}
	for _, directory := range []string{"/proc", "/tmp"} {
		if err := os.Mkdir(root+directory, 0o755); err != nil {
			return nil, err
		}
	}
	if err := unix.Mount("cage-tmp", root+"/tmp", "tmpfs", flags, scratchOptions); err != nil {
		return nil, fmt.Errorf("/tmp: %w", err)
	}
	entries = append(entries, entry{path: wanted.bottleDirectory, directory: true, clone: doors})
	var taken []string
	for _, e := range entries {
		if err := t.place(e); err != nil {
			return nil, fmt.Errorf("%s: %w", e.path, err)
		}
		if e.temporary {
			taken = append(taken, e.path)
		}
	}
	if err := enter(root); err != nil {
		return nil, err
	}
	// The host's process numbers (the runtime must see whether a machine's process lives), but each user sees only
	// its own, and nothing of /proc but processes.
	if err := unix.Mount("proc", "/proc", "proc", flags, "hidepid=invisible,subset=pid"); err != nil {
		return nil, fmt.Errorf("/proc (Linux 5.8 or newer): %w", err)
	}
	if err := coverOthers(wanted.bottleDirectory, wanted.doors); err != nil {
		return nil, err
	}
	if err := unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|flags, ""); err != nil {
		return nil, fmt.Errorf("make the cage's root read-only: %w", err)
	}
	slices.Reverse(taken)
	return taken, nil
}

// coverOthers leaves of the Bottle's directory only the doors. What the host mounts later below a cover stays there.
func coverOthers(directory string, doors []string) error {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if slices.Contains(doors, e.Name()) {
			continue
		}
		path := filepath.Join(directory, e.Name())
		if !e.IsDir() {
			return fmt.Errorf("%s is not a directory", path)
		}
		flags := uintptr(unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_RDONLY)
		if err := unix.Mount("cage-cover", path, "tmpfs", flags, "mode=0,size=4k,nr_inodes=1"); err != nil {
			return fmt.Errorf("cover %s: %w", path, err)
		}
	}
	return nil
}

// enter makes root the root of this namespace and lets go of the old one.
func enter(root string) error {
	if err := unix.Chdir(root); err != nil {
		return err
	}
	// The old root is put on top of the new one and taken away from there: no directory for it is needed.
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("pivot_root (a node whose root is its initramfs is not supported): %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("let go of the host's root: %w", err)
	}
	return unix.Chdir("/")
}

// tree is the cage's root while it is built; the clones hold the host's mounts before any is covered.
type tree struct {
	root   string
	clones []int
}

func (t *tree) close() {
	for _, fd := range t.clones {
		_ = unix.Close(fd)
	}
}

// entry is one name of the new root: a symbolic link, or a clone to be mounted there.
type entry struct {
	path      string
	link      string
	directory bool
	temporary bool
	clone     int
}

// take opens what the host has at the view's path; nil when it may be absent and is.
func (t *tree) take(one view) (*entry, error) {
	e := entry{path: one.path, directory: true, temporary: one.kind == lent || one.kind == system}
	attributes := uint64(unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV)
	switch one.kind {
	case readOnly, system:
		attributes |= unix.MOUNT_ATTR_RDONLY
	case writable, lent:
		attributes |= unix.MOUNT_ATTR_NOEXEC
		if err := os.MkdirAll(one.path, 0o700); err != nil {
			return nil, err
		}
		if one.kind == lent {
			// The command is root; the machine's user, which runs beside it while it starts, has no business there.
			if err := os.Chmod(one.path, 0o700); err != nil {
				return nil, err
			}
		}
	case device:
		attributes = unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NOEXEC
	case shown:
	}
	info, err := os.Lstat(one.path)
	if errors.Is(err, fs.ErrNotExist) && (one.kind == system || one.kind == device) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		if one.kind != system {
			return nil, fmt.Errorf("is a symbolic link")
		}
		e.link, err = os.Readlink(one.path)
		e.temporary = false // it leads nowhere afterwards
		return &e, err
	}
	e.directory = info.IsDir()
	e.clone, err = clone(one.path, one.kind == shown)
	if err != nil {
		return nil, err
	}
	t.clones = append(t.clones, e.clone)
	return &e, restrict(e.clone, attributes, unix.MS_PRIVATE)
}

func (t *tree) place(e entry) error {
	target := t.root + e.path
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	switch {
	case e.link != "":
		return os.Symlink(e.link, target)
	case e.directory:
		if err := os.Mkdir(target, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	default:
		if _, err := os.Lstat(target); err == nil {
			break // inside of another view
		}
		file, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		_ = file.Close()
	}
	return unix.MoveMount(e.clone, "", unix.AT_FDCWD, target, unix.MOVE_MOUNT_F_EMPTY_PATH)
}

// clone opens a detached copy of what is mounted at a path. Not following its last component: what is a link, or
// becomes one, is not what the list means.
func clone(path string, recursive bool) (int, error) {
	flags := uint(unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC | unix.AT_SYMLINK_NOFOLLOW)
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	return unix.OpenTree(unix.AT_FDCWD, path, flags)
}

func restrict(clone int, attributes uint64, propagation uint64) error {
	err := unix.MountSetattr(clone, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE,
		&unix.MountAttr{Attr_set: attributes, Propagation: propagation})
	if err != nil {
		return fmt.Errorf("mount_setattr (Linux 5.12 or newer): %w", err)
	}
	return nil
}

// takeAway unmounts what the command needed and the machine does not. Lazily: the machine's process still maps
// libraries from there, and keeps those.
func takeAway(paths []string) error {
	var failed []string
	for _, path := range paths {
		if err := unix.Unmount(path, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			failed = append(failed, fmt.Sprintf("%s: %v", path, err))
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("take away: %s", strings.Join(failed, "; "))
	}
	return nil
}
