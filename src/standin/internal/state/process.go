package state

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Process identifies a process beyond the reuse of its pid.
type Process struct {
	PID       int
	StartTime uint64 // field 22 of /proc/<pid>/stat, clock ticks after boot
}

// Find reads the identity of the process that has this pid now.
func Find(pid int) (Process, error) {
	start, _, err := readStat(pid)
	return Process{PID: pid, StartTime: start}, err
}

// Alive says whether this very process exists and is not a zombie.
func (p Process) Alive() bool {
	start, run, err := readStat(p.PID)
	return p.PID > 0 && err == nil && start == p.StartTime && run != "Z" && run != "X"
}

// Frozen says whether the process is stopped by a signal or a tracer: its guest answers nothing.
func (p Process) Frozen() bool {
	_, run, err := readStat(p.PID)
	return err == nil && (run == "T" || run == "t")
}

func readStat(pid int) (start uint64, run string, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, "", err
	}
	// The command name may hold blanks and parentheses; fields count from the last ')'.
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	if len(fields) < 20 {
		return 0, "", fmt.Errorf("/proc/%d/stat: %d fields", pid, len(fields))
	}
	start, err = strconv.ParseUint(fields[19], 10, 64)
	return start, fields[0], err
}
