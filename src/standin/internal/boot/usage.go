package boot

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Used is what a guest's processes use now.
type Used struct {
	Memory int64 // bytes, resident
	CPU    time.Duration
}

// userHertz is the unit of the times in /proc/PID/stat (proc(5)); Linux never had another on what runs this.
const userHertz = 100

// Usage sums over the processes in the guest's cgroup; zero when it does not run.
func Usage(dir string) (used Used) {
	raw, err := os.ReadFile(filepath.Join(dir, cgroupsName))
	var groups []string
	if err != nil || json.Unmarshal(raw, &groups) != nil || len(groups) == 0 {
		return used
	}
	pids, err := os.ReadFile(filepath.Join(groups[0], "cgroup.procs"))
	if err != nil {
		return used
	}
	for _, pid := range strings.Fields(string(pids)) {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%s/stat", pid))
		if err != nil {
			continue // ended meanwhile
		}
		fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
		if len(fields) < 22 {
			continue
		}
		for _, ticks := range fields[11:13] {
			count, _ := strconv.ParseInt(ticks, 10, 64)
			used.CPU += time.Duration(count) * time.Second / userHertz
		}
		pages, _ := strconv.ParseInt(fields[21], 10, 64)
		used.Memory += pages * int64(os.Getpagesize())
	}
	return used
}
