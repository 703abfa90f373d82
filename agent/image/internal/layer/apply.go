package layer

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"bottle.dev/image/internal/failure"
)

const (
	chunk         = 256 << 10
	maxZstdWindow = 64 << 20
)

// Apply unpacks a layer (tar, or tar in gzip or zstd) into root, over what earlier layers left there. No other process
// may write below root meanwhile. On an error root holds a part of the layer.
func Apply(in io.Reader, root *os.Root, limits Limits) (Used, error) {
	b := &budget{limits: limits}
	b.compressed.inner = in
	plain, err := decompress(&b.compressed)
	if err != nil {
		return b.used, explain(err)
	}
	b.plain = counter{inner: plain, check: b.ratio}
	a := &applier{budget: b, tree: newTree(root), archive: tar.NewReader(&b.plain), buffer: make([]byte, chunk)}
	if err := a.all(); err != nil {
		return b.used, err
	}
	return b.used, a.setTimes()
}

func decompress(in io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(in, chunk)
	magic, err := buffered.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return gzip.NewReader(buffered)
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
	default:
		return buffered, nil
	}
}

type applier struct {
	*budget
	*tree
	archive *tar.Reader
	buffer  []byte
	times   []directoryTime
}

type directoryTime struct {
	name string
	time time.Time
}

func (a *applier) all() error {
	for {
		header, err := a.archive.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = a.entry(header)
		}
		if err != nil {
			return explain(err)
		}
	}
}

func explain(err error) error {
	var system *fs.PathError
	var link *os.LinkError
	if errors.As(err, &system) || errors.As(err, &link) {
		return failure.Of(err, failure.Pulling) // of this node, not of the image
	}
	return failure.Of(err, failure.Invalid)
}

func (a *applier) entry(header *tar.Header) error {
	if header.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	name, err := inside(header.Name)
	if err != nil {
		return err
	}
	size := header.Size
	if header.Typeflag == tar.TypeLink || header.Typeflag == tar.TypeSymlink {
		size = 0 // some archives repeat the target's
	}
	if err := a.budget.entry(name, size); err != nil {
		return err
	}
	if base := path.Base(name); strings.HasPrefix(base, whiteout) {
		return a.whiteout(path.Dir(name), base)
	}
	switch header.Typeflag {
	case tar.TypeReg, tar.TypeRegA, tar.TypeCont, tar.TypeGNUSparse: //nolint:staticcheck // old archives have TypeRegA
		return a.file(name, header)
	case tar.TypeDir:
		return a.directory(name, header)
	case tar.TypeSymlink:
		return a.symlink(name, header)
	case tar.TypeLink:
		return a.hardlink(name, header)
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return a.special(name)
	default:
		return failure.New(failure.Invalid, "%q has the unknown type %q", name, header.Typeflag)
	}
}

func (a *applier) file(name string, header *tar.Header) error {
	if err := a.makeWay(name); err != nil {
		return err
	}
	// O_EXCL: neither an existing file nor a link is ever written through.
	file, err := a.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = a.content(file)
	if err == nil {
		err = own(file, header, forFile)
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = a.root.Chtimes(name, time.Time{}, header.ModTime)
	}
	return err
}

func (a *applier) content(file *os.File) error {
	for {
		n, err := a.archive.Read(a.buffer)
		if n > 0 {
			if _, failed := file.Write(a.buffer[:n]); failed != nil {
				return failed
			}
			if over := a.wrote(n); over != nil {
				return over
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (a *applier) directory(name string, header *tar.Header) error {
	if err := a.makeWayForDirectory(name); err != nil {
		return err
	}
	directory, err := a.root.Open(rooted(name))
	if err != nil {
		return err
	}
	defer directory.Close()
	a.times = append(a.times, directoryTime{name, header.ModTime})
	return own(directory, header, forDirectory)
}

// symlink keeps the target as it is: it means something in the guest, and is never followed here.
func (a *applier) symlink(name string, header *tar.Header) error {
	if header.Linkname == "" || len(header.Linkname) > maxPath {
		return failure.New(failure.Invalid, "the link %q has no target, or a too long one", name)
	}
	if err := a.makeWay(name); err != nil {
		return err
	}
	if err := a.root.Symlink(header.Linkname, name); err != nil {
		return err
	}
	return a.root.Lchown(name, owner(header.Uid), owner(header.Gid))
}

func (a *applier) hardlink(name string, header *tar.Header) error {
	target, err := inside(header.Linkname)
	if err != nil {
		return err
	}
	if a.left[target] {
		return a.special(name)
	}
	found, err := a.look(target)
	if err != nil {
		return err
	}
	if found == nil || !found.Mode().IsRegular() && found.Mode().Type() != fs.ModeSymlink {
		return failure.New(failure.Invalid, "%q is a hard link to %q, which is no file of the image", name, target)
	}
	if name == target {
		return nil
	}
	if err := a.makeWay(name); err != nil {
		return err
	}
	if again, err := a.look(target); err != nil || again == nil {
		return failure.New(failure.Invalid, "%q is a hard link to %q, which it replaces", name, target)
	}
	return a.root.Link(target, name)
}

// special leaves out what is no file: guests have a /dev of their own, and a world-writable disk below a directory that
// every user may walk would give them the disk.
func (a *applier) special(name string) error {
	if err := a.makeWay(name); err != nil {
		return err
	}
	a.left[name] = true
	a.used.Special++
	return nil
}

// setTimes comes last: what is put into a directory changes its time.
func (a *applier) setTimes() error {
	for _, one := range a.times {
		found, err := a.look(one.name)
		if err != nil {
			return explain(err)
		}
		if found == nil || !found.IsDir() {
			continue // a later entry replaced it
		}
		if err := a.root.Chtimes(rooted(one.name), time.Time{}, one.time); err != nil {
			return explain(err)
		}
	}
	return nil
}
