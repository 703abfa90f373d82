package cage

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const roleVariable = "CAGE_TEST_ROLE"

// TestMain lets the test binary play the tool and the program in its cage, too.
func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "cage":
		_ = os.Setenv(roleVariable, "inmate")
		os.Exit(Main(os.Args[1:]))
	case "inmate":
		os.Exit(inmate())
	}
	os.Exit(m.Run())
}

// inmate answers questions about what it sees, one JSON line for each line.
func inmate() int {
	questions := bufio.NewScanner(os.Stdin)
	for questions.Scan() {
		topic, path, _ := strings.Cut(questions.Text(), " ")
		var seen []string
		switch topic {
		case "directory":
			entries, err := os.ReadDir(path)
			for _, entry := range entries {
				seen = append(seen, entry.Name())
			}
			if err != nil {
				seen = []string{err.Error()}
			}
		case "interfaces":
			interfaces, _ := net.Interfaces()
			for _, one := range interfaces {
				seen = append(seen, one.Name+" "+one.Flags.String())
			}
		case "cgroups":
			data, _ := os.ReadFile("/proc/self/cgroup")
			seen = strings.Fields(string(data))
		case "cwd":
			cwd, _ := os.Getwd()
			seen = []string{cwd}
		case "nofile":
			var limit unix.Rlimit
			_ = unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
			seen = []string{fmt.Sprint(limit.Max)}
		}
		if json.NewEncoder(os.Stdout).Encode(seen) != nil {
			return 1
		}
	}
	return 0
}

// host is a mount namespace like a node's, with shared mounts, two Bottles and three Pods. Its doors are bind mounts.
type host struct {
	t    *testing.T
	base string
}

// newHost moves the test's thread there for good: the thread ends with the test.
func newHost(t *testing.T) *host {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: makes namespaces")
	}
	h := &host{t, t.TempDir()}
	runtime.LockOSThread()
	h.must(unix.Unshare(unix.CLONE_NEWNS))
	h.must(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	h.must(unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""))
	for _, pod := range []string{"a1", "a2", "b1"} {
		makeDirectory(t, h.path("pods", pod))
		write(t, h.path("pods", pod, pod+".sock"), "")
	}
	for _, door := range []string{"aaaaaaaaaaaa/door-egress", "aaaaaaaaaaaa/gate", "bbbbbbbbbbbb/door-egress"} {
		makeDirectory(t, h.path("run/bottle", door))
	}
	h.bind("pods/a1", "run/bottle/aaaaaaaaaaaa/door-egress")
	h.bind("pods/b1", "run/bottle/bbbbbbbbbbbb/door-egress")
	return h
}

func (h *host) path(parts ...string) string {
	return filepath.Join(append([]string{h.base}, parts...)...)
}

func (h *host) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) bind(from, to string) {
	h.t.Helper()
	h.must(unix.Mount(h.path(from), h.path(to), "", unix.MS_BIND, ""))
	h.t.Cleanup(func() { _ = unix.Unmount(h.path(to), unix.MNT_DETACH) })
}

// prisoner is a running inmate.
type prisoner struct {
	t         *testing.T
	questions io.Writer
	answers   *json.Decoder
}

func (h *host) imprison(arguments ...string) *prisoner {
	h.t.Helper()
	arguments = append(append([]string{"--bottle-directory", h.path("run/bottle/aaaaaaaaaaaa")}, arguments...), "--", os.Args[0])
	tool := exec.Command(os.Args[0], arguments...)
	tool.Env = append(os.Environ(), roleVariable+"=cage")
	tool.Stderr = os.Stderr
	tool.Dir = h.path("pods")
	// What a careless caller leaves open must not be a way out.
	pods, err := os.Open(h.path("pods"))
	h.must(err)
	defer pods.Close()
	tool.ExtraFiles = []*os.File{pods}
	questions, err := tool.StdinPipe()
	h.must(err)
	answers, err := tool.StdoutPipe()
	h.must(err)
	h.must(tool.Start())
	h.t.Cleanup(func() {
		_ = questions.Close()
		if err := tool.Wait(); err != nil {
			h.t.Errorf("the caged program: %v", err)
		}
	})
	return &prisoner{h.t, questions, json.NewDecoder(answers)}
}

func (p *prisoner) sees(question string, want ...string) {
	p.t.Helper()
	if got := p.ask(question); !slices.Equal(got, want) {
		p.t.Errorf("%s: sees %q instead of %q", question, got, want)
	}
}

func (p *prisoner) ask(question string) []string {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.questions, question); err != nil {
		p.t.Fatal(err)
	}
	var seen []string
	if err := p.answers.Decode(&seen); err != nil {
		p.t.Fatalf("%s: %v", question, err)
	}
	return seen
}

func TestOnlyThisBottlesDoorsExist(t *testing.T) {
	h := newHost(t)
	p := h.imprison("--no-cgroup", "--hide", h.path("pods"))
	p.sees("directory "+h.path("run/bottle"), "aaaaaaaaaaaa")
	p.sees("directory "+h.path("run/bottle/aaaaaaaaaaaa/door-egress"), "a1.sock")
	p.sees("directory " + h.path("pods"))
	p.sees("cwd", "/")
	if got := p.ask("directory /proc/self/fd"); slices.Contains(got, "3") && len(got) > 8 {
		t.Errorf("inherited descriptors: %q", got)
	}
	// The host's own view is as before.
	entries, err := os.ReadDir(h.path("run/bottle"))
	h.must(err)
	if len(entries) != 2 {
		t.Errorf("the host sees %v", entries)
	}
	if _, err := os.Stat(h.path("pods/b1/b1.sock")); err != nil {
		t.Error(err)
	}
}

