package cases

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"dev.bottle/conformance/internal/suite"
)

func names() []suite.Case {
	refused := func(name, why string) func(*suite.T) {
		return func(t *suite.T) {
			t.Machine("create", "--name="+name, "--image", t.Rootfs).Fails("config operation failed: create machine: machine name " + why)
			t.Machine("ls", "--json").Out("[]\n")
		}
	}
	return []suite.Case{
		{"name: consecutive hyphens", "§10 create, §1.2", refused("a--b", "cannot contain consecutive hyphens")},
		{"name: a hyphen at the end", "§10 create, §1.2", refused("a-", `cannot end with a hyphen (got: "a-")`)},
		{"name: a hyphen at the start", "§10 create, §1.2", refused("-a", `must start with a letter or digit (got: "-a")`)},
		{"name: a dot", "§10 create, §1.2", refused("a.b", "contains invalid character: '.'")},
		{"name: a slash", "§10 create, §1.2", refused("a/b", "cannot contain path separators")},
		{"name: empty", "§10 create, §1.2", refused("", "cannot be empty")},
		{"name: 129 characters", "§10 create, §1.2", refused(strings.Repeat("x", 129), "too long: 129 characters (max 128)")},
		{"name: not ASCII", "§10 create, §1.2", refused("é", `must start with a letter or digit (got: "é")`)},
		{"name: 128 characters and upper case are fine", "§10 create, §1.2", func(t *suite.T) {
			created(t, strings.Repeat("x", 128))
			created(t, "Upper_1")
		}},
		{"name: made up when there is none", "§10 create, §1.2", func(t *suite.T) {
			t.Machine("create", "--image", t.Rootfs).Exits(0).OutMatches(`^Created machine: vm-[0-9a-f]{8}\n`)
		}},
	}
}

