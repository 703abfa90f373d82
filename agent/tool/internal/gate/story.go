package gate

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"bottle.dev/tool/internal/printable"
)

const (
	maxLineRunes = 2000
	storyQueue   = 1000
	// endPatience is for the last lines of a machine that stops with its Pod.
	endPatience = time.Second
)

// logLine is the payload of a log frame. The text may be a guest's.
type logLine struct {
	Source string `json:"source"`
	Line   string `json:"line"`
}

// story prints lines apart from whoever adds them: a container runtime that takes no more output must not keep hold
// from hearing that the machine is stopped.
type story struct {
	lines   chan logLine
	dropped atomic.Int64
	printed sync.WaitGroup
}

func newStory(to io.Writer) *story {
	s := &story{lines: make(chan logLine, storyQueue)}
	s.printed.Go(func() {
		for line := range s.lines {
			if dropped := s.dropped.Swap(0); dropped > 0 {
				_, _ = fmt.Fprintf(to, "gate | %d lines dropped\n", dropped)
			}
			// The source is printed first on every line, so that no guest's line passes for the agent's.
			_, _ = fmt.Fprintf(to, "%s | %s\n", printable.Line(line.Source, 20), printable.Line(line.Line, maxLineRunes))
		}
	})
	return s
}

func (s *story) add(line logLine) {
	select {
	case s.lines <- line:
	default:
		s.dropped.Add(1)
	}
}

// end prints what is left, for a moment. Nothing may be added afterwards.
func (s *story) end() {
	close(s.lines)
	done := make(chan struct{})
	go func() {
		s.printed.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(endPatience):
	}
}
