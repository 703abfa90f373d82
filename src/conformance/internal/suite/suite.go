// Package suite runs cases against one smolvm and says of each whether it held.
package suite

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Case is one behaviour of smolvm 1.32.2 that a caller may rely on. Section names the paragraph of
// reference/smolvm.md (§…) or the page docs/smolvm-facts.md (facts) that states it.
type Case struct {
	Name    string
	Section string
	Check   func(*T)
}

// Group is cases that share one data root, run in order. Setup makes what they need; when it fails,
// so do they. A group whose Setup is nil boots nothing. Machine is the one that all cases need
// running, if there is one: when a case fails and it runs no more, the others are not tried.
type Group struct {
	Name    string
	Setup   func(*T)
	Machine string
	Cases   []Case
}

// Target is the smolvm under test and what its machines are made of.
type Target struct {
	Home     string        // has smolvm; lib and agent-rootfs beside it when it is the real one
	Work     string        // scratch, of a short path: sockets live below it
	Rootfs   string        // a guest's root directory, shared by all machines
	Patience time.Duration // how long one call may take
}

// T is what a case checks with. The first failure of Must ends the case, those of the others do not.
// Calls may run in goroutines of the case; Must belongs to the case's own.
type T struct {
	Target
	Root     string // SMOLVM_DATA_DIR of the group
	Dir      string // a directory of the group's own, for files of the cases
	mutex    sync.Mutex
	failures []string
}

type stop struct{}

// Failf records that the case does not hold.
func (t *T) Failf(format string, arguments ...any) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.failures = append(t.failures, fmt.Sprintf(format, arguments...))
}

// Must ends the case when err is not nil: what follows would say nothing.
func (t *T) Must(err error) {
	if err != nil {
		t.Failf("%v", err)
		panic(stop{})
	}
}

// Equal fails unless both are the same.
func Equal[V comparable](t *T, what string, got, want V) {
	if got != want {
		t.Failf("%s: %v, not %v", what, clip(got), clip(want))
	}
}

// Eventually asks until the condition holds, and fails the case after the patience. Of checks that
// fail in the condition only those of the last time count.
func (t *T) Eventually(what string, holds func() bool) {
	before := len(t.failures)
	for deadline := time.Now().Add(t.Patience); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Must(fmt.Errorf("not within %v: %s", t.Patience, what))
		}
		t.failures = t.failures[:before]
	}
}

// Folder makes a directory below the group's own and returns its path.
func (t *T) Folder(name string) string {
	path := filepath.Join(t.Dir, name)
	t.Must(os.MkdirAll(path, 0o755))
	return path
}

// File writes a file below the group's own directory and returns its path.
func (t *T) File(name, content string) string {
	path := filepath.Join(t.Dir, name)
	t.Must(os.WriteFile(path, []byte(content), 0o644))
	return path
}

func clip(value any) string {
	text := fmt.Sprintf("%#v", value)
	if len(text) > 600 {
		return text[:400] + "…" + text[len(text)-150:]
	}
	return text
}
