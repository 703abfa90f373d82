// Package layer applies one layer of an image to a directory. It trusts nothing in the layer: see docs/adr/0041.
package layer

import (
	"io"

	"bottle.dev/image/internal/failure"
)

const (
	block      = 4096
	ratioFloor = 64 << 20 // what a small file of zeros may unpack to
	maxPath    = 4096
	maxName    = 255
	// Every path of a layer is remembered until its end; the agent's memory is small.
	maxPaths = 64 << 20
)

// Limits of what a layer may still unpack.
type Limits struct {
	Bytes   int64 // on disk, in whole blocks
	Room    int64 // the same, for the disk's sake: to exceed it is no fault of the image
	Entries int64 // of any type
	Ratio   int64 // unpacked to compressed
}

// Used is what it did unpack. Special counts the devices, FIFOs and the like that were left out.
type Used struct {
	Bytes   int64 `json:"bytes"`
	Entries int64 `json:"entries"`
	Special int64 `json:"special"`
}

// budget counts against the limits.
type budget struct {
	limits     Limits
	used       Used
	paths      int
	compressed counter // what was read of the compressed layer
	plain      counter // what it decompressed to
	written    int64   // what went to files: more than plain when a sparse file has holes
}

// entry charges one entry before anything of it is written.
func (b *budget) entry(path string, size int64) error {
	b.used.Entries++
	b.paths += len(path)
	if b.used.Entries > b.limits.Entries || b.paths > maxPaths {
		return failure.New(failure.TooLarge, "the image has more than %d files, or their names are too long", b.limits.Entries)
	}
	if size < 0 {
		return failure.New(failure.Invalid, "%q has a negative size", path)
	}
	if size > b.limits.Bytes {
		return failure.New(failure.TooLarge, "the image unpacks to more than a node takes: %q has %d MiB", path, size>>20)
	}
	b.used.Bytes += (size/block + 1) * block
	if b.used.Bytes > b.limits.Bytes {
		return failure.New(failure.TooLarge, "the image unpacks to more than a node takes")
	}
	if b.used.Bytes > b.limits.Room {
		return failure.New(failure.DiskFull, "the node's disk has no room to unpack the image")
	}
	return nil
}

func (b *budget) wrote(count int) error {
	b.written += int64(count)
	return b.ratio(b.written)
}

func (b *budget) ratio(unpacked int64) error {
	if unpacked > ratioFloor && unpacked/b.limits.Ratio > b.compressed.count {
		return failure.New(failure.TooLarge, "a layer unpacks to more than %d times its size", b.limits.Ratio)
	}
	return nil
}

// counter counts what is read through it.
type counter struct {
	inner io.Reader
	count int64
	check func(int64) error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.inner.Read(p)
	c.count += int64(n)
	if c.check != nil {
		if over := c.check(c.count); over != nil {
			return 0, over
		}
	}
	return n, err
}
