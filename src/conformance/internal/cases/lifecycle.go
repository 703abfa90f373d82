package cases

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"dev.bottle/conformance/internal/suite"
)

// lifecycle is a machine that is stopped, started, raced for and deleted.
func lifecycle() suite.Group {
	var pid int
	var bootID string
	return suite.Group{
		Name: "lifecycle",
		Setup: func(t *suite.T) {
			boot(t, "a", "-w", "/made/for/it", "--", "/bin/sh", "-c", "trap 'echo asked >/srv/asked; exit 0' TERM; echo up >>/srv/starts; while :; do sleep 1; done")
			pid = status(t, "a").pid()
			bootID = sh(t, "a", "echo kept >/srv/kept; echo lost >/tmp/lost; echo lost >/run/lost; cat /proc/sys/kernel/random/boot_id; sync")
		},
		Cases: []suite.Case{
			{"stop of a running machine", "§10 stop", func(t *suite.T) {
				t.Machine("stop", "--name", "a").Exits(0).Out("Stopping machine 'a'...\nStopped machine: a\n")
				suite.Equal(t, "the VMM lives", alive(pid), false)
				r := status(t, "a")
				suite.Equal(t, "state", r.State, "stopped")
				suite.Equal(t, "pid is null", r.PID == nil, true)
			}},
			{"stop of a stopped machine", "§10 stop", func(t *suite.T) {
				t.Machine("stop", "--name", "a").Exits(0).Out("Machine 'a' is not running (state: stopped)\n")
			}},
			{"exec and cp on a stopped machine", "§10 exec", func(t *suite.T) {
				t.Machine("exec", "--name", "a", "--", "true").Fails(notRunning)
				t.Machine("cp", "a:/srv/kept", "/dev/null").Fails(notRunning)
			}},
			{"logs of a stopped machine", "§12.3", func(t *suite.T) {
				t.Machine("logs", "--name", "a").Exits(0)
			}},
			{"of starts at once, one boots", "§10 start", func(t *suite.T) {
				// Starts at once may also end each other's VMM, so that none boots; then nothing runs, and the next may.
				booted := 0
				for rounds := 0; booted == 0 && rounds < 5; rounds++ {
					done := make(chan *suite.Result)
					for range 3 {
						call := t.Smolvm("machine", "start", "--name", "a")
						go func() { done <- call.Do() }()
					}
					for range 3 {
						switch r := <-done; {
						case r.Exit == 0 && strings.HasPrefix(r.Stdout, "Machine 'a' running (PID: "):
							booted++
						case r.Exit == 0:
							r.OutMatches(`^Machine 'a' already running \(PID: \d+\)\n$`)
						case strings.Contains(r.Stderr, noProgress), strings.Contains(r.Stderr, endedByAnother): // see start
						default:
							r.Exits(1).ErrHas("another process is already starting or running this VM")
						}
					}
				}
				suite.Equal(t, "boots", booted, 1)
				awaitRunning(t, "a")
				suite.Equal(t, "VMMs", len(monitors(t, "a")), 1)
			}},
			{"a start keeps the disk and forgets the memory", "§10 process 5", func(t *suite.T) {
				suite.Equal(t, "kept", sh(t, "a", "cat /srv/kept"), "kept\n")
				suite.Equal(t, "in /tmp and /run", sh(t, "a", "ls /tmp/lost /run/lost 2>/dev/null; true"), "")
			}},
			{"a start is a boot: another boot id, the workload again", "§10 process 5, §1.4", func(t *suite.T) {
				if id := sh(t, "a", "cat /proc/sys/kernel/random/boot_id"); id == bootID {
					t.Failf("the boot id is still %s", id)
				}
				t.Eventually("the workload started twice", func() bool { return sh(t, "a", "cat /srv/starts") == "up\nup\n" })
			}},
			{"start makes the workload's directory", "facts start", func(t *suite.T) {
				suite.Equal(t, "directory", sh(t, "a", "pwd; stat -c '%a %u' ."), "/made/for/it\n755 0\n")
			}},
			{"stop asks the workload first", "facts others", func(t *suite.T) {
				suite.Equal(t, "what it wrote at SIGTERM", sh(t, "a", "cat /srv/asked"), "asked\n")
			}},
			{"update --storage grows a disk that exists", "§1.10", func(t *suite.T) {
				t.Machine("stop", "--name", "a", "-t", "0").Exits(0).OutHas("Stopped machine: a\n")
				t.Machine("update", "--name", "a", "--storage", "2").Exits(0).OutHas("  storage: 1 GiB → 2 GiB\n")
				suite.Equal(t, "storage", *status(t, "a").StorageGB, 2)
			}},
			{"delete -f of a running machine leaves nothing", "§10 delete", func(t *suite.T) {
				start(t, "a").Exits(0)
				awaitRunning(t, "a")
				pid := status(t, "a").pid()
				dir := strings.TrimSpace(t.Machine("data-dir", "--name", "a").Stdout)
				t.Machine("delete", "--name", "a", "-f").Exits(0).Out("Stopping machine 'a'...\nCleaning up data directory for vm: a\nDeleted machine: a\n")
				suite.Equal(t, "the VMM lives", alive(pid), false)
				if _, err := os.Stat(dir); err == nil {
					t.Failf("%s is still there", dir)
				}
				t.Machine("ls", "--json").Out("[]\n")
			}},
			{"a name that was deleted begins anew", "§10 delete", func(t *suite.T) {
				created(t, "a", small...)
				r := status(t, "a")
				suite.Equal(t, "state", r.State, "created")
				t.Machine("logs", "--name", "a").Exits(0).Out("")
			}},
		},
	}
}

