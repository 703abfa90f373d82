// Package pull unpacks an image into a directory, each layer in a process of its own that is confined to it.
package pull

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sys/unix"

	"bottle.dev/image/internal/failure"
	"bottle.dev/image/internal/layer"
	"bottle.dev/image/internal/registry"
)

// Limits of an image; see layer.Limits.
type Limits struct {
	Compressed int64 `json:"compressed"`
	Unpacked   int64 `json:"unpacked"`
	Entries    int64 `json:"entries"`
	Ratio      int64 `json:"ratio"`
	Room       int64 `json:"room"`
}

// One of these a root directory must have, or the runtime refuses it (reference/smolvm.md §4.1).
var roots = []string{"bin", "usr", "etc", "sbin"}

// Within each pace this much of a layer must come, or be unpacked.
const (
	pace          = time.Minute
	leastProgress = 1 << 20
)

// How much of a blob is still read when its content was refused, to find out whether it was tampered with.
const verdict = 64 << 20

// Into unpacks to directory/rootfs and writes directory/config.json; the directory exists and is empty.
func Into(ctx context.Context, image *registry.Image, directory string, limits Limits) (layer.Used, error) {
	if image.Compressed > limits.Compressed {
		return layer.Used{}, failure.New(failure.TooLarge, "%s: it has %d MiB compressed, the limit is %d", image.Subject,
			image.Compressed>>20, limits.Compressed>>20)
	}
	config, err := image.Config()
	if err != nil {
		return layer.Used{}, err
	}
	if err := os.WriteFile(filepath.Join(directory, "config.json"), config, 0o644); err != nil {
		return layer.Used{}, failure.Of(err, failure.Pulling)
	}
	rootfs := filepath.Join(directory, "rootfs")
	if err := os.Mkdir(rootfs, 0o755); err != nil {
		return layer.Used{}, failure.Of(err, failure.Pulling)
	}
	used, err := layers(ctx, image, rootfs, limits)
	if err != nil {
		return used, err
	}
	return used, finish(image, directory, rootfs)
}

func layers(ctx context.Context, image *registry.Image, rootfs string, limits Limits) (layer.Used, error) {
	var used layer.Used
	for _, one := range image.Layers() {
		more, err := apply(ctx, image.Subject, one, rootfs, layer.Limits{
			Bytes:   limits.Unpacked - used.Bytes,
			Room:    limits.Room - used.Bytes,
			Entries: limits.Entries - used.Entries,
			Ratio:   limits.Ratio,
		})
		used.Bytes += more.Bytes
		used.Entries += more.Entries
		used.Special += more.Special
		if err != nil {
			return used, err
		}
	}
	return used, nil
}

func finish(image *registry.Image, directory, rootfs string) error {
	root, err := os.OpenRoot(rootfs)
	if err != nil {
		return failure.Of(err, failure.Pulling)
	}
	defer root.Close()
	found := false
	for _, name := range roots {
		_, err := root.Lstat(name)
		found = found || err == nil
	}
	if !found {
		return failure.New(failure.Invalid, "%s: its root has none of %s", image.Subject, strings.Join(roots, ", "))
	}
	// The final name must not outlive a power cut that the files did not.
	opened, err := os.Open(directory)
	if err != nil {
		return failure.Of(err, failure.Pulling)
	}
	defer opened.Close()
	if err := unix.Syncfs(int(opened.Fd())); err != nil {
		return failure.Of(err, failure.Pulling)
	}
	return nil
}

// answer is what the confined process says at its end.
type answer struct {
	Used  layer.Used       `json:"used"`
	Error *failure.Failure `json:"error,omitempty"`
}

