package printable

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
)

func TestOnlyWhatPrintsAsItselfPasses(t *testing.T) {
	for text, want := range map[string]string{
		"plain text, ünïcode, 漢字\ttab": "plain text, ünïcode, 漢字\ttab",
		"\x1b[2J\x1b]0;title\x07":      `\x1b[2J\x1b]0;title\x07`,
		"one\rtwo\nthree":              `one\x0dtwo\x0athree`,
		"\u202eevil":                   `\u202eevil`,
		"\xff\xfe":                     `\xff\xfe`,
		"\u009b31m":                    `\u009b31m`,
	} {
		if got := Line(text, 100); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got := Line(strings.Repeat("ä", 10), 4); got != "ääää…" {
		t.Error(got)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("\x1b[31m\u2028x\xc3", 3)
	f.Fuzz(func(t *testing.T, text string, runes int) {
		for _, r := range Line(text, max(0, runes%1000)) {
			if r != '\t' && !unicode.IsPrint(r) {
				t.Fatalf("%q", r)
			}
		}
	})
}

func TestWriterKeepsLinesTogetherAndBounded(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out, 10)
	for _, piece := range []string{"on", "e\r\ntwo\n\n", strings.Repeat("x", 1<<20), "\nend"} {
		if n, err := w.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
		if len(w.pending) > 100 {
			t.Fatal("an endless line is kept whole")
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if want := "one\ntwo\nxxxxxxxxxx…\nend\n"; out.String() != want {
		t.Fatalf("%q", out.String())
	}
}
