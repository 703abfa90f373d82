package cage

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/cage.md anew")

const page = "../../../../docs/cage.md"

// trial is one way out that is tried: outside of the cage, where it must succeed, while the command that starts the
// machine runs, and when that has ended.
type trial struct {
	area, what string
	outside    string
	inside     string // as outside when empty
	root       bool   // outside, it takes root: in the cage, the user is a wall of its own
	closedBy   string
}

const (
	byMounts  = "mount namespace"
	byNetwork = "network namespace"
	byUser    = "user, no capabilities"
	byFlags   = "mount flags"
	byProc    = "/proc: hidepid, subset"
	byCover   = "cover"
)

func (n *node) trials() []trial {
	tcp := func(what, host string) trial {
		return trial{area: "addresses", what: what, outside: "tcp " + host + ":" + n.port, closedBy: byNetwork}
	}
	return []trial{
		{area: "sockets", what: "containerd's", outside: "connect /run/containerd/containerd.sock", closedBy: byMounts},
		{area: "sockets", what: "docker's", outside: "connect /run/docker.sock", closedBy: byMounts},
		{area: "sockets", what: "D-Bus", outside: "connect /run/dbus/system_bus_socket", closedBy: byMounts},
		{area: "sockets", what: "kubelet's for device plugins", outside: "connect /var/lib/kubelet/device-plugins/kubelet.sock", closedBy: byMounts},
		{area: "sockets", what: "another Bottle's door", outside: "connect " + foreign + "/door-egress/egress.sock", closedBy: byMounts},
		{area: "sockets", what: "another Bottle's door, by `..` from the own", outside: "connect " + own + "/../bbbbbbbbbbbb/door-egress/egress.sock", closedBy: byMounts},
		{area: "sockets", what: "another Bottle's door, by its Pod's volume", outside: "connect " + fmt.Sprintf(volumes, "bbbb", "door-egress") + "/egress.sock", closedBy: byMounts},
		{area: "sockets", what: "another machine's agent.sock", outside: "connect " + otherVM + "/agent.sock", closedBy: byMounts},
		{area: "sockets", what: "the own Bottle's control socket", outside: "connect " + own + "/control-egress/control.sock", closedBy: byCover},
		{area: "sockets", what: "the own Bottle's gate", outside: "connect " + own + "/gate/agent.sock", closedBy: byCover},
		{area: "sockets", what: "what is below a cover, from a user namespace", outside: "list " + own + "/gate", inside: "uncover " + own + "/gate", closedBy: "cover, locked"},
		{area: "sockets", what: "abstract", outside: "connect @bottle-cage-suite", closedBy: byNetwork},
		{area: "sockets", what: "through an absolute link in the door's volume", outside: "connect " + own + "/door-egress/absolute", closedBy: byMounts},
		{area: "sockets", what: "through a relative link in the door's volume", outside: "connect " + own + "/door-egress/relative", closedBy: byMounts},
		{area: "sockets", what: "any but the own door in the whole tree", outside: "sockets /run", inside: "sockets / " + own + "/door-egress/egress.sock", closedBy: byMounts},

		{area: "files", what: "another Pod's Secret", outside: "read " + secret, closedBy: byMounts},
		{area: "files", what: "another Pod's Secret, by its handle through the image", outside: "by-handle " + rootfs + " " + n.handle, root: true, closedBy: byUser},
		{area: "files", what: "kubelet's Pods", outside: "list /var/lib/kubelet/pods", closedBy: byMounts},
		{area: "files", what: "another machine's disk", outside: "read " + otherVM + "/storage.raw", closedBy: byMounts},
		{area: "files", what: "another machine's disk, through a link in the own directory", outside: "read " + ownVM + "/link", closedBy: byMounts},
		{area: "files", what: "another image", outside: "read " + image2 + "/etc/passwd", closedBy: byMounts},
		{area: "files", what: "smolvm's records of all machines", outside: "read " + server + "/smolvm.db", closedBy: "lent, root's alone"},
		{area: "files", what: "smolvm's register of users", outside: "read " + uids + "/2000124", closedBy: "lent, root's alone"},
		{area: "files", what: "the agent's journal", outside: "read /var/lib/bottle/agent/b-other", closedBy: byMounts},
		{area: "files", what: "the cluster's keys", outside: "read /var/lib/bottle-cluster/pki/ca.key", closedBy: byMounts},
		{area: "files", what: "a home directory", outside: "read /home/admin/.kube/config", closedBy: byMounts},
		{area: "files", what: "the node's root, by `/..`", outside: "read /home/admin/.kube/config", inside: "read /../home/admin/.kube/config", closedBy: "pivot_root"},
		{area: "files", what: "a secret in /run", outside: "read /run/secrets/token", closedBy: byMounts},
		{area: "files", what: "/etc/shadow", outside: "read /etc/shadow", root: true, closedBy: byMounts},
		{area: "files", what: "anything unexpected in /", outside: "list /home", inside: "beyond / bin,dev,etc,lib,lib32,lib64,libx32,proc,run,sbin,tmp,usr,var", closedBy: byMounts},
		{area: "files", what: "anything unexpected in /etc", outside: "beyond /etc passwd", inside: "beyond /etc group,ld-musl-aarch64.path,ld-musl-x86_64.path,ld.so.cache,mke2fs.conf,passwd", closedBy: byMounts},
		{area: "files", what: "anything unexpected in /run", outside: "beyond /run bottle", closedBy: byMounts},
		{area: "files", what: "anything unexpected in /var/lib/bottle", outside: "beyond /var/lib/bottle guest-tools,images,machines,smolvm", closedBy: byMounts},
		{area: "files", what: "a directory that a careless caller left open", outside: "inherited file", closedBy: "close-on-exec"},

		{area: "writing", what: "into the image", outside: "write " + rootfs + "/planted", closedBy: byFlags},
		{area: "writing", what: "into the guest tools", outside: "write " + tools + "/planted", closedBy: byFlags},
		{area: "writing", what: "into the runtime", outside: "write " + program + "/planted", closedBy: byFlags},
		{area: "writing", what: "into another machine's directory", outside: "write " + otherVM + "/planted", closedBy: byMounts},
		{area: "writing", what: "into the cage's own tree", outside: "write /run/planted", root: true, closedBy: byFlags},
		{area: "writing", what: "itself out of its cgroup", outside: "move-to-cgroup " + n.procs, root: true, closedBy: byMounts},

		{area: "programs", what: "a setuid one in the image", outside: "setuid " + rootfs + "/bin/su", closedBy: byFlags},
		{area: "programs", what: "one that the machine wrote into its directory", outside: "run " + ownVM + "/tool", closedBy: byFlags},
		{area: "devices", what: "a device node in the image", outside: "read " + rootfs + "/device", closedBy: byFlags},
		{area: "devices", what: "more than null, zero, full, random, urandom, kvm in /dev", outside: "beyond /dev full,kvm,null,random,urandom,zero", closedBy: byMounts},
		{area: "devices", what: "making one", outside: "make-device /run/mnt/device", inside: "make-device " + ownVM + "/device", root: true, closedBy: byUser},

		{area: "processes", what: "seeing any of another user", outside: "processes", closedBy: byProc},
		{area: "processes", what: "a daemon's root directory", outside: "list /proc/" + n.daemon + "/root/", root: true, closedBy: byProc},
		{area: "processes", what: "another machine's environment", outside: "read /proc/" + n.witness + "/environ", root: true, closedBy: byProc},
		{area: "processes", what: "another machine's memory", outside: "open /proc/" + n.witness + "/mem", root: true, closedBy: byProc},
		{area: "processes", what: "another machine's working directory", outside: "list /proc/" + n.witness + "/cwd/", root: true, closedBy: byProc},
		{area: "processes", what: "another machine's descriptors", outside: "list /proc/" + n.witness + "/fd", root: true, closedBy: byProc},
		{area: "processes", what: "a daemon's mounts", outside: "read /proc/" + n.daemon + "/mountinfo", root: true, closedBy: byProc},
		{area: "processes", what: "a signal to another machine", outside: "signal " + n.witness, root: true, closedBy: byUser},
		{area: "processes", what: "a signal to a daemon", outside: "signal " + n.daemon, root: true, closedBy: byUser},
		{area: "processes", what: "tracing another machine", outside: "trace " + n.witness, root: true, closedBy: byUser},
		{area: "processes", what: "taking another machine's descriptor", outside: "steal-descriptor " + n.witness, root: true, closedBy: byUser},
		{area: "processes", what: "entering a daemon's network", outside: "enter-network-of " + n.daemon, root: true, closedBy: byProc},

		{area: "kernel", what: "its settings", outside: "read /proc/sys/kernel/core_pattern", closedBy: byProc},
		{area: "kernel", what: "its command line", outside: "read /proc/cmdline", closedBy: byProc},
		{area: "kernel", what: "its symbols", outside: "open /proc/kallsyms", closedBy: byProc},
		{area: "kernel", what: "/sys", outside: "list /sys/kernel", closedBy: byMounts},
		{area: "kernel", what: "the node's shared memory", outside: fmt.Sprintf("shared-memory %d", shmKey), closedBy: "IPC namespace"},
		{area: "kernel", what: "a key of the caller's session", outside: "key " + keyName, closedBy: "session keyring"},
		{area: "kernel", what: "mounting", outside: "mount /run/mnt", inside: "mount /tmp", root: true, closedBy: byUser},

		tcp("the node's loopback", "127.0.0.1"),
		tcp("the node's loopback, IPv6", "[::1]"),
		tcp("the node's address", nodeIPv4),
		tcp("the node's address, IPv6", "["+nodeIPv6+"]"),
		tcp("the metadata service", metadata),
		{area: "addresses", what: "the node's address, UDP", outside: "udp " + nodeIPv4 + ":" + n.port, closedBy: byNetwork},
		{area: "addresses", what: "an interface that is up (netlink)", outside: "interfaces-up", closedBy: byNetwork},
		{area: "addresses", what: "a raw socket", outside: "raw-socket", root: true, closedBy: byUser},
		{area: "addresses", what: "a packet socket", outside: "packet-socket", root: true, closedBy: byUser},
	}
}

