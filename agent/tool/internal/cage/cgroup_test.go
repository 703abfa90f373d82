package cage

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const uid = "0f6e5d4c-3b2a-1908-f7e6-d5c4b3a29180"

func makeDirectory(t *testing.T, parts ...string) string {
	t.Helper()
	path := filepath.Join(parts...)
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestFindsThePodWhereTheKubeletPutsIt(t *testing.T) {
	const other = "11111111-2222-3333-4444-555555555555"
	slice := strings.ReplaceAll(uid, "-", "_")
	for name, place := range map[string]string{
		"cgroupfs, guaranteed": "kubepods/pod" + uid,
		"cgroupfs, burstable":  "kubepods/burstable/pod" + uid,
		"systemd, guaranteed":  "kubepods.slice/kubepods-pod" + slice + ".slice",
		"systemd, besteffort":  "kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + slice + ".slice",
		"cgroup root":          "kubelet/kubepods/burstable/pod" + uid,
		"kind":                 "kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod" + slice + ".slice",
	} {
		t.Run(name, func(t *testing.T) {
			tree := t.TempDir()
			want := makeDirectory(t, tree, place)
			makeDirectory(t, want, "container")
			makeDirectory(t, tree, "kubepods/burstable/pod"+other)
			got, err := findPod(tree, uid)
			if got != want || err != nil {
				t.Fatalf("%q, %v", got, err)
			}
		})
	}
}

func TestImpostorsAreNotThePod(t *testing.T) {
	for name, places := range map[string][]string{
		"no Pod at all":            {"kubepods/burstable"},
		"outside of the kubelet's": {"system.slice/pod" + uid},
		"inside another Pod's":     {"kubepods/burstable/pod11111111-2222/kubepods/pod" + uid},
		"a longer name":            {"kubepods/pod" + uid + "0", "kubepods/xpod" + uid},
		"a file":                   {},
	} {
		t.Run(name, func(t *testing.T) {
			tree := t.TempDir()
			for _, place := range places {
				makeDirectory(t, tree, place)
			}
			if name == "a file" {
				write(t, filepath.Join(makeDirectory(t, tree, "kubepods"), "pod"+uid), "")
			}
			if got, err := findPod(tree, uid); got != "" || err != nil {
				t.Fatalf("%q, %v", got, err)
			}
		})
	}
}

func TestTwoClaimantsAreAnError(t *testing.T) {
	tree := t.TempDir()
	makeDirectory(t, tree, "kubepods/pod"+uid)
	makeDirectory(t, tree, "kubepods/burstable/pod"+uid)
	if got, err := findPod(tree, uid); err == nil {
		t.Fatal(got)
	}
}

func TestEveryAccountingTreeMustHaveThePod(t *testing.T) {
	tree := func(controllers string, pod bool) hierarchy {
		path := t.TempDir()
		if pod {
			makeDirectory(t, path, "kubepods/pod"+uid)
		}
		return hierarchy{path, strings.Split(controllers, ",")}
	}
	for name, test := range map[string]struct {
		trees []hierarchy
		found int
	}{
		"v2":                    {[]hierarchy{tree("cpuset,cpu,io,memory,pids", true)}, 1},
		"v2, absent":            {[]hierarchy{tree("cpuset,cpu,io,memory,pids", false)}, 0},
		"v1":                    {[]hierarchy{tree("rw,cpu,cpuacct", true), tree("rw,memory", true), tree("rw,freezer", true)}, 3},
		"v1, not all frozen":    {[]hierarchy{tree("rw,memory", true), tree("rw,freezer", false)}, 1},
		"v1, memory is missing": {[]hierarchy{tree("rw,cpu,cpuacct", true), tree("rw,memory", false)}, 0},
		"hybrid":                {[]hierarchy{tree("rw,memory", true), tree("", false)}, 1},
		"only a name":           {[]hierarchy{tree("rw,name=systemd", true)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := podCgroups(test.trees, uid)
			if len(found) != test.found || (err == nil) != (test.found > 0) {
				t.Fatalf("%q, %v", found, err)
			}
		})
	}
}

func TestTreesAreReadFromMountinfo(t *testing.T) {
	unified := t.TempDir()
	write(t, unified+"/cgroup.controllers", "cpu memory\n")
	path := filepath.Join(t.TempDir(), "mountinfo")
	write(t, path, `27 1 254:0 / / rw,relatime shared:2 - ext4 /dev/vda rw
31 23 0:28 / /sys/fs/cgroup rw shared:6 - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:7 - cgroup cgroup rw,cpu,cpuacct
33 31 0:29 / /mnt/again rw - cgroup cgroup rw,cpu,cpuacct
34 31 0:31 /kubepods/podx /run/inner rw - cgroup cgroup rw,memory
35 31 0:31 /../.. /sys/fs/cgroup/with\040space rw - cgroup cgroup rw,memory
41 31 0:38 / `+unified+` rw shared:16 master:3 - cgroup2 cgroup2 rw,nsdelegate
`)
	got, err := mountedHierarchies(path)
	want := fmt.Sprint([]hierarchy{
		{"/sys/fs/cgroup/cpu,cpuacct", []string{"rw", "cpu", "cpuacct"}},
		{"/sys/fs/cgroup/with space", []string{"rw", "memory"}},
		{unified, []string{"cpu", "memory"}},
	})
	if err != nil || fmt.Sprint(got) != want {
		t.Fatalf("%v, %v", got, err)
	}
	write(t, path, "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n")
	if got, err := mountedHierarchies(path); err == nil {
		t.Fatalf("no tree at all: %v", got)
	}
}

// podInEveryTree makes the kernel's own trees hold a Pod, apart from those of any kubelet, and returns its cgroups.
func podInEveryTree(t *testing.T) []string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: makes cgroups")
	}
	trees, err := mountedHierarchies("/proc/self/mountinfo")
	if err != nil {
		t.Fatalf("root, and no cgroups: %v", err)
	}
	var pods []string
	for _, tree := range trees {
		left, _ := filepath.Glob(filepath.Join(tree.path, "bottle-test-*")) // by a run that was killed
		for _, cgroup := range left {
			var inner []string
			_ = filepath.WalkDir(cgroup, func(path string, _ os.DirEntry, _ error) error {
				inner = append(inner, path)
				return nil
			})
			for _, path := range slices.Backward(inner) {
				_ = unix.Rmdir(path)
			}
		}
		cgroup := tree.path
		for _, name := range []string{fmt.Sprintf("bottle-test-%d", os.Getpid()), "kubepods", "pod" + uid} {
			cgroup = filepath.Join(cgroup, name)
			if err := os.Mkdir(cgroup, 0o755); err != nil {
				t.Fatalf("root, and cgroups that cannot be written: %v", err)
			}
			made := cgroup
			t.Cleanup(func() { removeEmptied(t, made) })
			for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
				if err := inherit(cgroup, file); err != nil { // as the kubelet does
					t.Fatal(err)
				}
			}
		}
		t.Cleanup(func() { removeEmptied(t, filepath.Join(cgroup, child)) })
		pods = append(pods, cgroup)
	}
	return pods
}

