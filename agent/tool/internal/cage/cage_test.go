package cage

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	roleVariable = "CAGE_TEST_ROLE"
	userVariable = "CAGE_TEST_USER"
)

// TestMain lets the test binary play the tool, the command in its cage, and what that leaves running, too.
func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	switch role {
	case "cage":
		_ = os.Setenv(roleVariable, "command")
		os.Exit(Main(os.Args[1:]))
	case "command":
		os.Exit(command())
	case "inmate":
		os.Exit(inmate())
	case "whoami":
		fmt.Print(os.Geteuid())
		os.Exit(0)
	case "uncover":
		_ = unix.Unmount(os.Args[1], unix.MNT_DETACH)
		_ = unix.Mount("", os.Args[1], "", unix.MS_MOVE, "")
		entries, _ := os.ReadDir(os.Args[1])
		fmt.Print(len(entries))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// command is what the tool waits for, as `smolvm machine start` is: it leaves the inmate running and ends when told.
func command() int {
	_ = os.Setenv(roleVariable, "inmate")
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	left := exec.Command("/proc/self/exe")
	left.Stdin, left.Stdout, left.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := left.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	<-ended
	return 0
}

// inmate answers questions, one JSON line for each line.
func inmate() int {
	if user, err := strconv.Atoi(os.Getenv(userVariable)); err == nil && user != 0 {
		if err := becomeUser(user); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	questions := bufio.NewScanner(os.Stdin)
	for questions.Scan() {
		topic, argument, _ := strings.Cut(questions.Text(), " ")
		seen := []string{"no such question"}
		if answer, ok := answers[topic]; ok {
			seen = answer(argument)
		}
		if json.NewEncoder(os.Stdout).Encode(seen) != nil {
			return 1
		}
	}
	return 0
}

// answers are what an inmate can be asked; attempts_test.go adds those that try the walls.
var answers = map[string]func(string) []string{
	"directory": func(path string) (seen []string) {
		entries, err := os.ReadDir(path)
		for _, entry := range entries {
			seen = append(seen, entry.Name())
		}
		if err != nil {
			seen = []string{err.Error()}
		}
		return seen
	},
	"interfaces": func(string) (seen []string) {
		interfaces, _ := net.Interfaces()
		for _, one := range interfaces {
			seen = append(seen, one.Name+" "+one.Flags.String())
		}
		return seen
	},
	"cgroups": func(string) []string {
		data, _ := os.ReadFile("/proc/self/cgroup")
		return strings.Fields(string(data))
	},
	"mounts": func(string) (seen []string) {
		data, _ := os.ReadFile("/proc/self/mountinfo")
		for line := range strings.Lines(string(data)) {
			seen = append(seen, strings.Fields(line)[4])
		}
		slices.Sort(seen)
		return seen
	},
	"cwd": func(string) []string {
		cwd, _ := os.Getwd()
		return []string{cwd}
	},
	"nofile": func(string) []string {
		var limit unix.Rlimit
		_ = unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
		return []string{fmt.Sprint(limit.Max)}
	},
	"capabilities": func(string) []string {
		data, _ := os.ReadFile("/proc/self/status")
		for line := range strings.Lines(string(data)) {
			if name, value, _ := strings.Cut(line, ":"); name == "CapEff" {
				return []string{strings.TrimSpace(value)}
			}
		}
		return nil
	},
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

// prisoner is a running inmate, and the tool that brought it in.
type prisoner struct {
	t         *testing.T
	questions io.Writer
	answers   *json.Decoder
	tool      *exec.Cmd
	settled   bool
}

func (h *host) imprison(arguments ...string) *prisoner {
	h.t.Helper()
	arguments = append([]string{"--bottle-directory", h.path("run/bottle/aaaaaaaaaaaa"), "--door", "door-egress", "--read", os.Args[0]}, arguments...)
	tool := exec.Command(os.Args[0], append(arguments, "--", os.Args[0])...)
	tool.Env = append(os.Environ(), roleVariable+"=cage")
	tool.Dir = h.path("pods")
	return start(h.t, tool, h.path("pods"))
}

// start runs a test binary that becomes an inmate, with a directory open that a careless caller left so.
func start(t *testing.T, tool *exec.Cmd, leaked string) *prisoner {
	t.Helper()
	open, err := os.Open(leaked)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	tool.ExtraFiles = []*os.File{open}
	// Pipes of our own: those of the package close when the tool ends, and the inmate lives on.
	theirQuestions, questions, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, theirAnswers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	tool.Stdin, tool.Stdout, tool.Stderr = theirQuestions, theirAnswers, os.Stderr
	if err := tool.Start(); err != nil {
		t.Fatal(err)
	}
	_ = theirQuestions.Close()
	_ = theirAnswers.Close()
	p := &prisoner{t: t, questions: questions, answers: json.NewDecoder(answers), tool: tool}
	t.Cleanup(func() {
		_ = questions.Close() // the inmate ends
		p.settle()
		_ = answers.Close()
	})
	return p
}

// settle lets the command end, as `smolvm machine start` does, and waits until the tool has taken away its part.
func (p *prisoner) settle() {
	p.t.Helper()
	if p.settled {
		return
	}
	p.settled = true
	if p.t.Failed() {
		_ = p.tool.Process.Signal(syscall.SIGTERM)
		_ = p.tool.Wait()
		return
	}
	_ = p.tool.Process.Signal(syscall.SIGTERM)
	if err := p.tool.Wait(); err != nil {
		p.t.Errorf("the tool: %v", err)
	}
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
	p := h.imprison("--no-cgroup")
	p.sees("directory "+h.path("run/bottle"), "aaaaaaaaaaaa")
	p.sees("directory "+h.path("run/bottle/aaaaaaaaaaaa/door-egress"), "a1.sock")
	p.sees("directory " + h.path("run/bottle/aaaaaaaaaaaa/gate")) // covered: no door
	p.sees("directory "+h.path("pods"), "open "+h.path("pods")+": no such file or directory")
	p.sees("cwd", "/")
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
	p := h.imprison("--no-cgroup")
	p.sees("directory "+h.path("run/bottle/aaaaaaaaaaaa/door-egress"), "a1.sock")
	for range 2 { // while the command runs, and afterwards
		// The Pod is replaced: another volume at the same place, and one that is no door.
		h.must(unix.Unmount(h.path("run/bottle/aaaaaaaaaaaa/door-egress"), 0))
		p.sees("directory " + h.path("run/bottle/aaaaaaaaaaaa/door-egress"))
		h.bind("pods/a2", "run/bottle/aaaaaaaaaaaa/door-egress")
		h.bind("pods/a1", "run/bottle/aaaaaaaaaaaa/gate")
		makeDirectory(t, h.path("pods/late"))
		h.bind("pods/b1", "pods/late")
		p.sees("directory "+h.path("run/bottle/aaaaaaaaaaaa/door-egress"), "a2.sock")
		p.sees("directory " + h.path("run/bottle/aaaaaaaaaaaa/gate"))
		h.must(unix.Unmount(h.path("run/bottle/aaaaaaaaaaaa/gate"), unix.MNT_DETACH))
		p.sees("directory " + h.path("run/bottle/aaaaaaaaaaaa/gate"))
		p.sees("directory "+h.path("run/bottle"), "aaaaaaaaaaaa")
		p.settle()
	}
}

// What is on the list, and nothing else, is what the kernel says is mounted; afterwards without the command's part.
func TestTheMountsAreTheList(t *testing.T) {
	h := newHost(t)
	p := h.imprison("--no-cgroup", "--read", h.path("pods/a2"), "--write", h.path("machines/vms/1"), "--lend", h.path("machines/server"))
	p.ask("cwd") // the cage stands
	write(t, h.path("machines/vms/other"), "")
	bottle := h.path("run/bottle/aaaaaaaaaaaa")
	stays := []string{"/", "/proc", "/tmp", os.Args[0], bottle, bottle + "/door-egress", bottle + "/gate", h.path("pods/a2"), h.path("machines/vms/1")}
	goes := []string{h.path("machines/server")}
	for _, one := range base() {
		info, err := os.Lstat(one.path)
		switch {
		case err != nil || info.Mode()&os.ModeSymlink != 0:
		case one.kind == device:
			stays = append(stays, one.path)
		default:
			goes = append(goes, one.path)
		}
	}
	all := slices.Concat(stays, goes)
	slices.Sort(all)
	slices.Sort(stays)
	p.sees("mounts", all...)
	p.sees("directory "+h.path("machines/vms"), "1")
	p.settle()
	p.sees("mounts", stays...)
	p.sees("directory /usr")
	p.sees("directory " + h.path("machines/server"))
}

func TestRootInTheCageHasAMachinesCapabilitiesOnly(t *testing.T) {
	h := newHost(t)
	var want uint64
	for _, one := range machineCapabilities {
		want |= 1 << one
	}
	bounded, err := strconv.ParseUint(h.imprison("--no-cgroup").ask("capabilities")[0], 16, 64)
	h.must(err)
	if bounded&^want != 0 || bounded&(1<<unix.CAP_SETUID) == 0 {
		t.Errorf("%x instead of %x", bounded, want)
	}
	kept, err := strconv.ParseUint(h.imprison("--no-cgroup", "--keep-capabilities").ask("capabilities")[0], 16, 64)
	h.must(err)
	if kept&(1<<unix.CAP_SYS_ADMIN) == 0 {
		t.Errorf("%x", kept)
	}
}

func TestTheCommandsExitCodeIsTheTools(t *testing.T) {
	h := newHost(t)
	for script, want := range map[string]int{"exit 7": 7, "kill -KILL $$": 137, "true": 0} {
		tool := exec.Command(os.Args[0], "--no-cgroup", "--bottle-directory", h.path("run/bottle/aaaaaaaaaaaa"), "--", "/bin/sh", "-c", script)
		tool.Env = append(os.Environ(), roleVariable+"=cage")
		output, _ := tool.CombinedOutput()
		if got := tool.ProcessState.ExitCode(); got != want {
			t.Errorf("%s: %d, %s", script, got, output)
		}
	}
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
	h.must(os.Symlink(h.path("pods"), h.path("link")))
	write(t, h.path("run/bottle/bbbbbbbbbbbb/stray.sock"), "")
	for message, arguments := range map[string][]string{
		"no cgroup of Pod":   {"--pod-uid", "ffffffff-0000-0000-0000-000000000000", "--bottle-directory", h.path("run/bottle/aaaaaaaaaaaa")},
		"--bottle-directory": {"--no-cgroup", "--bottle-directory", h.path("run/bottle/cccccccccccc")},
		"nowhere":            {"--no-cgroup", "--bottle-directory", h.path("run/bottle/aaaaaaaaaaaa"), "--read", h.path("nowhere")},
		"symbolic link":      {"--no-cgroup", "--bottle-directory", h.path("run/bottle/aaaaaaaaaaaa"), "--read", h.path("link")},
		"not a directory":    {"--no-cgroup", "--bottle-directory", h.path("run/bottle/bbbbbbbbbbbb")},
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
		{"--no-cgroup", "--bottle-directory", bottle, "--hide", "/var", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--door", "", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--door", "../x", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--read", "pods", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--read", "/", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--read", "/run", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--show", "/run/bottle", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--write", bottle, "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--write", "/run/bottle/bbbbbbbbbbbb", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--show", "/proc", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--show", "/proc/1", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--show", "/dev/mem", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--read", "/srv", "--write", "/srv/", "true"},
		{"--no-cgroup", "--bottle-directory", bottle, "--own-cgroup", "memory=1,cpu=1,pids=1", "true"},
		{"--pod-uid", uid, "--bottle-directory", bottle, "--own-cgroup", "memory=1,cpu=1", "true"},
		{"--pod-uid", uid, "--bottle-directory", bottle, "--own-cgroup", "memory=1,cpu=1,pids=0", "true"},
		{"--pod-uid", uid, "--bottle-directory", bottle, "--own-cgroup", "memory=1,cpu=1,pids=1,pids=2", "true"},
	} {
		if wanted, err := parse(arguments); err == nil {
			t.Errorf("%q: %+v", arguments, wanted)
		}
	}
	wanted, err := parse([]string{"--no-cgroup", "--bottle-directory", bottle, "--read", "/run-not", "--", "true", "--read", "x"})
	if err != nil || !slices.Equal(wanted.command, []string{"true", "--read", "x"}) {
		t.Errorf("%+v, %v", wanted, err)
	}
}
