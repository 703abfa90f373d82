package cases

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"dev.bottle/conformance/internal/suite"
)

// small is the size of every machine that boots.
var small = []string{"--cpus", "1", "--mem", "256", "--storage", "1", "--overlay", "1"}

func boot(t *suite.T, name string, options ...string) *suite.Result {
	created(t, name, append(append([]string{}, small...), options...)...)
	started := start(t, name)
	if started.Exit != 0 {
		t.Must(fmt.Errorf("start: exit %d, %s%s", started.Exit, started.Stdout, started.Stderr))
	}
	awaitRunning(t, name)
	return started
}

// progress is what a start that takes seconds says meanwhile.
const progress = `(  preparing the workload .*\n)*`

const noProgress = "no boot progress for 30 seconds"

// start starts a machine. A guest that made no progress for 30 s is given up by smolvm; on a machine
// that is emulated and busy this says nothing, so it is tried again.
func start(t *suite.T, name string) (r *suite.Result) {
	for range 3 {
		if r = t.Machine("start", "--name", name); !strings.Contains(r.Stderr, noProgress) {
			break
		}
	}
	return r
}

// awaitRunning: a start that succeeded is not exec-ready, §12.2.5.
func awaitRunning(t *suite.T, name string) {
	t.Eventually("status running", func() bool { return status(t, name).State == "running" })
}

// sh runs a script in the guest that must succeed, and returns its output.
func sh(t *suite.T, name, script string) string {
	return t.Machine("exec", "--name", name, "--", "sh", "-c", script).Exits(0).Stdout
}

