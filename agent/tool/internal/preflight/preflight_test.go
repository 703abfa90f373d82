package preflight

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPrintsEveryFactOnceAsOneLine(t *testing.T) {
	var output bytes.Buffer
	if code := Main([]string{"--nofile", "1"}, &output); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	var facts map[string]any
	if err := json.Unmarshal(output.Bytes(), &facts); err != nil || strings.Count(output.String(), "\n") != 1 {
		t.Fatalf("%v: %q", err, output.String())
	}
	var names []string
	for name := range facts {
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{"cgroup", "closeRange", "descriptors", "kernel", "kvm", "landlock", "mounts", "namespaces"}
	if !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	if facts["closeRange"] != "" {
		t.Errorf("close_range on a kernel that builds this: %v", facts["closeRange"])
	}
}

func TestWrongArgumentsAreRefused(t *testing.T) {
	for _, arguments := range [][]string{{"x"}, {"--nofile", "many"}, {"--other"}} {
		var output bytes.Buffer
		if code := Main(arguments, &output); code != 2 || output.Len() > 0 {
			t.Errorf("%q: exit code %d, %q", arguments, code, output.String())
		}
	}
}

func TestAttemptsLeaveNothingBehind(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: makes namespaces")
	}
	seen := func() [3]string {
		var links [3]string
		for i, name := range []string{"net", "mnt"} {
			links[i], _ = os.Readlink("/proc/self/ns/" + name)
		}
		mounts, _ := os.ReadFile("/proc/self/mountinfo")
		links[2] = string(mounts)
		return links
	}
	before := seen()
	facts := gather("", 1)
	if facts.Namespaces != "" || facts.Mounts != "" {
		t.Errorf("%+v", facts)
	}
	if before != seen() || os.Getuid() != 0 {
		t.Error("namespaces, mounts or user are others than before")
	}
}

func TestTheDeviceIsOpenedAsTheMonitorNotAsRoot(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: becomes another user")
	}
	directory := t.TempDir()
	for path := directory; path != os.TempDir(); path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, one := range []struct {
		mode   os.FileMode
		group  int
		groups []uint32
		opens  bool
	}{
		{0o600, 0, nil, false},
		{0o660, 0, nil, false}, // root's group is not kept
		{0o660, 4242, []uint32{4242}, true},
		{0o660, 4242, nil, false},
		{0o660, 4242, []uint32{4243}, false},
		{0o640, 4242, []uint32{4242}, false},
		{0o666, 0, nil, true},
	} {
		file := filepath.Join(directory, "kvm")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(file, 0, one.group); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, one.mode); err != nil {
			t.Fatal(err)
		}
		err := onThread(func() error { return openKVM(file, one.groups) })
		// An ordinary file that opens is still no KVM.
		opened := err != nil && strings.Contains(err.Error(), "API version")
		if opened != one.opens || err == nil {
			t.Errorf("%+v: %v", one, err)
		}
	}
}

func TestOnlyTheGroupNamedKvmIsKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "group")
	text := "root:x:0:\nnotkvm:x:7:\nkvm:x:36:someone\nkvm:x:99:\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := kvmGroups(file); !slices.Equal(got, []uint32{36}) {
		t.Errorf("%v", got)
	}
	for content, name := range map[string]string{"kvm:x:many:": "no number", "kvm": "no fields", "": "empty"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := kvmGroups(file); got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := kvmGroups(file + "-missing"); got != nil {
		t.Errorf("%v", got)
	}
}

func TestDescriptorsAreWhatCanBeHad(t *testing.T) {
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &now); err != nil {
		t.Fatal(err)
	}
	if got := descriptors(now.Max - 1); got != now.Max {
		t.Errorf("%d instead of %d", got, now.Max)
	}
	if got := descriptors(1 << 60); got != now.Max { // above any fs.nr_open
		t.Errorf("%d instead of %d", got, now.Max)
	}
}

func TestBootIDIsAnIdentity(t *testing.T) {
	var output bytes.Buffer
	if code := BootID(&output); code != 0 || !regexp.MustCompile(`^[0-9a-f-]{36}\n$`).Match(output.Bytes()) {
		t.Errorf("%d, %q", code, output.String())
	}
}
