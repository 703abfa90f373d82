package cage

import (
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	machineUser = 2000123
	otherUser   = 2000124

	own      = "/run/bottle/aaaaaaaaaaaa"
	foreign  = "/run/bottle/bbbbbbbbbbbb"
	volumes  = "/var/lib/kubelet/pods/%s/volumes/kubernetes.io~empty-dir/%s"
	secret   = "/var/lib/kubelet/pods/bbbb/volumes/kubernetes.io~secret/route/token"
	rootfs   = "/var/lib/bottle/images/sha256-aa/rootfs"
	image2   = "/var/lib/bottle/images/sha256-bb/rootfs"
	tools    = "/var/lib/bottle/guest-tools"
	program  = "/var/lib/bottle/smolvm/1"
	data     = "/var/lib/bottle/machines"
	ownVM    = data + "/.cache/smolvm/vms/aaaaaaaaaaaaaaaa"
	otherVM  = data + "/.cache/smolvm/vms/bbbbbbbbbbbbbbbb"
	server   = data + "/.local/share/smolvm/server"
	uids     = data + "/.cache/smolvm/uids"
	shmKey   = 0x0b077e
	keyName  = "bottle-cage-suite"
	nodeIPv4 = "198.51.100.7"
	nodeIPv6 = "2001:db8::7"
	metadata = "169.254.169.254"
)

// node is a whole node that the suite owns: its namespaces hide the machine that runs the test, and everything that
// must stay out of reach is really there, for every user to have.
type node struct {
	t        *testing.T
	port     string
	witness  string // pid of another machine
	daemon   string // pid of a process of root
	handle   string // of a foreign file: TYPE HEX
	procs    string // a cgroup.procs of the node
	sessions []net.Listener
}

func newNode(t *testing.T) *node {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: makes namespaces")
	}
	n := &node{t: t, daemon: strconv.Itoa(os.Getpid())}
	runtime.LockOSThread() // for good: the thread ends with the test, and its namespaces with it
	n.must(unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWIPC))
	n.must(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	for _, directory := range []string{"/run", "/var/lib", "/home"} {
		n.must(unix.Mount("node", directory, "tmpfs", 0, "mode=755"))
	}
	n.must(unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""))
	unix.Umask(0)
	t.Cleanup(func() { unix.Umask(0o022) })
	n.plantFiles()
	n.plantSockets()
	n.plantAddresses()
	n.plantProcesses()
	n.plantKernelObjects()
	return n
}

func (n *node) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) file(path string, mode os.FileMode, content []byte) {
	n.t.Helper()
	n.must(os.MkdirAll(filepath.Dir(path), 0o755))
	n.must(os.WriteFile(path, content, mode))
	n.must(os.Chmod(path, mode))
}

func (n *node) plantFiles() {
	for _, path := range []string{secret, image2 + "/etc/passwd", rootfs + "/etc/passwd", tools + "/bin/bottle-tool",
		otherVM + "/storage.raw", ownVM + "/storage.raw", server + "/smolvm.db", uids + "/2000124", "/home/admin/.kube/config",
		"/var/lib/bottle/agent/b-other", "/var/lib/bottle-cluster/pki/ca.key", "/run/secrets/token", "/run/leaked/file"} {
		n.file(path, 0o666, []byte("planted"))
	}
	self, err := os.ReadFile("/proc/self/exe")
	n.must(err)
	n.file(program+"/smolvm", 0o755, self)
	n.file(rootfs+"/bin/su", 0o755|os.ModeSetuid, self)
	n.file(ownVM+"/tool", 0o755, self)
	n.must(unix.Mknod(rootfs+"/device", unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5))))
	n.must(os.Chown(ownVM, machineUser, machineUser))
	n.must(os.Symlink(otherVM+"/storage.raw", ownVM+"/link"))
	for _, directory := range []string{rootfs, tools, program, otherVM, "/run/mnt"} {
		n.must(os.MkdirAll(directory, 0o777))
		n.must(os.Chmod(directory, 0o777))
	}
	handle, _, err := unix.NameToHandleAt(unix.AT_FDCWD, secret, 0)
	n.must(err)
	n.handle = fmt.Sprintf("%d %s", handle.Type(), hex.EncodeToString(handle.Bytes()))
}

// listen answers everybody with its own address.
func (n *node) listen(network, address string) string {
	n.t.Helper()
	if network == "unix" && address[0] != '@' {
		n.must(os.MkdirAll(filepath.Dir(address), 0o755))
	}
	listener, err := net.Listen(network, address)
	n.must(err)
	n.t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = connection.Read(make([]byte, 1))
			_, _ = connection.Write([]byte(address))
			_ = connection.Close()
		}
	}()
	return listener.Addr().String()
}

