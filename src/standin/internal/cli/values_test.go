package cli

import (
	"strings"
	"testing"
	"time"
)

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{"30s": 30 * time.Second, "1h 30min": 90 * time.Minute, "1500ms": 1500 * time.Millisecond, "2m5s": 125 * time.Second} {
		var d duration
		if err := d.Set(text); err != nil || d.value != want {
			t.Errorf("%s: %v, %v", text, d.value, err)
		}
	}
	for text, want := range map[string]string{"": "value was empty", "x": "expected number at 0", "5": "time unit needed", "5q": "unknown time unit", "0s": "greater than 0", "999999999999h": "too large"} {
		var d duration
		if err := d.Set(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, without %q", text, err, want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	own := func(key string) (string, bool) { return "own", key == "MINE" }
	got := strings.Join(environment([]string{"A=b=c", "MINE", "OTHER", "=x", "E="}, own), "|")
	if got != "A=b=c|MINE=own|E=" {
		t.Error(got)
	}
}

func TestLastLines(t *testing.T) {
	for _, try := range []struct {
		text  string
		count int
		want  string
	}{{"a\nb\nc\n", 2, "b\nc\n"}, {"a\nb", 1, "b"}, {"a\n", 5, "a\n"}, {"", 1, ""}, {"a\n", 0, ""}} {
		if got := string(lastLines([]byte(try.text), try.count)); got != try.want {
			t.Errorf("last %d of %q: %q", try.count, try.text, got)
		}
	}
}

func TestProtectedDirectories(t *testing.T) {
	for path, want := range map[string]bool{"/": true, "/var": true, "/var/lib": false, "/etc/ssl": true, "/etcetera": false, "/run/x": true, "/srv": false} {
		if protected(path) != want {
			t.Errorf("%s: protected is %v", path, !want)
		}
	}
}
