package cli

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// errRepeated refuses a second value for a flag that takes one.
var errRepeated = errors.New("given twice")

// single is a string flag that may be given once.
type single struct {
	value string
	set   bool
}

func (s *single) String() string { return "" }
func (s *single) Type() string   { return "string" }

func (s *single) Set(text string) error {
	if s.set {
		return errRepeated
	}
	s.value, s.set = text, true
	return nil
}

func singleFlag(cmd *cobra.Command, name, short, valueName, usage string) *single {
	s := &single{}
	cmd.Flags().VarP(s, name, short, fmt.Sprintf("%s `%s`", usage, valueName))
	return s
}

// number is an unsigned integer flag with clap's words for what is not one.
type number struct {
	value int
	set   bool
	max   uint64
}

func (n *number) String() string { return "" }
func (n *number) Type() string   { return "number" }

func (n *number) Set(text string) error {
	if n.set {
		return errRepeated
	}
	if text == "" {
		return errors.New("cannot parse integer from empty string")
	}
	value, err := strconv.ParseUint(text, 10, 64)
	if errors.Is(err, strconv.ErrSyntax) {
		return errors.New("invalid digit found in string")
	}
	if err != nil || value > n.max {
		return fmt.Errorf("%s is not in 0..=%d", text, n.max)
	}
	n.value, n.set = int(value), true
	return nil
}

func numberFlag(cmd *cobra.Command, name, valueName, usage string, max uint64) *number {
	n := &number{max: max}
	cmd.Flags().Var(n, name, fmt.Sprintf("%s `%s`", usage, valueName))
	return n
}

// grace is the whole seconds of stop --timeout.
type grace struct {
	value time.Duration
	set   bool
}

const maxGraceSeconds = 300

func (g *grace) String() string { return "" }
func (g *grace) Type() string   { return "number" }

func (g *grace) Set(text string) error {
	if g.set {
		return errRepeated
	}
	seconds, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return fmt.Errorf("'%s' is not a whole number of seconds", text)
	}
	if seconds > maxGraceSeconds {
		return fmt.Errorf("stop timeout %ds is longer than the %ds maximum", seconds, maxGraceSeconds)
	}
	g.value, g.set = time.Duration(seconds)*time.Second, true
	return nil
}

const (
	maxUint8  = math.MaxUint8
	maxUint32 = math.MaxUint32
)

// duration is a humantime value: "30s", "5m", "1h 30min".
type duration struct{ value time.Duration }

func (d *duration) String() string { return "" }
func (d *duration) Type() string   { return "duration" }

var durationPart = regexp.MustCompile(`^\s*(\d+)\s*([a-zA-Z]*)`)

func (d *duration) Set(text string) error {
	if text == "" {
		return errors.New("value was empty")
	}
	var total time.Duration
	for rest := text; rest == text || strings.TrimSpace(rest) != ""; {
		part := durationPart.FindStringSubmatch(rest)
		if part == nil {
			return fmt.Errorf("expected number at %d", len(text)-len(rest))
		}
		if part[2] == "" {
			return fmt.Errorf("time unit needed, for example %[1]ssec or %[1]sms", part[1])
		}
		unit, known := unitOf(part[2])
		if !known {
			return fmt.Errorf("unknown time unit %q, supported units: ns, us/µs, ms, sec, min, hours, days, weeks, months, years (and few variations)", part[2])
		}
		count, err := strconv.ParseInt(part[1], 10, 64)
		if err != nil || count > int64(math.MaxInt64/unit) {
			return errors.New("number is too large or cannot be represented without a lack of precision (values below 1ns are not supported)")
		}
		total += time.Duration(count) * unit
		rest = rest[len(part[0]):]
	}
	if total <= 0 {
		return errors.New("timeout must be greater than 0 (e.g., 5sec, 30s)")
	}
	d.value = total
	return nil
}

func unitOf(name string) (time.Duration, bool) {
	switch name {
	case "ns", "nsec":
		return time.Nanosecond, true
	case "us", "usec":
		return time.Microsecond, true
	case "ms", "msec":
		return time.Millisecond, true
	case "s", "sec", "secs", "second", "seconds":
		return time.Second, true
	case "m", "min", "mins", "minute", "minutes":
		return time.Minute, true
	case "h", "hr", "hrs", "hour", "hours":
		return time.Hour, true
	case "d", "day", "days":
		return 24 * time.Hour, true
	case "w", "week", "weeks":
		return 7 * 24 * time.Hour, true
	}
	return 0, false
}

// environment resolves -e values: K=V as given, K alone from this process (dropped when unset),
// anything without a key is dropped, as the real one does.
func environment(values []string, lookup func(string) (string, bool)) (env []string) {
	for _, value := range values {
		key, _, assigned := strings.Cut(value, "=")
		if key == "" {
			continue
		}
		if assigned {
			env = append(env, value)
		} else if own, found := lookup(key); found {
			env = append(env, key+"="+own)
		}
	}
	return env
}