func (n *node) plantSockets() {
	for _, bottle := range []struct{ pod, directory string }{{"aaaa", own}, {"bbbb", foreign}} {
		for _, volume := range []string{"door-egress", "control-egress", "gate"} {
			source := fmt.Sprintf(volumes, bottle.pod, volume)
			n.must(os.MkdirAll(source, 0o777))
			n.must(os.MkdirAll(filepath.Join(bottle.directory, volume), 0o755))
			n.must(unix.Mount(source, filepath.Join(bottle.directory, volume), "", unix.MS_BIND, ""))
		}
		n.listen("unix", bottle.directory+"/door-egress/egress.sock")
		n.listen("unix", bottle.directory+"/control-egress/control.sock")
		n.listen("unix", bottle.directory+"/gate/agent.sock")
	}
	for _, path := range []string{"/run/containerd/containerd.sock", "/run/docker.sock", "/run/dbus/system_bus_socket",
		"/var/lib/kubelet/device-plugins/kubelet.sock", "@bottle-cage-suite", otherVM + "/agent.sock"} {
		n.listen("unix", path)
	}
	n.must(os.Symlink("/run/containerd/containerd.sock", own+"/door-egress/absolute"))
	n.must(os.Symlink("../../bbbbbbbbbbbb/door-egress/egress.sock", own+"/door-egress/relative"))
}

func (n *node) plantAddresses() {
	four, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	n.must(err)
	defer unix.Close(four)
	up, err := unix.NewIfreq("lo")
	n.must(err)
	up.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	n.must(unix.IoctlIfreq(four, unix.SIOCSIFFLAGS, up))
	for alias, address := range map[string]string{"lo:1": nodeIPv4, "lo:2": metadata} {
		request, err := unix.NewIfreq(alias)
		n.must(err)
		n.must(request.SetInet4Addr(net.ParseIP(address).To4()))
		n.must(unix.IoctlIfreq(four, unix.SIOCSIFADDR, request))
	}
	six, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	n.must(err)
	defer unix.Close(six)
	request := struct { // in6_ifreq of netdevice(7)
		address [16]byte
		prefix  uint32
		index   int32
	}{[16]byte(net.ParseIP(nodeIPv6).To16()), 128, 1}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(six), unix.SIOCSIFADDR, uintptr(unsafe.Pointer(&request))); errno != 0 {
		n.t.Fatal(errno)
	}
	_, n.port, err = net.SplitHostPort(n.listen("tcp", "[::]:0"))
	n.must(err)
	packets, err := net.ListenPacket("udp", nodeIPv4+":"+n.port)
	n.must(err)
	n.t.Cleanup(func() { _ = packets.Close() })
	go func() {
		for {
			_, from, err := packets.ReadFrom(make([]byte, 64))
			if err != nil {
				return
			}
			_, _ = packets.WriteTo([]byte("udp"), from)
		}
	}()
}

func (n *node) plantProcesses() {
	witness := n.outside(otherUser)
	witness.ask("cwd") // it has become its user
	n.witness = strconv.Itoa(witness.tool.Process.Pid)
}

func (n *node) plantKernelObjects() {
	_, err := unix.SysvShmGet(shmKey, 4096, unix.IPC_CREAT|0o666)
	n.must(err)
	_, err = unix.KeyctlInt(unix.KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0)
	n.must(err)
	key, err := unix.AddKey("user", keyName, []byte("planted"), unix.KEY_SPEC_SESSION_KEYRING)
	n.must(err)
	n.must(unix.KeyctlSetperm(key, 0x3f3f3f3f))
	trees, err := mountedHierarchies("/proc/self/mountinfo")
	n.must(err)
	n.procs = trees[0].path + "/cgroup.procs"
}

// outside is an inmate without a cage, in the node's namespaces.
func (n *node) outside(user int) *prisoner {
	free := exec.Command("/proc/self/exe")
	free.Env = append(os.Environ(), roleVariable+"=inmate", fmt.Sprintf("%s=%d", userVariable, user), "TOKEN=planted")
	p := start(n.t, free, "/run/leaked")
	p.settled = true // nothing to take away
	n.t.Cleanup(func() { _ = free.Process.Kill(); _ = free.Wait() })
	return p
}

func (n *node) caged() *prisoner {
	tool := exec.Command(program+"/smolvm", "--no-cgroup", "--bottle-directory", own, "--door", "door-egress", "--read", rootfs,
		"--read", tools, "--read", program, "--write", ownVM, "--lend", server, "--lend", uids, "--", program+"/smolvm")
	tool.Env = append(os.Environ(), roleVariable+"=cage", fmt.Sprintf("%s=%d", userVariable, machineUser))
	tool.Dir = "/run/leaked"
	return start(n.t, tool, "/run/leaked")
}
