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
	Run(target, []Group{{Name: "g", Cases: []Case{{Name: "c", Section: "§", Check: check}}}}, 1, &report, io.Discard)
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
	ran, failed := Run(Target{Home: "/nowhere", Work: t.TempDir(), Patience: time.Second}, []Group{group}, 1, &report, io.Discard)
	if ran != 2 || failed != 2 || strings.Count(report.String(), "setup: permission denied") != 2 {
		t.Errorf("ran %d, failed %d: %s", ran, failed, report.String())
	}
}

func TestALostMachineEndsItsGroupAndNoOther(t *testing.T) {
	home := t.TempDir()
	script := "#!/bin/sh\n[ -e " + home + "/lost ] && state=stopped || state=running\necho '{\"state\":\"'$state'\"}'\n"
	if err := os.WriteFile(filepath.Join(home, "smolvm"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	fails := Case{Name: "fails", Check: func(t *T) { t.Failf("no") }}
	loses := Case{Name: "loses it", Check: func(t *T) { t.Must(os.WriteFile(home+"/lost", nil, 0o644)); t.Failf("no") }}
	holds := func(name string) Case { return Case{Name: name, Check: func(*T) {}} }
	var report bytes.Buffer
	_, failed := Run(Target{Home: home, Work: t.TempDir(), Patience: 5 * time.Second}, []Group{
		{Name: "g", Machine: "m", Cases: []Case{fails, holds("still tried"), loses, holds("not tried")}},
		{Name: "h", Cases: []Case{holds("another's")}},
	}, 1, &report, io.Discard)
	if failed != 3 || !strings.Contains(report.String(), `"case":"not tried","section":"","verdict":"fail","detail":"not tried: machine 'm' was lost in \"loses it\""`) ||
		!strings.Contains(report.String(), `"case":"still tried","section":"","verdict":"pass"`) {
		t.Errorf("failed %d: %s", failed, report.String())
	}
}

func TestPassedIsWhatPassedOnceInAnyRun(t *testing.T) {
	passed, err := Passed(strings.NewReader(`{"case":"a","verdict":"fail"}
{"case":"b","verdict":"pass"}
{"case":"a","verdict":"pass"}
{"case":"a","verdict":"fail"}
{"case":"c","verdict":"fail"}
`))
	if err != nil {
		t.Fatal(err)
	}
	for names, want := range map[string]bool{"ab": true, "c": false, "ac": false, "d": false} {
		var group Group
		for _, name := range names {
			group.Cases = append(group.Cases, Case{Name: string(name)})
		}
		if passed(group) != want {
			t.Errorf("%s: %v", names, !want)
		}
	}
	if _, err := Passed(strings.NewReader(`{"case":"a","ver`)); err == nil {
		t.Error("half a line is accepted")
	}
}

func TestAGroupIsTriedAgainUntilAllPass(t *testing.T) {
	var report bytes.Buffer
	tries := 0
	second := Case{Name: "second", Check: func(t *T) { tries++; Equal(t, "try", tries, 2) }}
	never := Case{Name: "never", Check: func(t *T) { t.Failf("no") }}
	ran, failed := Run(Target{Home: "/nowhere", Work: t.TempDir(), Patience: time.Second},
		[]Group{{Name: "g", Cases: []Case{second}}, {Name: "h", Cases: []Case{never}}}, 3, &report, io.Discard)
	if ran != 2 || failed != 1 || tries != 2 || strings.Count(report.String(), `"case":"never"`) != 3 {
		t.Errorf("ran %d, failed %d, tries %d: %s", ran, failed, tries, report.String())
	}
}