// running is one machine of every kind of option, and everything that is tried on a running machine.
func running() suite.Group {
	var started *suite.Result
	exec := func(t *suite.T, arguments ...string) *suite.Result {
		return t.Machine(append([]string{"exec", "--name", "r"}, arguments...)...)
	}
	return suite.Group{
		Name:    "running",
		Machine: "r",
		Setup: func(t *suite.T) {
			t.Folder("read")
			t.File("read/there", "from the host\n")
			t.Folder("write")
			for _, private := range []string{"read/private", "write/private"} {
				t.Must(os.Chmod(t.File(private, "private"), 0o600))
			}
			write := t.Folder("write")
			t.Must(os.Chmod(write, 0o777))
			closed := t.Folder("closed")
			t.File("closed/in", "")
			t.Must(os.Chmod(closed, 0o700))
			started = boot(t, "r", "-e", "A=record", "-e", "B=record", "-w", "/srv",
				"-v", t.Folder("read")+":/read:ro", "-v", write+":/write", "-v", closed+":/closed",
				"--", "/bin/sh", "-c", "echo from the workload; echo to stderr >&2; echo $A >workload; exec sleep 100000")
		},
		Cases: []suite.Case{
			{"start says what it does", "§10 start, §1.4", func(t *suite.T) {
				started.Exits(0).Out(fmt.Sprintf("Machine 'r' running (PID: %d)\n", status(t, "r").pid())).ErrMatches(`^Starting machine 'r' with 3 mount\(s\)\.\.\.\n` + progress + `$`)
			}},
			{"start of a running machine changes nothing", "§10 start", func(t *suite.T) {
				pid := status(t, "r").pid()
				t.Machine("start", "--name", "r").Exits(0).Out(fmt.Sprintf("Machine 'r' already running (PID: %d)\n", pid))
				suite.Equal(t, "pid", status(t, "r").pid(), pid)
			}},
			{"status of a running machine", "§10 status, §12.3", func(t *suite.T) {
				pid := status(t, "r").pid()
				t.Machine("status", "--name", "r").Exits(0).OutMatches(fmt.Sprintf(`^Machine 'r': running \(PID: %d\)\n  memory: \d+\.\d\d GiB of 0\.\d\d GiB used \(\d+%%\), \d+\.\d\d GiB available\n$`, pid))
				t.Machine("ls").Exits(0).OutMatches(`(?m)^r    running +1    256 MiB       3       0    1 GiB    1 GiB  -`)
			}},
			{"the VMM is a process of its own: argv, group, parent", "§12.2.11", func(t *suite.T) {
				p := process(t, status(t, "r").pid())
				dir := strings.TrimSpace(t.Machine("data-dir", "--name", "r").Stdout)
				suite.Equal(t, "arguments", strings.Join(p.arguments[1:], " "), "_boot-vm "+dir+"/boot-config.json")
				group, err := syscall.Getpgid(p.pid)
				t.Must(err)
				suite.Equal(t, "process group", group, p.pid)
				if p.status["PPid"] == fmt.Sprint(os.Getpid()) {
					t.Failf("the VMM is a child of who called start")
				}
			}},
			{"the VMM has no privileges", "§12.2.1", func(t *suite.T) {
				p := process(t, status(t, "r").pid())
				var uid int
				fmt.Sscan(p.status["Uid"], &uid)
				if uid < 2000000 {
					t.Failf("its uid is %d", uid)
				}
				suite.Equal(t, "uids", p.status["Uid"], fmt.Sprintf("%[1]d\t%[1]d\t%[1]d\t%[1]d", uid))
				suite.Equal(t, "gids", p.status["Gid"], fmt.Sprintf("%[1]d\t%[1]d\t%[1]d\t%[1]d", uid))
				suite.Equal(t, "NoNewPrivs", p.status["NoNewPrivs"], "1")
				for _, set := range []string{"CapEff", "CapPrm", "CapInh", "CapAmb"} {
					suite.Equal(t, set, strings.Trim(p.status[set], "0"), "")
				}
			}},
			{"the VMM stays in the caller's cgroup and namespaces", "§12.4, §1.4", func(t *suite.T) {
				p := process(t, status(t, "r").pid())
				self := process(t, os.Getpid())
				suite.Equal(t, "cgroup", p.cgroup, self.cgroup)
				for _, kind := range []string{"net", "mnt", "ipc", "uts"} {
					suite.Equal(t, kind, p.namespaces[kind], self.namespaces[kind])
				}
			}},
			{"update refuses a running machine", "§10 update", func(t *suite.T) {
				t.Machine("update", "--name", "r", "--cpus", "2").Fails("invalid vm state: expected stopped, got Running")
			}},
			{"exec passes the exit code on", "§10 exec", func(t *suite.T) {
				for _, code := range []int{0, 1, 42, 126, 127, 255} {
					exec(t, "--", "sh", "-c", fmt.Sprintf("exit %d", code)).Exits(code).Out("").Err("")
				}
			}},
			{"exec of a command that a signal kills: 128 and the signal", "§10 exec", func(t *suite.T) {
				exec(t, "--", "sh", "-c", "kill -9 $$").Exits(137)
				exec(t, "-i", "--", "sh", "-c", "kill -15 $$").Exits(143)
			}},
			{"exec: output exact and apart", "§10 exec", func(t *suite.T) {
				exec(t, "--", "sh", "-c", `printf 'a\0b\r\n\377'; printf 'e\0' >&2`).Exits(0).Out("a\x00b\r\n\xff").Err("e\x00")
			}},
			{"exec: arguments arrive as they are", "§10 exec", func(t *suite.T) {
				exec(t, "--", "sh", "-c", `for a; do printf '<%s>' "$a"; done`, "sh", "", "a b", "*", "--name", "$A", "é\n").Exits(0).Out("<><a b><*><--name><$A><é\n>")
			}},
			{"exec without -i has no input", "§10 exec", func(t *suite.T) {
				t.Smolvm("machine", "exec", "--name", "r", "--", "sh", "-c", "readlink /proc/self/fd/0; cat").Input(strings.NewReader("not for you")).Do().Exits(0).Out("/dev/null\n")
			}},
			{"exec -i: binary input to its end, output apart", "§10 exec", func(t *suite.T) {
				data := make([]byte, 3<<20)
				rand.Read(data)
				r := t.Smolvm("machine", "exec", "--name", "r", "-i", "--", "sh", "-c", "cat; echo done >&2").Input(bytes.NewReader(data)).Do().Exits(0).Err("done\n")
				suite.Equal(t, "what came back is what was sent", r.Stdout == string(data), true)
			}},
			{"exec -i: output comes while the command runs", "§10 exec", func(t *suite.T) {
				live(t, func(input io.Writer, output *bufio.Reader) {
					line, err := output.ReadString('\n')
					t.Must(err)
					suite.Equal(t, "first line", line, "one\n")
					io.WriteString(input, "word\n")
					line, err = output.ReadString('\n')
					t.Must(err)
					suite.Equal(t, "second line", line, "two word\n")
				}, "exec", "--name", "r", "-i", "--", "sh", "-c", "echo one; read w; echo two $w")
			}},
			{"exec --stream: output comes while the command runs", "§10 exec", func(t *suite.T) {
				live(t, func(_ io.Writer, output *bufio.Reader) {
					line, err := output.ReadString('\n')
					t.Must(err)
					suite.Equal(t, "first line", line, "one\n")
					sh(t, "r", "touch /tmp/seen")
				}, "exec", "--name", "r", "--stream", "--", "sh", "-c", "echo one; until test -e /tmp/seen; do sleep 1; done")
			}},
			{"exec --timeout: 124, a last line, and the process is gone", "§10 exec, §12.3", func(t *suite.T) {
				timeout := fmt.Sprintf("%dms", (t.Patience / 40).Milliseconds()) // enough to say one word
				exec(t, "--timeout", timeout, "--", "sh", "-c", "echo before; sleep 7001").Exits(124).Out("before\n").Err("\ncommand timed out after " + timeout)
				exec(t, "-i", "--timeout", timeout, "--", "sh", "-c", "echo before; exec sleep 7002").Exits(124).Out("before\n").Err("\ncommand timed out after " + timeout)
				gone(t, "sleep 700[12]")
			}},
			{"exec -d: a number at once, and the process lives on", "§10 exec, §12.3", func(t *suite.T) {
				exec(t, "-d", "--", "sh", "-c", "echo detached >/tmp/detached; exec sleep 7003").Exits(0).OutMatches(`^\d+\n$`).Err("")
				t.Eventually("the detached process ran", func() bool { return exec(t, "--", "cat", "/tmp/detached").Stdout == "detached\n" })
				sh(t, "r", "ps | grep '[s]leep 7003'")
			}},
			{"what an exec leaves in the background lives on", "§10 exec", func(t *suite.T) {
				sh(t, "r", "sleep 7004 >/dev/null 2>&1 &")
				sh(t, "r", "ps | grep '[s]leep 7004'")
			}},
			{"the end of the CLI is the end of its command", "§10 exec", func(t *suite.T) {
				for _, mode := range []string{"-i", "--stream"} {
					ctx, cancel := context.WithCancel(context.Background())
					cmd := t.Smolvm("machine", "exec", "--name", "r", mode, "--", "sh", "-c", "echo up; exec sleep 7005").Command(ctx)
					output, err := cmd.StdoutPipe()
					t.Must(err)
					t.Must(cmd.Start())
					_, err = bufio.NewReader(output).ReadString('\n')
					cancel()
					cmd.Wait()
					t.Must(err)
					gone(t, "sleep 7005")
				}
			}},
			{"exec: environment of record and call", "§10 exec", func(t *suite.T) {
				r := t.Smolvm("machine", "exec", "--name", "r", "-e", "B=call", "-e", "FORWARDED", "-e", "UNSET", "-e", "C=x=y", "--", "env").With("FORWARDED=f").Do().Exits(0).
					OutHas("A=record\n", "B=call\n", "FORWARDED=f\n", "C=x=y\n", "HOME=/root\n", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n")
				for _, absent := range []string{"B=record", "UNSET", "SMOLVM_DATA_DIR"} {
					if strings.Contains(r.Stdout, absent) {
						t.Failf("%s in the guest's environment: %s", absent, r.Stdout)
					}
				}
			}},
			{"exec: directory of record and call", "§10 exec, §12.3", func(t *suite.T) {
				exec(t, "--", "pwd").Exits(0).Out("/srv\n")
				exec(t, "-w", "/etc", "--", "pwd").Exits(0).Out("/etc\n")
				exec(t, "-w", "/nowhere", "--", "pwd").Exits(255).Out("").ErrHas("/nowhere", "No such file or directory")
			}},
			{"exec of what cannot be executed: 255", "§12.3", func(t *suite.T) {
				exec(t, "--", "nonsense").Exits(255).Out("").ErrHas("executable file `nonsense` not found in $PATH: No such file or directory")
				exec(t, "--", "/etc/passwd").Exits(255).Out("").Err("open executable: Permission denied\n")
			}},
			{"exec --user: number, numbers, name", "§12.3, facts", func(t *suite.T) {
				exec(t, "--", "id", "-u").Out("0\n")
				exec(t, "--user", "1000:1000", "--", "sh", "-c", "id -u; id -g").Exits(0).Out("1000\n1000\n")
				exec(t, "-u", "1234", "--", "id", "-u").Exits(0).Out("1234\n")
				exec(t, "--user", "worker", "--", "sh", "-c", "id -u; id -g").Exits(0).Out("1000\n1000\n")
				exec(t, "--user", "nobody-such", "--", "true").Fails("agent operation failed: run command: user 'nobody-such' not found in container rootfs")
			}},
			{"six execs at once, and the machine stays running", "§12.2.7", func(t *suite.T) {
				done := make(chan *suite.Result)
				for i := range 6 {
					call := t.Smolvm("machine", "exec", "--name", "r", "-i", "--", "sh", "-c", fmt.Sprintf("touch /tmp/six.%d; until test -e /tmp/go; do sleep 1; done; echo %d", i, i))
					go func() { done <- call.Do() }()
				}
				t.Eventually("six running", func() bool { return sh(t, "r", "ls /tmp | grep -c six; true") == "6\n" })
				suite.Equal(t, "state", status(t, "r").State, "running")
				sh(t, "r", "touch /tmp/go")
				for range 6 {
					(<-done).Exits(0)
				}
			}},
			{"the workload runs from the start; logs has its output", "§1.4, §12.3", func(t *suite.T) {
				suite.Equal(t, "what it wrote in its directory, with its variables", sh(t, "r", "cat /srv/workload"), "record\n")
				sh(t, "r", "ps | grep '[s]leep 100000'")
				t.Eventually("the workload's output", func() bool { return strings.Count(t.Machine("logs", "--name", "r").Stdout, "\n") == 2 })
				t.Machine("logs", "--name", "r").Exits(0).OutHas("from the workload\n", "to stderr\n")
				suite.Equal(t, "lines of --tail 1", strings.Count(t.Machine("logs", "--name", "r", "--tail", "1").Exits(0).Stdout, "\n"), 1)
			}},
			{"stats of a running machine", "§12.3", func(t *suite.T) {
				var stats struct {
					Name    string
					CPUs    int
					Percent *float64 `json:"cpu_percent"`
					Memory  map[string]int64
				}
				t.Machine("stats", "--name", "r", "--json").Exits(0).JSON(&stats)
				suite.Equal(t, "name", stats.Name, "r")
				suite.Equal(t, "cpus", stats.CPUs, 1)
				suite.Equal(t, "has cpu_percent", stats.Percent != nil, true)
				if total := stats.Memory["total_bytes"]; total < 128<<20 || total > 300<<20 || stats.Memory["used_bytes"] <= 0 {
					t.Failf("memory %v of a machine of 256 MiB", stats.Memory)
				}
			}},
			{"the guest is a machine of its own", "§1.2, §1.8", func(t *suite.T) {
				suite.Equal(t, "hostname", sh(t, "r", "hostname"), "r\n")
				host, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
				t.Must(err)
				if id := sh(t, "r", "cat /proc/sys/kernel/random/boot_id"); id == string(host) || len(id) != 37 {
					t.Failf("boot id %q, the host's is %q", id, host)
				}
				if list := sh(t, "r", "ps"); strings.Contains(list, "_boot-vm") || strings.Contains(list, "conformance") {
					t.Failf("processes of the host in the guest: %s", list)
				}
			}},
			{"no network: lo up, dummy0 down, no route, names and connects fail at once", "§12.2.8", func(t *suite.T) {
				exec(t, "--", "helper", "guest", "network").Exits(0).Out("interface lo up\ninterface dummy0 down\nroutes 0\nconnect: network is unreachable\nnames fail: true\n")
			}},
			{"/run and /dev/shm are memory; /tmp and /workspace are for all", "§10 process 5, §4.4", func(t *suite.T) {
				suite.Equal(t, "file systems", sh(t, "r", `for d in /run /dev/shm; do awk -v d=$d '$2==d{print d, $3}' /proc/mounts; done`), "/run tmpfs\n/dev/shm tmpfs\n")
				suite.Equal(t, "modes", sh(t, "r", "stat -c '%a %u' /tmp /workspace"), "1777 0\n1777 0\n")
			}},
			{"the image is shared and not written to", "§4.1", func(t *suite.T) {
				sh(t, "r", "echo changed >/etc/greeting; echo new >/etc/new; rm /etc/group")
				greeting, err := os.ReadFile(filepath.Join(t.Rootfs, "etc/greeting"))
				t.Must(err)
				suite.Equal(t, "the image's file", string(greeting), "hello\n")
				for name, there := range map[string]bool{"new": false, "group": true} {
					_, err := os.Stat(filepath.Join(t.Rootfs, "etc", name))
					suite.Equal(t, "etc/"+name+" in the image", err == nil, there)
				}
				sh(t, "r", "echo root:x:0: >/etc/group")
			}},
			{"the image must be readable by all, or the guest's root cannot", "§12.2.2", func(t *suite.T) {
				exec(t, "--", "cat", "/etc/private").Exits(1).Out("").ErrHas("Permission denied")
				private := filepath.Join(t.Rootfs, "etc/private")
				t.Must(os.Chmod(private, 0o644))
				defer os.Chmod(private, 0o600)
				exec(t, "--", "cat", "/etc/private").Exits(0).Out("private\n")
			}},
			{"volume ro: read, not written", "§4.5", func(t *suite.T) {
				suite.Equal(t, "content", sh(t, "r", "cat /read/there"), "from the host\n")
				exec(t, "--", "sh", "-c", "echo x >/read/new").Exits(1).ErrHas("Read-only file system")
			}},
			{"volume rw: seen by both, its files are the VMM's", "§4.5", func(t *suite.T) {
				sh(t, "r", "echo from the guest >/write/file")
				path := filepath.Join(t.Dir, "write/file")
				content, err := os.ReadFile(path)
				t.Must(err)
				suite.Equal(t, "content", string(content), "from the guest\n")
				info, err := os.Stat(path)
				t.Must(err)
				if uid := info.Sys().(*syscall.Stat_t).Uid; uid < 2000000 {
					t.Failf("on the host it belongs to uid %d", uid)
				}
				t.File("write/back", "again\n")
				suite.Equal(t, "content", sh(t, "r", "cat /write/back"), "again\n")
			}},
			{"volume: what the VMM may not read, the guest's root may not", "§4.5, §12.2.2", func(t *suite.T) {
				suite.Equal(t, "what it sees", sh(t, "r", "for v in /read /write; do cat $v/private 2>&1; done; ls -A /closed 2>/dev/null; true"),
					"cat: can't open '/read/private': Permission denied\ncat: can't open '/write/private': Permission denied\n")
				exec(t, "--", "sh", "-c", "echo x >/closed/new").Exits(1).ErrHas("Permission denied")
			}},
		},
	}
}

// streaming is each a machine of its own: one that is emulated is lost most easily while megabytes
// come out of it, and then only this is tried again.
func streaming() (groups []suite.Group) {
	exec := func(t *suite.T, arguments ...string) *suite.Result {
		return t.Machine(append([]string{"exec", "--name", "w"}, arguments...)...)
	}
	for _, c := range []suite.Case{
		{"exec -i carries more than the caps of the others", "§10 exec", func(t *suite.T) {
			suite.Equal(t, "bytes", len(exec(t, "-i", "--", "head", "-c", "12000000", "/dev/zero").Exits(0).Stdout), 12000000)
		}},
		{"exec --stream ends at its cap", "§10 exec", func(t *suite.T) {
			r := exec(t, "--stream", "--", "head", "-c", "12000000", "/dev/zero").Exits(1).ErrHas("streaming output exceeded 11534336 byte cap")
			if len(r.Stdout) > 11534336 {
				t.Failf("%d bytes came", len(r.Stdout))
			}
		}},
		{"exec: buffered output is cut without a word", "§12.3", func(t *suite.T) {
			r := exec(t, "--", "sh", "-c", "head -c 12000000 /dev/zero; echo after >&2").Err("after\n")
			// A pipe's content above 11 MiB; how much was in it is chance.
			if n := len(r.Stdout); n < 11<<20 || n > 11<<20+64<<10 {
				t.Failf("%d bytes came", n)
			}
		}},
	} {
		groups = append(groups, suite.Group{Name: c.Name, Machine: "w", Setup: func(t *suite.T) { boot(t, "w") }, Cases: []suite.Case{c}})
	}
	return groups
}

// copying is cp to and from a running machine.
func copying() suite.Group {
	upload := func(t *suite.T, local, path string, options ...string) *suite.Result {
		return t.Machine(append([]string{"cp", local, "k:" + path}, options...)...)
	}
	return suite.Group{Name: "copying", Machine: "k", Setup: func(t *suite.T) { boot(t, "k", "-w", "/srv") }, Cases: []suite.Case{
		{"cp up: 0644, root's, folders made on the way", "§10 cp, §12.3", func(t *suite.T) {
			file := t.File("up", "content\n")
			t.Must(os.Chmod(file, 0o755))
			upload(t, file, "/srv/new/folder/file").Exits(0).Out("").ErrHas("Uploading " + file + " -> /srv/new/folder/file: 8 B / 8 B (100.0%, ")
			suite.Equal(t, "file and folders", sh(t, "k", "cat /srv/new/folder/file; stat -c '%a %u:%g' /srv/new/folder/file /srv/new/folder /srv/new"), "content\n644 0:0\n755 0:0\n755 0:0\n")
		}},
		{"cp up: mode and owner", "§10 cp", func(t *suite.T) {
			file := t.File("owned", "x")
			upload(t, file, "/srv/owned", "--mode", "0640", "--uid", "1000", "--gid", "1001").Exits(0)
			suite.Equal(t, "file", sh(t, "k", "stat -c '%a %u:%g' /srv/owned"), "640 1000:1001\n")
			upload(t, file, "/srv/owned", "--mode", "999").Fails("config operation failed: cp: invalid octal mode '999' (expected e.g. 644)")
		}},
		{"cp up: replaces, and leaves nothing else", "§10 cp", func(t *suite.T) {
			sh(t, "k", "mkdir /srv/one; echo old >/srv/one/file; ln /srv/one/file /srv/linked")
			upload(t, t.File("new", "new\n"), "/srv/one/file").Exits(0)
			suite.Equal(t, "by rename: the former file is whole", sh(t, "k", "cat /srv/one/file /srv/linked; ls -A /srv/one"), "new\nold\nfile\n")
		}},
		{"cp up into the guest's memory, seen by exec", "§10 cp, §1.9", func(t *suite.T) {
			upload(t, t.File("mem", "m"), "/tmp/mem").Exits(0)
			suite.Equal(t, "content", sh(t, "k", "cat /tmp/mem"), "m")
		}},
		{"cp: an empty file both ways", "§10 cp", func(t *suite.T) {
			upload(t, t.File("empty", ""), "/srv/empty").Exits(0)
			back := t.File("back", "something")
			t.Machine("cp", "k:/srv/empty", back).Exits(0).Out("")
			content, err := os.ReadFile(back)
			t.Must(err)
			suite.Equal(t, "content", string(content), "")
		}},
		{"cp: three binary megabytes both ways", "§10 cp", func(t *suite.T) {
			data := make([]byte, 3<<20+1)
			rand.Read(data)
			upload(t, t.File("big", string(data)), "/srv/big").Exits(0)
			back := filepath.Join(t.Dir, "big.back")
			t.Machine("cp", "k:/srv/big", back).Exits(0).Out("").ErrHas("Downloading /srv/big -> " + back + ": 3.0 MB (")
			content, err := os.ReadFile(back)
			t.Must(err)
			suite.Equal(t, "same", bytes.Equal(content, data), true)
		}},
		{"cp: .. and relative guest paths are accepted", "§12.3", func(t *suite.T) {
			upload(t, t.File("dots", "dots"), "/srv/../srv/dots").Exits(0)
			suite.Equal(t, "content", sh(t, "k", "cat /srv/dots"), "dots")
			back := filepath.Join(t.Dir, "relative")
			t.Machine("cp", "k:etc/passwd", back).Exits(0)
		}},
		{"cp up of what is no file", "§10 cp, §12.3", func(t *suite.T) {
			upload(t, t.Folder("folder"), "/srv/x").Exits(1).Out("").ErrHas("read source file: Is a directory (os error 21)")
			upload(t, filepath.Join(t.Dir, "none"), "/srv/x").Fails("agent operation failed: read local file: " + filepath.Join(t.Dir, "none") + ": No such file or directory (os error 2)")
			upload(t, t.File("file", ""), "/srv").Exits(1)
		}},
		{"cp down of what is no file", "§10 cp, §12.3", func(t *suite.T) {
			t.Machine("cp", "k:/srv/none", filepath.Join(t.Dir, "n")).Exits(1).Out("").ErrHas("read file: failed to read /srv/none in the workload container: ")
			t.Machine("cp", "k:/etc", filepath.Join(t.Dir, "n")).Fails("agent operation failed: read file: failed to read /etc in the workload container: is a directory: /etc")
		}},
	}}
}

// live runs a call whose output is read, and whose input is given, while it runs.
func live(t *suite.T, talk func(io.Writer, *bufio.Reader), arguments ...string) {
	ctx, cancel := context.WithTimeout(context.Background(), t.Patience)
	defer cancel()
	cmd := t.Smolvm(append([]string{"machine"}, arguments...)...).Command(ctx)
	input, err := cmd.StdinPipe()
	t.Must(err)
	output, err := cmd.StdoutPipe()
	t.Must(err)
	t.Must(cmd.Start())
	defer cmd.Wait()
	defer cancel()
	talk(input, bufio.NewReader(output))
	input.Close()
	t.Must(cmd.Wait())
}

// gone waits until no process of the guest's machine r has this in its command line.
func gone(t *suite.T, pattern string) {
	t.Eventually(pattern+" is gone", func() bool {
		return !strings.Contains(sh(t, "r", "ps | grep '"+pattern+"' | grep -v grep; true"), "sleep")
	})
}
