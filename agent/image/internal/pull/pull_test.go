package pull

import (
	"errors"
	"io"
	"testing"
	"time"

	"bottle.dev/image/internal/failure"
)

func TestAStreamThatStallsIsEnded(t *testing.T) {
	reader, writer := io.Pipe()
	go func() { _, _ = writer.Write(make([]byte, leastProgress-1)) }()
	source := &remembering{inner: reader}
	stop := hurry(source, reader, 50*time.Millisecond)
	defer stop()
	_, err := io.Copy(io.Discard, source)
	var known *failure.Failure
	if !errors.As(err, &known) || known.Reason != failure.Pulling || source.err == nil {
		t.Errorf("ended with %v", err)
	}
}

func TestAStreamThatGetsOnIsLeftAlone(t *testing.T) {
	reader, writer := io.Pipe()
	go func() {
		for range 5 {
			_, _ = writer.Write(make([]byte, 2*leastProgress))
			time.Sleep(60 * time.Millisecond)
		}
		_ = writer.Close()
	}()
	source := &remembering{inner: reader}
	stop := hurry(source, reader, 500*time.Millisecond)
	defer stop()
	if count, err := io.Copy(io.Discard, source); err != nil || count != 10*leastProgress {
		t.Errorf("%d bytes, %v", count, err)
	}
}