// removeEmptied takes a cgroup away once its last process has left: one that was told to end may be ending still.
func removeEmptied(t *testing.T, cgroup string) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		err := unix.Rmdir(cgroup)
		if err == nil || err == unix.ENOENT {
			return
		}
		if err != unix.EBUSY || time.Now().After(deadline) {
			t.Errorf("%s stays: %v", cgroup, err)
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestJoinsTheKernelsTrees(t *testing.T) {
	pods := podInEveryTree(t)
	sleeper := exec.Command("sleep", "1000")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sleeper.Process.Kill(); _ = sleeper.Wait() })
	trees, _ := mountedHierarchies("/proc/self/mountinfo")
	found, err := podCgroups(trees, uid)
	if err != nil || !slices.Equal(found, pods) {
		t.Fatalf("found %q instead of %q, %v", found, pods, err)
	}
	for range 2 { // a second machine start finds the child there
		for _, pod := range found {
			if err := join(filepath.Join(pod, child), sleeper.Process.Pid); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, pod := range pods {
		members, err := os.ReadFile(filepath.Join(pod, child, "cgroup.procs"))
		if err != nil || strings.TrimSpace(string(members)) != fmt.Sprint(sleeper.Process.Pid) {
			t.Errorf("%s: %q, %v", pod, members, err)
		}
	}
}

// A machine that stayed in one tree of the agent's container died with the agent's Pod.
func TestAwaitsThePodInEveryTreeThatHoldsPods(t *testing.T) {
	accounts := hierarchy{path: t.TempDir(), controllers: accounting}
	freezer := hierarchy{path: t.TempDir(), controllers: []string{"freezer"}}
	foreign := hierarchy{path: t.TempDir()}
	first := makeDirectory(t, accounts.path, "kubepods/pod"+uid)
	makeDirectory(t, freezer.path, "kubepods")
	late := filepath.Join(freezer.path, "kubepods/pod"+uid)
	go func() {
		time.Sleep(50 * time.Millisecond)
		_ = os.Mkdir(late, 0o755)
	}()
	trees := []hierarchy{accounts, freezer, foreign}
	found, err := awaitPodCgroups(trees, uid, time.Minute)
	if err != nil || !slices.Equal(found, []string{first, late}) {
		t.Fatalf("%q, %v", found, err)
	}
	if left := without(trees, found); len(left) != 1 || left[0].path != foreign.path {
		t.Fatalf("left: %v", left)
	}
}

func TestAPodThatNeverComesIsAnError(t *testing.T) {
	accounts := hierarchy{path: t.TempDir(), controllers: accounting}
	if found, err := awaitPodCgroups([]hierarchy{accounts}, uid, 0); err == nil {
		t.Fatalf("found %q", found)
	}
}