func apply(ctx context.Context, subject string, one v1.Layer, rootfs string, left layer.Limits) (layer.Used, error) {
	blob, err := one.Compressed()
	if err != nil {
		return layer.Used{}, registry.Explain(subject, err)
	}
	defer blob.Close()
	source := &remembering{inner: blob}
	stop := hurry(source, blob, pace)
	defer stop()
	said, err := confined(ctx, source, rootfs, left)
	if source.err == nil && said.Error != nil && said.Error.Reason == failure.Invalid {
		_, _ = io.CopyN(io.Discard, source, verdict)
	}
	switch {
	case source.err != nil: // what was unpacked is not what was asked for
		return said.Used, registry.Explain(subject, source.err)
	case err != nil:
		return said.Used, err
	case said.Error != nil:
		return said.Used, failure.New(said.Error.Reason, "%s: %s", subject, said.Error.Message)
	}
	// The archive may end before the blob does, and only the blob's end is verified.
	if _, err := io.Copy(io.Discard, source); err != nil {
		return said.Used, registry.Explain(subject, err)
	}
	return said.Used, nil
}

// confined runs `apply` in a network namespace without a network; it changes its root to the directory before it reads.
func confined(ctx context.Context, blob io.Reader, rootfs string, left layer.Limits) (answer, error) {
	arguments := []string{"apply", rootfs}
	for _, limit := range []int64{left.Bytes, left.Room, left.Entries, left.Ratio} {
		arguments = append(arguments, strconv.FormatInt(limit, 10))
	}
	child := exec.CommandContext(ctx, "/proc/self/exe", arguments...)
	child.Env = []string{}
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Cloneflags: syscall.CLONE_NEWNET}
	var stdout, stderr bytes.Buffer
	child.Stdin, child.Stdout, child.Stderr = blob, &stdout, &stderr
	runtime.LockOSThread() // the death of the thread counts as the parent's
	defer runtime.UnlockOSThread()
	failed := child.Run()
	var said answer
	if err := json.Unmarshal(stdout.Bytes(), &said); err != nil {
		return said, failure.New(failure.Pulling, "unpacking was ended: %v %s", failed, stderr.String())
	}
	return said, nil
}

// Apply is the confined process: a layer on standard input.
func Apply(in io.Reader, out io.Writer, arguments []string) int {
	var said answer
	err := func() error {
		var numbers [4]int64
		if len(arguments) != 1+len(numbers) {
			return failure.New(failure.Pulling, "apply takes a directory, bytes, room, entries and a ratio")
		}
		for i := range numbers {
			number, err := strconv.ParseInt(arguments[i+1], 10, 64)
			if err != nil {
				return failure.New(failure.Pulling, "%q is no number", arguments[i+1])
			}
			numbers[i] = number
		}
		unix.Umask(0)
		if err := unix.Chroot(arguments[0]); err != nil {
			return failure.New(failure.Pulling, "chroot %s: %s", arguments[0], err)
		}
		root, err := os.OpenRoot("/")
		if err != nil {
			return failure.Of(err, failure.Pulling)
		}
		said.Used, err = layer.Apply(in, root, layer.Limits{
			Bytes: numbers[0], Room: numbers[1], Entries: numbers[2], Ratio: numbers[3],
		})
		return err
	}()
	if err != nil {
		said.Error = failure.Of(err, failure.Invalid)
	}
	_ = json.NewEncoder(out).Encode(said)
	if err != nil {
		return 1
	}
	return 0
}

// remembering keeps the error with which its stream ended, and counts.
type remembering struct {
	inner io.Reader
	count atomic.Int64
	slow  atomic.Bool
	err   error
}

func (r *remembering) Read(p []byte) (int, error) {
	n, err := r.inner.Read(p)
	r.count.Add(int64(n))
	if err != nil && err != io.EOF {
		if r.slow.Load() {
			err = failure.New(failure.Pulling, "the registry sends less than %d KiB in %s", leastProgress>>10, pace)
		}
		r.err = err
	}
	return n, err
}

// hurry ends a stream that does not get on: only a few images are unpacked at once, and a registry that stalls must not
// keep a place for long. Call what it returns when the stream is not read any more.
func hurry(source *remembering, stream io.Closer, every time.Duration) (stop func()) {
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		last := int64(0)
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				now := source.count.Load()
				if now-last < leastProgress {
					source.slow.Store(true)
					_ = stream.Close()
					return
				}
				last = now
			}
		}
	}()
	return func() { close(done) }
}