// needed must work in there: a cage in which nothing works proves nothing.
var needed = []string{"connect " + own + "/door-egress/egress.sock", "write " + ownVM + "/new", "read " + ownVM + "/storage.raw",
	"read " + rootfs + "/etc/passwd", "read " + tools + "/bin/bottle-tool", "read " + program + "/smolvm", "write /tmp/new",
	"open /dev/null", "list /proc/self/fd"}

func TestNothingIsReachedFromTheCage(t *testing.T) {
	n := newNode(t)
	trials := n.trials()
	same, root := n.outside(machineUser), n.outside(0)
	for _, one := range trials { // all before the cage: it locks what it lends
		free := same
		if one.root {
			free = root
		}
		if got := free.ask(one.outside); got[0] != "reached" {
			t.Fatalf("%s, %s: not even outside: %q", one.area, one.what, got)
		}
	}
	caged := n.caged()
	columns := make([][]string, len(trials))
	for _, phase := range []string{"while the machine starts", "afterwards"} {
		for _, question := range needed {
			if got := caged.ask(question); got[0] != "reached" {
				t.Errorf("%s: %s: %q", phase, question, got)
			}
		}
		for i, one := range trials {
			question := one.inside
			if question == "" {
				question = one.outside
			}
			got := caged.ask(question)
			if got[0] != "closed" {
				t.Errorf("%s: %s, %s: %q", phase, one.area, one.what, got)
				got[0] = "OPEN"
			}
			columns[i] = append(columns[i], got[0])
		}
		caged.settle()
	}
	compare(t, describe(trials, columns))
}

