package cage

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A Pod that does not exist: without the option nothing starts, with it the machine gets a limited cgroup of its own.
func TestACgroupOfItsOwnIsLimited(t *testing.T) {
	h := newHost(t)
	trees, err := mountedHierarchies("/proc/self/mountinfo")
	h.must(err)
	pod := fmt.Sprintf("00000000-0000-0000-0000-%012d", os.Getpid())
	t.Cleanup(func() {
		// The inmate is nobody's child any more: its end is seen by its cgroups becoming empty.
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
			busy := false
			for _, tree := range trees {
				busy = busy || unix.Rmdir(filepath.Join(tree.path, ownParent, pod)) == unix.EBUSY
				_ = unix.Rmdir(filepath.Join(tree.path, ownParent))
			}
			if !busy {
				return
			}
			runtime.Gosched()
		}
		t.Error("its cgroup stays busy")
	})
	p := h.imprison("--pod-uid", pod, "--own-cgroup", "memory=268435456,cpu=1500,pids=321")
	inside := 0
	for _, line := range p.ask("cgroups") {
		if strings.HasSuffix(line, "/"+ownParent+"/"+pod) {
			inside++
		}
	}
	want := map[string][]string{"memory": {"268435456"}, "cpu": {"150000", "150000 100000"}, "pids": {"321"}}
	required := 0
	for _, tree := range trees {
		if !tree.required() {
			continue
		}
		required++
		for controller, files := range map[string][]string{"memory": {"memory.limit_in_bytes", "memory.max"},
			"cpu": {"cpu.cfs_quota_us", "cpu.max"}, "pids": {"pids.max"}} {
			for _, file := range files {
				got, err := os.ReadFile(filepath.Join(tree.path, ownParent, pod, file))
				if err != nil {
					continue
				}
				for _, value := range want[controller] {
					if strings.TrimSpace(string(got)) == value {
						delete(want, controller)
					}
				}
			}
		}
	}
	if len(want) != 0 || inside < required {
		t.Errorf("in %d of %d; not set: %v", inside, required, want)
	}
}

func TestLeftOverCgroupsGoAndBusyOnesStay(t *testing.T) {
	pods := podInEveryTree(t)
	for _, pod := range pods {
		busy := filepath.Join(pod, "busy")
		for _, one := range []string{busy, filepath.Join(busy, "inner"), filepath.Join(pod, "empty")} {
			if err := os.Mkdir(one, 0o755); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = unix.Rmdir(one) })
		}
		removeEmpty(pod)
		if exists(filepath.Join(pod, "empty")) || !exists(busy) {
			t.Errorf("%s: empty stays or busy goes", pod)
		}
	}
}

func TestALimitThatNoTreeCanSetStartsNothing(t *testing.T) {
	tree := hierarchy{t.TempDir(), []string{"memory", "pids"}}
	makeDirectory(t, tree.path, ownParent, uid)
	err := joinOwn([]hierarchy{tree}, uid, limits{1 << 20, 1000, 10}, os.Getpid())
	if err == nil || !strings.Contains(err.Error(), "no cgroup tree limits cpu") {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(tree.path, ownParent, uid, "cgroup.procs")); err == nil {
		t.Fatal("it was joined all the same")
	}
}

func TestWithoutTheOptionNoPodMeansNoMachine(t *testing.T) {
	h := newHost(t)
	tool := exec.Command(os.Args[0], "--pod-uid", "ffffffff-0000-0000-0000-000000000000",
		"--bottle-directory", h.path("run/bottle/aaaaaaaaaaaa"), "--", "/bin/echo", "loose")
	tool.Env = append(os.Environ(), roleVariable+"=cage")
	output, err := tool.CombinedOutput()
	if err == nil || strings.Contains(string(output), "loose") {
		t.Fatalf("%v, %s", err, output)
	}
}