func create() []suite.Case {
	fails := func(message string, options ...string) func(*suite.T) {
		return func(t *suite.T) {
			t.Machine(append([]string{"create", "--name", "a", "--image", t.Rootfs}, options...)...).Fails(message)
			t.Machine("ls", "--json").Out("[]\n")
		}
	}
	return []suite.Case{
		{"create says what it made", "§10 create, §1.3", func(t *suite.T) {
			t.Machine("create", "--name", "a", "--image", t.Rootfs, "--cpus", "2", "--mem", "1024", "-v", t.Folder("one")+":/one", "-v", t.Folder("two")+":/two").Exits(0).Err("").Out(
				"Created machine: a\n  CPUs: 2, Memory: 1024 MiB\n  Mounts: 2\n\n" +
					"Use 'smolvm machine start --name a' to start the machine\nThen use 'smolvm machine exec --name a -- <command>' to run commands\n")
		}},
		{"create: defaults", "§10 create", func(t *suite.T) {
			created(t, "a")
			r := status(t, "a")
			suite.Equal(t, "cpus", r.CPUs, 4)
			suite.Equal(t, "memory", r.MemoryMiB, 8192)
			suite.Equal(t, "storage is null", r.StorageGB == nil, true)
			suite.Equal(t, "overlay is null", r.OverlayGB == nil, true)
			t.Machine("ls").OutHas(" 20 GiB ", " 10 GiB ")
		}},
		{"create: sizes are recorded", "§10 create", func(t *suite.T) {
			created(t, "a", "--cpus", "3", "--mem", "64", "--storage", "7", "--overlay", "2")
			r := status(t, "a")
			suite.Equal(t, "cpus", r.CPUs, 3)
			suite.Equal(t, "memory", r.MemoryMiB, 64)
			suite.Equal(t, "storage", *r.StorageGB, 7)
			suite.Equal(t, "overlay", *r.OverlayGB, 2)
		}},
		{"create: a name that is taken", "§10 create", func(t *suite.T) {
			created(t, "a", "--cpus", "1")
			t.Machine("create", "--name", "a", "--image", t.Rootfs).Fails("config operation failed: create machine: machine 'a' already exists or is being created")
			suite.Equal(t, "cpus of the first", status(t, "a").CPUs, 1)
		}},
		{"create: of many at once, one wins", "§10 create", func(t *suite.T) {
			done := make(chan *suite.Result)
			for range 6 {
				call := t.Smolvm("machine", "create", "--name", "a", "--image", t.Rootfs)
				go func() { done <- call.Do() }()
			}
			won := 0
			for range 6 {
				if r := <-done; r.Exit == 0 {
					won++
				} else {
					r.Fails("config operation failed: create machine: machine 'a' already exists or is being created")
				}
			}
			suite.Equal(t, "winners", won, 1)
		}},
		{"create: labels, the last of a key wins", "§10 create", func(t *suite.T) {
			created(t, "a", "--label", "k=1", "--label", "k=2=3", "--label", "bottle.dev/uid=u", "--label", "empty=")
			labels := status(t, "a").Labels
			suite.Equal(t, "labels", len(labels), 3)
			suite.Equal(t, "k", labels["k"], "2=3")
			suite.Equal(t, "bottle.dev/uid", labels["bottle.dev/uid"], "u")
		}},
		{"create: a label without =", "§10 create", fails("config operation failed: --label: expected KEY=VALUE, got 'k'", "--label", "k")},
		{"create: a label without a key", "§10 create", fails("config operation failed: --label: label key cannot be empty (in '=v')", "--label", "=v")},
		{"create: no CPU", "facts create", fails("config operation failed: validate resources: CPU count must be at least 1", "--cpus", "0")},
		{"create: too little memory", "facts create", fails("config operation failed: validate resources: memory must be at least 64 MiB (got 63 MiB)", "--mem", "63")},
		{"create: no storage, no overlay", "§1.3", func(t *suite.T) {
			t.Machine("create", "--image", t.Rootfs, "--storage", "0").Fails("config operation failed: validate resources: storage disk size must be greater than 0 GiB")
			t.Machine("create", "--image", t.Rootfs, "--overlay", "0").Fails("config operation failed: validate resources: overlay disk size must be greater than 0 GiB")
		}},
		{"create: more than 16 CPUs are warned of and recorded", "§1.3", func(t *suite.T) {
			t.Machine("create", "--name", "a", "--image", t.Rootfs, "--cpus", "17").Exits(0).
				Err("warning: requested 17 vCPUs but the hypervisor supports at most 16; the VM will run with 16 vCPUs\n")
			suite.Equal(t, "cpus", status(t, "a").CPUs, 17)
		}},
		{"create: a rootfs directory, links resolved", "§10 create, facts", func(t *suite.T) {
			link := filepath.Join(t.Dir, "link")
			t.Must(os.Symlink(t.Rootfs, link))
			t.Machine("create", "--name", "a", "--image", link+"/").Exits(0)
			suite.Equal(t, "image", *status(t, "a").Image, "local-dir:"+t.Rootfs)
		}},
		{"create: a path that is not there", "facts create", func(t *suite.T) {
			missing := filepath.Join(t.Dir, "missing")
			t.Machine("create", "--image", missing).Fails("config operation failed: --image: cannot read archive " + missing + ": No such file or directory (os error 2)")
		}},
		{"create: a registry reference is accepted without a network", "facts create", func(t *suite.T) {
			t.Machine("create", "--name", "a", "--image", "alpine").Exits(0)
			suite.Equal(t, "image", *status(t, "a").Image, "alpine")
			suite.Equal(t, "network", status(t, "a").Network, false)
		}},
		{"create: the command comes after --", "§10 create", func(t *suite.T) {
			t.Machine("create", "--name", "a", "--image", t.Rootfs, "--", "/bin/sh", "-c", "exit 0", "--name").Exits(0).
				Err("note: --name came after `--`, so it was passed to the workload and did not configure the machine. Machine options go before `--`.\n")
			suite.Equal(t, "cmd", strings.Join(status(t, "a").Command, "|"), "/bin/sh|-c|exit 0|--name")
			t.Machine("create", "--image", t.Rootfs, "word").Usage("unexpected argument 'word' found")
		}},
		{"create: -e K takes the caller's value, and is nothing when there is none", "§10 exec, §1.3", func(t *suite.T) {
			t.Smolvm("machine", "create", "--name", "a", "--image", t.Rootfs, "-e", "A=b=c", "-e", "MINE", "-e", "NOBODYS", "-w", "/srv").With("MINE=m").Do().Exits(0)
			out := t.Machine("ls", "-v").Exits(0).OutHas("  Env: A=b=c\n", "  Env: MINE=m\n", "  Workdir: /srv\n").Stdout
			if regexp.MustCompile("NOBODYS").MatchString(out) {
				t.Failf("a variable without a value is kept: %s", out)
			}
		}},
	}
}