// endedByAnother is what a start says whose VMM another start of the same machine ended.
const endedByAnother = "boot process was killed by SIGTERM"

// crash is a machine whose VMM is killed and frozen.
func crash() suite.Group {
	return suite.Group{
		Name: "crash",
		Setup: func(t *suite.T) {
			boot(t, "c")
			sh(t, "c", "echo synced >/srv/synced; echo lost >/tmp/lost; sync")
		},
		Cases: []suite.Case{
			{"kill -9 of the VMM: stopped, with a stale pid", "§10 process 5, §12.2.11", func(t *suite.T) {
				pid := status(t, "c").pid()
				t.Must(syscall.Kill(pid, syscall.SIGKILL))
				t.Eventually("the VMM is gone", func() bool { return !alive(pid) })
				r := status(t, "c")
				suite.Equal(t, "state", r.State, "stopped")
				suite.Equal(t, "pid", r.pid(), pid)
				t.Machine("exec", "--name", "c", "--", "true").Exits(1).ErrHas("machine 'c' is not running.")
			}},
			{"after kill -9: what was synced is there, /tmp is not", "§10 process 5, §12.2.11", func(t *suite.T) {
				start(t, "c").Exits(0).OutMatches(`^Machine 'c' running \(PID: \d+\)\n$`)
				awaitRunning(t, "c")
				suite.Equal(t, "files", sh(t, "c", "cat /srv/synced; ls /tmp/lost 2>/dev/null; true"), "synced\n")
			}},
			// What the agent does before every boot: the overlay disk has no journal, and after a kill may not be mounted.
			{"kill -9 of a VMM just booted: a start without the overlay disk has what was on the other", "facts start", func(t *suite.T) {
				t.Must(syscall.Kill(status(t, "c").pid(), syscall.SIGKILL))
				t.Eventually("it is stopped", func() bool { return status(t, "c").State == "stopped" })
				directory := strings.TrimSpace(t.Machine("data-dir", "--name", "c").Exits(0).Stdout)
				for _, file := range []string{"overlay.raw", "overlay.formatted"} {
					t.Must(os.RemoveAll(filepath.Join(directory, file)))
				}
				start(t, "c").Exits(0).OutMatches(`^Machine 'c' running \(PID: \d+\)\n$`)
				awaitRunning(t, "c")
				suite.Equal(t, "files", sh(t, "c", "cat /srv/synced"), "synced\n")
			}},
			{"a frozen VMM is unreachable, and exec is refused", "§10 status, §12.2.4", func(t *suite.T) {
				pid := status(t, "c").pid()
				defer syscall.Kill(pid, syscall.SIGCONT)
				freeze(t, pid)
				suite.Equal(t, "state", status(t, "c").State, "unreachable")
				t.Machine("exec", "--name", "c", "--", "true").Exits(1).Out("").ErrHas("Error: agent operation failed: connect: machine 'c' ")
			}},
			{"unreachable sticks: exec works again, and start reboots", "§12.2.4, §10 start", func(t *suite.T) {
				pid := status(t, "c").pid()
				// It was just booted and is about to be killed: without the sync its overlay disk may be lost.
				t.Eventually("exec works", func() bool { return t.Machine("exec", "--name", "c", "--", "sync").Exit == 0 })
				start(t, "c").Exits(0).
					OutMatches(fmt.Sprintf(`^Machine 'c' is unreachable \(PID %d alive but agent unresponsive\); cleaning up\.\nMachine 'c' running \(PID: \d+\)\n$`, pid))
				suite.Equal(t, "the former VMM lives", alive(pid), false)
				awaitRunning(t, "c")
			}},
			{"stop of an unreachable machine kills it", "§12.3", func(t *suite.T) {
				pid := status(t, "c").pid()
				defer syscall.Kill(pid, syscall.SIGCONT)
				freeze(t, pid)
				t.Machine("exec", "--name", "c", "--", "true").Exits(1)
				t.Machine("stop", "--name", "c").Exits(0).Out(fmt.Sprintf("Machine 'c' is unreachable (PID %d alive but agent unresponsive); cleaning up.\nStopped machine: c\n", pid))
				suite.Equal(t, "the VMM lives", alive(pid), false)
				suite.Equal(t, "state", status(t, "c").State, "stopped")
			}},
		},
	}
}

