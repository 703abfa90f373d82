package cli

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"dev.bottle/standin/internal/wire"
)

// limit is a count of bytes that one or two streams may still carry.
type limit struct {
	mutex sync.Mutex
	left  int
	over  bool
}

// take allows as much of n as is left.
func (l *limit) take(n int) int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if n > l.left {
		n, l.over = l.left, true
	}
	l.left -= n
	return n
}

func (l *limit) exceeded() bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.over
}

// sink is where one output stream goes; no limit when nil.
type sink struct {
	to    io.Writer
	limit *limit
}

// write takes one chunk; false when the limit is reached and the rest is not wanted.
func (s sink) write(chunk []byte) bool {
	allowed := len(chunk)
	if s.limit != nil {
		allowed = s.limit.take(len(chunk))
	}
	s.to.Write(chunk[:allowed])
	return allowed == len(chunk)
}

// runWithPipes runs a request with pipes of this process as the guest's stdio: the guest never holds
// the caller's own descriptors. Output that the command wrote before it ended is complete; what its
// background children write later is not waited for.
func runWithPipes(dir string, request wire.Request, stdin *os.File, stdout, stderr sink) (*wire.Answer, error) {
	in, err := input(stdin)
	if err != nil {
		return nil, err
	}
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	errRead, errWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	var copies sync.WaitGroup
	copies.Go(func() { drain(outRead, stdout) })
	copies.Go(func() { drain(errRead, stderr) })
	answer, err := wire.CallAndClose(dir, request, in, outWrite, errWrite)
	// The command has ended: what is in the pipes now is all there will be.
	for _, pipe := range []*os.File{outRead, errRead} {
		pipe.SetReadDeadline(time.Now())
	}
	copies.Wait()
	return answer, err
}

// input is the guest's end of a pipe from stdin; /dev/null when there is none.
func input(stdin *os.File) (*os.File, error) {
	if stdin == nil {
		return os.Open(os.DevNull)
	}
	in, feed, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		io.Copy(feed, stdin)
		feed.Close()
	}()
	return in, nil
}

func drain(pipe *os.File, to sink) {
	defer pipe.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := pipe.Read(buffer)
		if n > 0 && !to.write(buffer[:n]) {
			return // closing the pipe gives the command SIGPIPE
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			drainNow(pipe, buffer, to)
			return
		}
		if err != nil {
			return
		}
	}
}

// drainNow empties the pipe without waiting; a deadline in the past fails reads even of what is there.
func drainNow(pipe *os.File, buffer []byte, to sink) {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) {
		for {
			n, err := unix.Read(int(fd), buffer)
			if err == unix.EINTR {
				continue
			}
			if n <= 0 || err != nil || !to.write(buffer[:n]) {
				return
			}
		}
	})
}