func volumes() []suite.Case {
	refused := func(volume, message string) func(*suite.T) {
		return func(t *suite.T) { t.Machine("create", "--image", t.Rootfs, "-v", volume).Fails(message) }
	}
	const protected = "mount operation failed: validate host path: source path on host is a protected system path and cannot be mounted: "
	return []suite.Case{
		{"volume: a source that is not there", "§10 create", refused("/nope:/x", "mount source not found: /nope")},
		{"volume: a source that is no directory", "§10 create", func(t *suite.T) {
			file := t.File("file", "")
			t.Machine("create", "--image", t.Rootfs, "-v", file+":/x").Fails("mount operation failed: validate host path: source path on host must be a directory (virtiofs limitation): " + file)
		}},
		{"volume: /etc is protected", "facts create", refused("/etc:/x", protected+"/etc")},
		{"volume: /var is protected, what is below it is not", "facts create", func(t *suite.T) {
			refused("/var:/x", protected+"/var")(t)
			created(t, "a", "-v", "/var/lib:/x:ro")
		}},
		{"volume: /var/log and /run are protected with all below", "facts create", func(t *suite.T) {
			refused("/var/log:/x", protected+"/var/log")(t)
			t.Must(os.MkdirAll("/run/conformance/below", 0o755))
			defer os.RemoveAll("/run/conformance")
			refused("/run/conformance/below:/x", protected+"/run/conformance/below")(t)
		}},
		{"volume: protected by where a link leads", "facts create", func(t *suite.T) {
			link := filepath.Join(t.Dir, "link")
			t.Must(os.Symlink("/usr/lib", link))
			refused(link+":/x", protected+"/usr/lib")(t)
		}},
		{"volume: a relative target", "§10 create", refused("/srv:x", "mount operation failed: validate guest path: target path on guest should be an absolute directory: x")},
		{"volume: a target twice, however written", "§10 create", func(t *suite.T) {
			t.Machine("create", "--image", t.Rootfs, "-v", t.Folder("one")+":/x", "-v", t.Folder("two")+":/x/").
				Fails("mount operation failed: validate mounts: duplicate mount target: /x/ is specified more than once")
		}},
		{"volume: counted in JSON, listed by ls -v", "§10 status", func(t *suite.T) {
			one, two := t.Folder("one"), t.Folder("two")
			created(t, "a", "-v", one+":/x:ro", "-v", two+":/y:rw")
			suite.Equal(t, "mounts", status(t, "a").Mounts, 2)
			t.Machine("ls", "-v").OutHas("  Mount: "+one+" -> /x (ro)\n", "  Mount: "+two+" -> /y\n")
		}},
	}
}

func sockets() []suite.Case {
	refused := func(message string, sockets ...string) func(*suite.T) {
		return func(t *suite.T) {
			arguments := []string{"create", "--image", t.Rootfs}
			for _, socket := range sockets {
				arguments = append(arguments, "--mount-socket", socket)
			}
			t.Machine(arguments...).Fails("config operation failed: " + message)
		}
	}
	return []suite.Case{
		{"socket: a relative guest path", "facts create", refused("publish-socket: guest path 'b' must be absolute", "/a:b")},
		{"socket: ; in the guest path", "facts create", refused("publish-socket: guest path '/b;c' contains an unsupported character (';' or '|')", "/a:/b;c")},
		{"socket: no colon, no host path", "§1.3", func(t *suite.T) {
			refused("mount-socket: expected HOST_PATH:GUEST_PATH, got '/a'", "/a")(t)
			refused("mount-socket: both HOST_PATH and GUEST_PATH are required in ':/b'", ":/b")(t)
		}},
		{"socket: a guest path twice", "facts create", refused("mount-socket: guest path '/b' is mounted more than once", "/a:/b", "/c:/b")},
		{"socket: 64 at most", "§1.3", func(t *suite.T) {
			var all []string
			for i := range 65 {
				all = append(all, "/a:/b"+strings.Repeat("x", i))
			}
			refused("publish-socket: too many published sockets (65); max is 64", all...)(t)
		}},
		{"socket: under /run, without a listener, by a relative path", "§12.5, facts create", func(t *suite.T) {
			created(t, "a", "--mount-socket", "/run/bottle/0123456789ab/egress.sock:/run/egress.sock", "--mount-socket", "some.sock:/run/other.sock")
		}},
	}
}