// freeze stops a process and waits until it stands.
func freeze(t *suite.T, pid int) {
	t.Must(syscall.Kill(pid, syscall.SIGSTOP))
	t.Eventually("the VMM stands still", func() bool { return strings.HasPrefix(process(t, pid).status["State"], "T") })
}

// refused is machines that boot and then cannot do what they were made for: start ends them again.
func refused() suite.Group {
	fails := func(t *suite.T, name, why string) {
		t.Machine("start", "--name", name).Exits(1).Out("").
			ErrMatches(`^Starting machine '` + name + `'\.\.\.\n` + progress + regexp.QuoteMeta("Error: agent operation failed: start background CMD: agent operation failed: run container detached: "+why) + "\n$")
		suite.Equal(t, "state", status(t, name).State, "created")
		suite.Equal(t, "VMMs", len(monitors(t, name)), 0)
	}
	return suite.Group{
		Name:  "refused",
		Setup: func(t *suite.T) { created(t, "p", append(append([]string{}, small...), "--", "nonsense")...) },
		Cases: []suite.Case{
			{"start: a workload that is not there", "facts start", func(t *suite.T) {
				fails(t, "p", "start workload: executable file `nonsense` not found in $PATH: No such file or directory")
			}},
			{"last_exit says how a VMM ended that start gave up", "facts others", func(t *suite.T) {
				var all map[string]any
				t.Machine("status", "--name", "p", "--json").JSON(&all)
				last, _ := all["last_exit"].(map[string]any)
				for key, want := range map[string]any{"cause": "stopped", "signal": 15.0, "signal_name": "SIGTERM"} {
					suite.Equal(t, key, last[key], want)
				}
				if at, isNumber := last["exited_at_unix_ms"].(float64); !isNumber || at < 1e12 || last["pid"] == nil {
					t.Failf("last_exit is %v", last)
				}
				t.Machine("status", "--name", "p").Exits(0).Out("Machine 'p': created\n  last exit: VMM stopped by smolvm\n")
			}},
			{"start: a user that the guest does not have", "facts start", func(t *suite.T) {
				created(t, "u", append(append([]string{}, small...), "--user", "nobody-such", "--", "sleep", "1")...)
				fails(t, "u", "user 'nobody-such' not found in container rootfs")
			}},
			{"start: an image that the VMM may not read", "§12.2.2, facts start", func(t *suite.T) {
				closed := t.Folder("closed")
				t.Must(os.Mkdir(closed+"/bin", 0o755))
				t.Must(os.Chmod(closed, 0o700))
				t.Machine(append([]string{"create", "--name", "i", "--image", closed}, small...)...).Exits(0)
				fails(t, "i", "Permission denied (os error 13)")
			}},
		},
	}
}

// monitors are the processes whose arguments name the machine's directory.
func monitors(t *suite.T, name string) (pids []string) {
	dir := strings.TrimSpace(t.Machine("data-dir", "--name", name).Stdout)
	all, err := os.ReadDir("/proc")
	t.Must(err)
	for _, entry := range all {
		arguments, err := os.ReadFile("/proc/" + entry.Name() + "/cmdline")
		if err == nil && regexp.MustCompile(`\x00_boot-vm\x00`+regexp.QuoteMeta(dir)).Match(arguments) {
			pids = append(pids, entry.Name())
		}
	}
	return pids
}