func TestLaterMountsOfThisBottleArriveAndOthersDoNot(t *testing.T) {
	h := newHost(t)
	p := h.imprison("--no-cgroup", "--hide", h.path("pods"))
	p.sees("directory "+h.path("run/bottle/aaaaaaaaaaaa/door-egress"), "a1.sock")
	// The Pod is replaced: another volume at the same place, and one more.
	h.must(unix.Unmount(h.path("run/bottle/aaaaaaaaaaaa/door-egress"), 0))
	p.sees("directory " + h.path("run/bottle/aaaaaaaaaaaa/door-egress"))
	h.bind("pods/a2", "run/bottle/aaaaaaaaaaaa/door-egress")
	h.bind("pods/a1", "run/bottle/aaaaaaaaaaaa/gate")
	makeDirectory(t, h.path("pods/late"))
	h.bind("pods/b1", "pods/late")
	p.sees("directory "+h.path("run/bottle/aaaaaaaaaaaa/door-egress"), "a2.sock")
	p.sees("directory "+h.path("run/bottle/aaaaaaaaaaaa/gate"), "a1.sock")
	p.sees("directory "+h.path("run/bottle"), "aaaaaaaaaaaa")
	p.sees("directory " + h.path("pods"))
}

func TestNetworkIsEmpty(t *testing.T) {
	p := newHost(t).imprison("--no-cgroup")
	p.sees("interfaces", "lo loopback")
}

func TestDescriptorLimitIsRaisedOrKept(t *testing.T) {
	h := newHost(t)
	var now unix.Rlimit
	h.must(unix.Getrlimit(unix.RLIMIT_NOFILE, &now))
	h.imprison("--no-cgroup", "--nofile", fmt.Sprint(now.Max-1)).sees("nofile", fmt.Sprint(now.Max))
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var capabilities [2]unix.CapUserData
	h.must(unix.Capget(&header, &capabilities[0]))
	want := now.Max + 1
	if capabilities[0].Effective&(1<<unix.CAP_SYS_RESOURCE) == 0 {
		want = now.Max // cannot be raised, and the machine starts all the same
	}
	h.imprison("--no-cgroup", "--nofile", fmt.Sprint(now.Max+1)).sees("nofile", fmt.Sprint(want))
}

func TestLimitThatStaysLowIsSaid(t *testing.T) {
	var now syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &now); err != nil {
		t.Fatal(err)
	}
	var warnings strings.Builder
	if err := raiseDescriptorLimit(1<<60, &warnings); err != nil { // above any fs.nr_open
		t.Fatal(err)
	}
	if !strings.Contains(warnings.String(), fmt.Sprintf("stays at %d", now.Max)) {
		t.Fatalf("%q", warnings.String())
	}
}

func TestRunsInTheChildOfThePodsCgroup(t *testing.T) {
	pods := podInEveryTree(t)
	p := newHost(t).imprison("--pod-uid", uid)
	got := p.ask("cgroups")
	inside := 0
	for _, line := range got {
		if strings.HasSuffix(line, "/kubepods/pod"+uid+"/"+child) {
			inside++
		}
	}
	if inside != len(pods) {
		t.Errorf("in %d of %d: %q", inside, len(pods), got)
	}
}

func TestNothingRunsWithoutItsCage(t *testing.T) {
	h := newHost(t)
	for message, arguments := range map[string][]string{
		"no cgroup of Pod":   {"--pod-uid", "ffffffff-0000-0000-0000-000000000000", "--bottle-directory", h.path("run/bottle/aaaaaaaaaaaa")},
		"--bottle-directory": {"--no-cgroup", "--bottle-directory", h.path("run/bottle/cccccccccccc")},
		"hide":               {"--no-cgroup", "--bottle-directory", h.path("run/bottle/aaaaaaaaaaaa"), "--hide", h.path("nowhere")},
	} {
		tool := exec.Command(os.Args[0], append(arguments, "--", "/bin/echo", "loose")...)
		tool.Env = append(os.Environ(), roleVariable+"=cage")
		output, err := tool.CombinedOutput()
		if tool.ProcessState.ExitCode() != 1 || !strings.Contains(string(output), message) || strings.Contains(string(output), "loose") {
			t.Errorf("%s: %v, %s", message, err, output)
		}
	}
}

func TestWrongArgumentsAreRefused(t *testing.T) {
	const bottle = "/run/bottle/aaaaaaaaaaaa"
	for _, arguments := range [][]string{
		{},
		{"--no-cgroup", "--bottle-directory", bottle},
		{"--bottle-directory", bottle, "true"},
		{"--no-cgroup", "--pod-uid", uid, "--bottle-directory", bottle, "true"},
		{"--pod-uid", "../../x", "--bottle-directory", bottle, "true"},
		{"--no-cgroup", "true"},
		{"--no-cgroup", "--bottle-directory", "run/bottle/a", "true"},
		{"--no-cgroup", "--bottle-directory", "/run", "true"},
		{"--no-cgroup", "--bottle-directory", "/run/../a", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--hide", "pods", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--hide", "/", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--hide", "/run", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--hide", bottle, "true"},
	} {
		if wanted, err := parse(arguments); err == nil {
			t.Errorf("%q: %+v", arguments, wanted)
		}
	}
	wanted, err := parse([]string{"--no-cgroup", "--bottle-directory", bottle, "--hide", "/run/bottle/aaaaaaaaaaaa-not", "--", "true", "--hide", "x"})
	if err != nil || !slices.Equal(wanted.command, []string{"true", "--hide", "x"}) {
		t.Errorf("%+v, %v", wanted, err)
	}
}
