package guest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"dev.bottle/standin/internal/wire"
)

// openIn opens a guest path with the guest's root as the root for every link and "..": the guest
// owns its tree and may have put links there.
func openIn(root, name string, flags int, mode uint64) (*os.File, error) {
	base, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(base)
	fd, err := unix.Openat2(base, path.Clean("/"+name), &unix.OpenHow{
		Flags: uint64(flags | unix.O_CLOEXEC), Mode: mode,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

// directoryIn opens a guest directory, making what is missing of it (0755, root).
func directoryIn(root, name string) (*os.File, error) {
	dir, err := openIn(root, name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if !errors.Is(err, unix.ENOENT) || name == "/" {
		return dir, err
	}
	parent, err := directoryIn(root, path.Dir(name))
	if err != nil {
		return nil, err
	}
	defer parent.Close()
	if err := unix.Mkdirat(int(parent.Fd()), path.Base(name), 0o755); err != nil && err != unix.EEXIST {
		return nil, err
	}
	return openIn(root, name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
}

func writeIfMissing(root, name, content string) error {
	dir, err := directoryIn(root, path.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	fd, err := unix.Openat(int(dir.Fd()), path.Base(name),
		unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o644)
	if err == unix.EEXIST {
		return nil
	}
	if err != nil {
		return err
	}
	file := os.NewFile(uintptr(fd), name)
	defer file.Close()
	_, err = file.WriteString(content)
	return err
}

func (s *supervisor) upload(request wire.Request, files []*os.File) wire.Answer {
	if len(files) != 1 {
		return wire.Answer{Error: "upload needs one descriptor"}
	}
	size, err := s.store(request, files[0])
	if err != nil {
		return wire.Answer{Error: fmt.Sprintf("write file: failed to write %s in the workload container: %s", request.Path, rustWords(err))}
	}
	return wire.Answer{Size: size}
}

// store writes beside the target and renames, so the guest sees the old file or the whole new one.
func (s *supervisor) store(request wire.Request, from io.Reader) (int64, error) {
	target := path.Clean("/" + request.Path)
	dir, err := directoryIn(s.root, path.Dir(target))
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	temporary := ".smolvm-upload-" + rand.Text()
	fd, err := unix.Openat(int(dir.Fd()), temporary, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return 0, err
	}
	file := os.NewFile(uintptr(fd), temporary)
	defer file.Close()
	size, err := io.Copy(file, from)
	if err == nil {
		err = unix.Fchown(fd, request.UID, request.GID)
	}
	if err == nil {
		err = unix.Fchmod(fd, request.Mode)
	}
	if err == nil {
		err = unix.Renameat(int(dir.Fd()), temporary, int(dir.Fd()), path.Base(target))
	}
	if err != nil {
		unix.Unlinkat(int(dir.Fd()), temporary, 0)
	}
	return size, err
}

func (s *supervisor) download(request wire.Request, files []*os.File) wire.Answer {
	if len(files) != 1 {
		return wire.Answer{Error: "download needs one descriptor"}
	}
	// O_NONBLOCK: a FIFO without a writer must not hang the open.
	file, err := openIn(s.root, request.Path, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return wire.Answer{Error: fmt.Sprintf("read file: failed to read %s in the workload container: %s", request.Path, rustWords(err))}
	}
	defer file.Close()
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		return wire.Answer{Error: fmt.Sprintf("read file: failed to read %s in the workload container: is a directory: %[1]s", request.Path)}
	}
	if err != nil || !info.Mode().IsRegular() {
		return wire.Answer{Error: fmt.Sprintf("read file: failed to read %s in the workload container: not a regular file: %[1]s", request.Path)}
	}
	size, err := io.Copy(files[0], file)
	if err != nil {
		return wire.Answer{Error: fmt.Sprintf("read file: %s", rustWords(err))}
	}
	return wire.Answer{Size: size}
}

func readerOrNil(file *os.File) io.Reader {
	if file == nil {
		return nil
	}
	return file
}

// rustWords prints an operating system error as Rust does: "No such file or directory (os error 2)".
func rustWords(err error) string {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return fmt.Sprintf("%s (os error %d)", capital(errno.Error()), int(errno))
	}
	return err.Error()
}
