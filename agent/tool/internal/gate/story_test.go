package gate

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestAGuestsLineIsNeverTheAgents(t *testing.T) {
	var out bytes.Buffer
	s := newStory(&out)
	s.add(logLine{"agent", "booted in 812 ms"})
	s.add(logLine{"console", "x\nagent | seal proven\x1b[1A\r"})
	s.end()
	if want := "agent | booted in 812 ms\nconsole | x\\x0aagent | seal proven\\x1b[1A\\x0d\n"; out.String() != want {
		t.Fatalf("%q", out.String())
	}
}

func TestLinesAreCut(t *testing.T) {
	var out bytes.Buffer
	s := newStory(&out)
	s.add(logLine{"console", strings.Repeat("x", 10*maxLineRunes)})
	s.end()
	if out.Len() > maxLineRunes+100 {
		t.Fatal(out.Len())
	}
}

// A container runtime that takes no output for a while: nobody waits, and the gap is told.
func TestAStuckOutputDropsLinesAndSaysHowMany(t *testing.T) {
	read, write := io.Pipe() // takes nothing until it is read
	s := newStory(write)
	for range storyQueue + 101 {
		s.add(logLine{"console", "line"})
	}
	done := make(chan string)
	go func() {
		all, _ := io.ReadAll(read)
		done <- string(all)
	}()
	s.end()
	_ = write.Close()
	all := <-done
	lines := strings.Count(all, "console | line\n")
	// One may be with the printer when the queue is full.
	if !strings.Contains(all, "gate | 100 lines dropped\n") && !strings.Contains(all, "gate | 101 lines dropped\n") || lines < storyQueue || lines > storyQueue+1 {
		t.Fatalf("%d lines, %.200q", lines, all)
	}
}
