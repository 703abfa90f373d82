package suite

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// verdictOf runs one check against a smolvm that is this shell script.
func verdictOf(t *testing.T, script string, check func(*T)) Verdict {
	t.Helper()
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "smolvm"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	var report bytes.Buffer
	target := Target{Home: home, Work: filepath.Join(home, "work"), Patience: 5 * time.Second}
	Run(target, []Group{{Name: "g", Cases: []Case{{Name: "c", Section: "§", Check: check}}}}, &report, io.Discard)
	var v Verdict
	if err := json.Unmarshal(report.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, report.String())
	}
	return v
}

func TestWhatHoldsPasses(t *testing.T) {
	v := verdictOf(t, `echo "Error: no: $*" >&2; exit 1`, func(t *T) { t.Machine("start").Fails("no: machine start") })
	if v.Verdict != "pass" || v.Detail != "" {
		t.Errorf("%+v", v)
	}
}

func TestEveryDifferenceFails(t *testing.T) {
	for name, try := range map[string]struct {
		script string
		check  func(*T)
		detail string
	}{
		"exit code":         {"exit 3", func(t *T) { t.Machine("a").Exits(0) }, "exits 3, not 0"},
		"stdout":            {"printf a", func(t *T) { t.Machine("a").Out("a\n") }, "stdout is"},
		"stderr":            {"printf a >&2", func(t *T) { t.Machine("a").Err("") }, "stderr is"},
		"message on stdout": {"echo Error: no; exit 1", func(t *T) { t.Machine("a").Fails("no") }, "stdout is"},
		"usage, exit 1":     {"echo error: no >&2; exit 1", func(t *T) { t.Machine("a").Usage("no") }, "exits 1, not 2"},
		"part of stdout":    {"echo abc", func(t *T) { t.Machine("a").OutHas("b", "d") }, "without"},
		"pattern":           {"echo abc", func(t *T) { t.Machine("a").OutMatches("^b") }, "does not match"},
		"not JSON":          {"echo [", func(t *T) { t.Machine("a").JSON(new([]int)) }, "no such JSON"},
		"held output":       {"sleep 3 & exit 0", func(t *T) { t.Machine("a").Exits(0) }, "still holds its output"},
		"no end":            {"exec sleep 60", func(t *T) { t.Patience = 100 * time.Millisecond; t.Machine("a") }, "had not ended"},
		"values":            {"", func(t *T) { Equal(t, "number", 1, 2) }, "number: 1, not 2"},
		"panic":             {"", func(*T) { panic("oh") }, "panic: oh"},
		"no program":        {"", func(t *T) { t.Home = "/nowhere"; t.Machine("a") }, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			if v := verdictOf(t, try.script, try.check); v.Verdict != "fail" || !strings.Contains(v.Detail, try.detail) {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestEventuallyForgivesWhatFailedBefore(t *testing.T) {
	tries := 0
	v := verdictOf(t, "", func(t *T) {
		t.Eventually("third", func() bool {
			tries++
			Equal(t, "tries", tries, 3)
			return tries == 3
		})
	})
	if v.Verdict != "pass" {
		t.Errorf("%+v", v)
	}
	v = verdictOf(t, "", func(t *T) {
		t.Patience = time.Millisecond
		t.Eventually("never", func() bool { Equal(t, "number", 1, 2); return false })
	})
	if v.Verdict != "fail" || strings.Count(v.Detail, "number") != 1 || !strings.Contains(v.Detail, "not within 1ms: never") {
		t.Errorf("%+v", v)
	}
}

func TestAFailedSetupFailsTheGroup(t *testing.T) {
	var report bytes.Buffer
	group := Group{Name: "g", Setup: func(t *T) { t.Must(os.ErrPermission) }, Cases: []Case{{Name: "a", Check: func(*T) {}}, {Name: "b", Check: func(*T) {}}}}
	ran, failed := Run(Target{Home: "/nowhere", Work: t.TempDir(), Patience: time.Second}, []Group{group}, &report, io.Discard)
	if ran != 2 || failed != 2 || strings.Count(report.String(), "setup: permission denied") != 2 {
		t.Errorf("ran %d, failed %d: %s", ran, failed, report.String())
	}
}
