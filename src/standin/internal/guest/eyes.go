package guest

import (
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"dev.bottle/standin/internal/state"
)

// A microVM reads host files through its VMM, an unprivileged user: what that user may not read, the
// guest's root may not either, and what the guest makes in a volume is that user's on the host. Here
// the guest's root is the host's; idmapped mounts, in which only the VMM's user is anyone, give it
// the VMM's eyes. Files of others belong to 65534 in such a mount.
type eyes struct {
	uid  int
	read *os.File // a user namespace for mounts: on disk uid, in the guest root, and nobody else
	// The kernel lets nobody write in a folder of an unknown owner, so where the guest may write the
	// host's root is known as 65534, and the guest's root passes the modes of files that it makes later.
	write *os.File
}

const nobody = 65534

func newEyes(uid int) (*eyes, error) {
	own := syscall.SysProcIDMap{ContainerID: uid, HostID: 0, Size: 1}
	read, err := userNamespace(own)
	if err != nil {
		return nil, err
	}
	write, err := userNamespace(own, syscall.SysProcIDMap{ContainerID: 0, HostID: nobody, Size: 1})
	if err != nil {
		read.Close()
		return nil, err
	}
	return &eyes{uid, read, write}, nil
}

func (e *eyes) close() {
	e.read.Close()
	e.write.Close()
}

func userNamespace(mapping ...syscall.SysProcIDMap) (*os.File, error) {
	holder := exec.Command("/proc/self/exe", InitArgument) // it does nothing, until it is killed
	holder.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER, UidMappings: mapping, GidMappings: mapping, Pdeathsig: unix.SIGKILL}
	if err := holder.Start(); err != nil {
		return nil, fmt.Errorf("a user namespace for the machine's volumes: %w", err)
	}
	defer holder.Wait()
	defer holder.Process.Kill()
	return os.Open(fmt.Sprintf("/proc/%d/ns/user", holder.Process.Pid))
}

// show mounts source at target. A file system that cannot map ids is shown as it is.
func show(source, target string, through *os.File, attributes uint64) error {
	tree, err := unix.OpenTree(unix.AT_FDCWD, source, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return fmt.Errorf("open_tree %s: %w", source, err)
	}
	defer unix.Close(tree)
	const flags = unix.AT_EMPTY_PATH | unix.AT_RECURSIVE
	err = unix.MountSetattr(tree, "", flags, &unix.MountAttr{Attr_set: attributes | unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(through.Fd())})
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EPERM) {
		log.Printf("%s: no mapped ids: %v", source, err)
		err = unix.MountSetattr(tree, "", flags, &unix.MountAttr{Attr_set: attributes})
	}
	if err != nil {
		return fmt.Errorf("mount_setattr %s: %w", source, err)
	}
	if err := unix.MoveMount(tree, "", unix.AT_FDCWD, target, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("move_mount %s: %w", target, err)
	}
	return nil
}

// volumes mounts each volume below run and names it as the new source.
func (e *eyes) volumes(mounts []state.Mount, run string) ([]state.Mount, error) {
	var seen []state.Mount
	for i, m := range mounts {
		at := filepath.Join(run, fmt.Sprintf("volume-%d", i))
		if err := os.Mkdir(at, 0o700); err != nil {
			return nil, err
		}
		through := e.write
		if m.ReadOnly || !e.mayRead(m.Source) {
			through = e.read
		}
		if err := show(m.Source, at, through, 0); err != nil {
			return nil, err
		}
		if through == e.write {
			if err := e.cover(m.Source, at, ""); err != nil {
				return nil, err
			}
		}
		m.Source = at
		seen = append(seen, m)
	}
	return seen, nil
}

// cover puts those files of a tree that others may not read over themselves where the guest sees the
// tree, read-only and without its owner; unless the upper tree, if there is one, has something else there.
func (e *eyes) cover(tree, seen, upper string) error {
	return filepath.WalkDir(tree, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		need := fs.FileMode(0o004)
		if entry.IsDir() {
			need = 0o005
		} else if !entry.Type().IsRegular() {
			return nil
		}
		info, err := entry.Info()
		if err != nil || info.Mode()&need == need || path == tree {
			return err
		}
		name, err := filepath.Rel(tree, path)
		if err != nil {
			return err
		}
		if _, err := os.Lstat(filepath.Join(upper, name)); upper != "" && err == nil {
			return nil
		}
		// The folder above may be another one there.
		if target, err := os.Lstat(filepath.Join(seen, name)); err == nil && target.Mode().Type() == info.Mode().Type() {
			if err := show(path, filepath.Join(seen, name), e.read, unix.MOUNT_ATTR_RDONLY); err != nil {
				return err
			}
		}
		if entry.IsDir() {
			return filepath.SkipDir
		}
		return nil
	})
}

// mayRead opens a directory as the VMM's user.
func (e *eyes) mayRead(directory string) bool {
	allowed := make(chan bool, 1)
	go func() {
		goruntime.LockOSThread() // never unlocked: the thread ends with its changed user
		if unix.Setfsgid(e.uid) != nil || unix.Setfsuid(e.uid) != nil {
			allowed <- false
			return
		}
		fd, err := unix.Open(directory+"/.", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err == nil {
			unix.Close(fd)
		}
		allowed <- err == nil
	}()
	return <-allowed
}