func describe(trials []trial, columns [][]string) string {
	var text strings.Builder
	open := 0
	for i, one := range trials {
		outside := "reached"
		if one.root {
			outside = "reached, as root"
		}
		for _, verdict := range columns[i] {
			if verdict != "closed" {
				open++
			}
		}
		fmt.Fprintf(&text, "| %d | %s | %s | %s | %s | %s |\n", i+1, one.area, one.what, outside, strings.Join(columns[i], " | "), one.closedBy)
	}
	return fmt.Sprintf(introduction, len(trials), open) + text.String() + rest
}

func compare(t *testing.T, run string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(page, []byte(run), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != run {
		t.Errorf("docs/cage.md is not what this run found; see it with: go test ./internal/cage -run TestNothingIsReached -update")
	}
}

const introduction = `# What a machine monitor reaches from its cage

Generated by ` + "`go test ./internal/cage -run TestNothingIsReached -update`" + ` in agent/tool; the test fails when this page and a
run differ. A process with a machine's user (no groups, no capabilities, but able to gain privileges, and without smolvm's
seccomp filter and Landlock: those are walls of their own) tries each way out. Every target is planted, and the same
process without a cage reaches it first; where only root does, root did.

%d ways, %d open.

| # | area | what was tried | outside | while it starts | afterwards | closed by |
|---|---|---|---|---|---|---|
`

const rest = `
"Afterwards" is when ` + "`smolvm machine start`" + ` has ended: the cage then takes away what only that needed (smolvm's records
and its register of users, /usr, /bin, /lib, /etc), and the monitor keeps its door, its directory, the image, the guest
tools, the runtime, six devices, /proc and a /tmp of its own.

## What the cage does not close

- **System calls that any user may make**: making user namespaces, io_uring, bpf and perf where the node lets users have
  them. smolvm's seccomp filter is for those, and the host fact ` + "`host-identity`" + ` demands it.
- **AF_VSOCK** belongs to no network namespace on the kernels that we know: a service of the node that listens there can be
  dialled unless smolvm's seccomp filter refuses the family. An ordinary node has none.
- **Names**: /proc/self/mountinfo tells the host's paths of what is shown, with the Pod's UID in them.
- **Its own uid**: the process numbers are the host's, because smolvm's records must hold those. Whatever runs as the same
  uid could be signalled; smolvm gives each machine one of its own, and ` + "`host-identity`" + ` checks that it is a machine's.
- A volume that kubelet mounts anew at a door comes with the host's mount flags (no nosuid). The monitor has NoNewPrivs.
`
