package cage

import (
	"strings"
	"testing"
)

func TestATreeForEachControllerThatAccounts(t *testing.T) {
	v2 := []hierarchy{{"/sys/fs/cgroup", []string{"cpuset", "cpu", "io", "memory", "pids"}}}
	v1 := []hierarchy{{"/a", []string{"cpu", "cpuacct"}}, {"/b", []string{"memory"}}, {"/c", []string{"pids"}}}
	for _, good := range [][]hierarchy{v2, v1} {
		if err := accountedBy(good); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
	for missing, trees := range map[string][]hierarchy{"cpu": v1[1:], "memory": {v1[0], v1[2]}, "pids": v1[:2]} {
		if err := accountedBy(trees); err == nil || !strings.HasSuffix(err.Error(), " "+missing) {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}
