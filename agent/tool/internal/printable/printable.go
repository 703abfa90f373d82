// Package printable makes text of a guest fit for a person's terminal: nothing in it can move the cursor, change a
// colour, forge a line or hide what follows.
package printable

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line escapes everything that does not print as itself, and cuts the line after that many runes.
func Line(text string, runes int) string {
	var line strings.Builder
	for i, count := 0, 0; i < len(text); count++ {
		if count == runes {
			line.WriteString("…")
			break
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&line, `\x%02x`, text[i])
		case r == '\t' || unicode.IsPrint(r):
			line.WriteRune(r)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&line, `\x%02x`, r)
		default:
			fmt.Fprintf(&line, `\u%04x`, r)
		}
		i += size
	}
	return line.String()
}

// Writer passes whole lines on, each made printable.
type Writer struct {
	to      io.Writer
	runes   int
	pending []byte
}

// NewWriter cuts lines after that many runes.
func NewWriter(to io.Writer, runes int) *Writer { return &Writer{to: to, runes: runes} }

// Write holds back the last line until it ends, or until it is longer than what will be printed of it.
func (w *Writer) Write(text []byte) (int, error) {
	for rest := text; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		rest = after
		if room := utf8.UTFMax*w.runes + utf8.UTFMax - len(w.pending); room > 0 {
			w.pending = append(w.pending, line[:min(room, len(line))]...)
		}
		if ended {
			if err := w.Flush(); err != nil {
				return 0, err
			}
		}
	}
	return len(text), nil
}

// Flush ends the last line.
func (w *Writer) Flush() error {
	line := strings.TrimSuffix(string(w.pending), "\r")
	w.pending = w.pending[:0]
	if line == "" {
		return nil
	}
	_, err := fmt.Fprintln(w.to, Line(line, w.runes))
	return err
}
