package layer

import (
	"archive/tar"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

const nobody = 65534

// own gives an open file its owner and mode. The machine's process is no root, so everything becomes readable for
// others, or the guest's own root could not read it (reference/smolvm.md §12.2). Set-user-ID bits stay: they mean
// something in the guest, and on the node the store is mounted nosuid. Extended attributes are left out.
func own(file *os.File, header *tar.Header, mode func(uint32) uint32) error {
	if err := file.Chown(owner(header.Uid), owner(header.Gid)); err != nil {
		return err
	}
	// After chown, which clears set-user-ID bits.
	if err := unix.Fchmod(int(file.Fd()), mode(uint32(header.Mode)&0o7777)); err != nil {
		return &os.PathError{Op: "chmod", Path: header.Name, Err: err}
	}
	return nil
}

func forFile(mode uint32) uint32 {
	mode |= 0o004
	if mode&0o111 != 0 {
		mode |= 0o001
	}
	return mode
}

func forDirectory(mode uint32) uint32 { return mode | 0o005 }

// owner is an id as chown(2) takes it. Ids of machines' processes (2000000 and more) are not special: they see the store
// through a mount that nobody writes.
func owner(id int) int {
	if id < 0 || id > math.MaxUint32-1 {
		return nobody
	}
	return id
}
