package suite

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Verdict is one line of the report.
type Verdict struct {
	Case    string `json:"case"`
	Section string `json:"section"`
	Verdict string `json:"verdict"` // pass, fail
	Detail  string `json:"detail"`
	Millis  int64  `json:"millis"`
}

// tally has for each case whether it passed: if it did once, whatever came before and after.
type tally map[string]bool

func (t tally) add(v Verdict) { t[v.Case] = t[v.Case] || v.Verdict == "pass" }

// Run runs the groups, those that boot one after the other and beside them the rest, and writes one
// JSON line per case as it ends. A group of which a case failed is run again, up to so many tries; its
// cases are then in the report again. It returns how many cases there are and how many never passed.
// One machine at a time: two keep both processors of an emulated node so busy that it comes to nothing
// else.
func Run(target Target, groups []Group, tries int, report, progress io.Writer) (ran, failed int) {
	var workers sync.WaitGroup
	var mutex sync.Mutex
	began := time.Now()
	passed := tally{}
	say := func(v Verdict) {
		mutex.Lock()
		defer mutex.Unlock()
		line, _ := json.Marshal(v)
		fmt.Fprintf(report, "%s\n", line)
		fmt.Fprintf(progress, "%4.0fs  %s  %s  (%d ms)%s\n", time.Since(began).Seconds(), v.Verdict, v.Case, v.Millis, indented(v.Detail))
		passed.add(v)
	}
	for _, boots := range []bool{true, false} {
		workers.Go(func() {
			for i, group := range groups {
				if (group.Setup != nil) != boots {
					continue
				}
				for range tries {
					if runGroup(target, group, filepath.Join(target.Work, fmt.Sprint(i)), say) {
						break
					}
				}
			}
		})
	}
	workers.Wait()
	for _, once := range passed {
		if !once {
			failed++
		}
	}
	return len(passed), failed
}

// runGroup tells whether all cases passed.
func runGroup(target Target, group Group, at string, say func(Verdict)) (allPassed bool) {
	t := &T{Target: target, Root: filepath.Join(at, "d"), Dir: filepath.Join(at, "f")}
	setup := Case{Name: group.Name + ": setup", Check: func(t *T) {
		t.Must(Discard(at))
		t.Must(os.MkdirAll(t.Root, 0o755))
		t.Must(os.MkdirAll(t.Dir, 0o755))
		if group.Setup != nil {
			group.Setup(t)
		}
	}}
	var untried string // why the cases that are left are not tried
	if ready := check(t, setup); ready.Verdict != "pass" {
		untried = "setup: " + ready.Detail
	}
	allPassed = true
	for _, c := range group.Cases {
		if untried != "" {
			say(Verdict{Case: c.Name, Section: c.Section, Verdict: "fail", Detail: untried})
			allPassed = false
			continue
		}
		verdict := check(t, c)
		say(verdict)
		if verdict.Verdict == "pass" {
			continue
		}
		allPassed = false
		if group.Machine != "" && !runs(t, group.Machine) {
			untried = "not tried: machine '" + group.Machine + "' was lost in \"" + c.Name + "\""
		}
	}
	if group.Setup != nil {
		check(t, Case{Check: removeMachines})
	}
	killLeft(t.Root)
	Discard(at)
	return allPassed
}

// Passed reads the report of an earlier run, and tells whether all cases of a group passed in it.
func Passed(report io.Reader) (func(Group) bool, error) {
	passed := tally{}
	for lines := json.NewDecoder(report); ; {
		var v Verdict
		switch err := lines.Decode(&v); {
		case err == io.EOF:
			return func(group Group) bool {
				return !slices.ContainsFunc(group.Cases, func(c Case) bool { return !passed[c.Name] })
			}, nil
		case err != nil:
			return nil, err
		}
		passed.add(v)
	}
}

func runs(t *T, machine string) bool {
	var now struct{ State string }
	json.Unmarshal([]byte(t.Machine("status", "--name", machine, "--json").Stdout), &now)
	return now.State == "running"
}

// Discard unmounts and removes all that is in a scratch directory.
func Discard(directory string) error {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return err
	}
	// The last mounted first.
	for _, line := range slices.Backward(strings.Split(string(mounts), "\n")) {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[1], directory+"/") {
			if err := syscall.Unmount(fields[1], syscall.MNT_DETACH); err != nil {
				return fmt.Errorf("unmount %s: %w", fields[1], err)
			}
		}
	}
	return os.RemoveAll(directory)
}

// killLeft ends VMMs that no record names any more, such as those of a failed start.
func killLeft(root string) {
	processes, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range processes {
		if arguments, err := os.ReadFile(file); err == nil && strings.Contains(string(arguments), "\x00_boot-vm\x00"+root+"/") {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
				syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
}

func check(t *T, c Case) (v Verdict) {
	t.failures = nil
	began := time.Now()
	defer func() {
		switch problem := recover().(type) {
		case nil, stop:
		default:
			t.Failf("panic: %v\n%s", problem, debug.Stack())
		}
		v = Verdict{Case: c.Name, Section: c.Section, Verdict: "pass", Millis: time.Since(began).Milliseconds()}
		if len(t.failures) > 0 {
			v.Verdict, v.Detail = "fail", strings.Join(t.failures, "\n")
		}
	}()
	c.Check(t)
	return
}

func removeMachines(t *T) {
	for name := range strings.Lines(t.Machine("ls", "-q").Stdout) {
		t.Machine("delete", "--name", strings.TrimSpace(name), "-f")
	}
}

func indented(detail string) string {
	if detail == "" {
		return ""
	}
	return "\n       " + strings.ReplaceAll(detail, "\n", "\n       ")
}
