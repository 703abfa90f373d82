// Package guest is the inside of a machine: the supervisor that builds the container with runc and
// serves exec, cp and shutdown on the machine's socket, and the container's init.
package guest

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"dev.bottle/standin/internal/boot"
	"dev.bottle/standin/internal/wire"
)

// SupervisorArgument selects Supervise.
const SupervisorArgument = "_guest"

// ReadyFD is the descriptor on which the supervisor says "ready\n" or why it cannot be.
const ReadyFD = 3

type supervisor struct {
	config   boot.Config
	runtime  *runtime
	root     string // the guest's / as seen through its init
	disk     string
	workload *child // nil: none
}

// Supervise runs as root in the machine's pid namespace and a mount namespace of its own, until it
// is killed with the namespace. It returns only when the machine cannot be started.
func Supervise(arguments []string) int {
	ready := os.NewFile(ReadyFD, "ready")
	s, listener, err := newSupervisor(arguments[0])
	if err != nil {
		fmt.Fprintf(ready, "%s\n", strings.ReplaceAll(err.Error(), "\n", " "))
		return 1
	}
	// So that a boot leaves a line on the console, as a guest's kernel does.
	log.Printf("smolvm-standin: the guest of machine %s is up", s.config.Standin.Machine)
	fmt.Fprintln(ready, "ready")
	ready.Close()
	for {
		conn, err := listener.AcceptUnix()
		if err != nil {
			log.Print(err)
			return 1
		}
		go s.serve(conn)
	}
}

func newSupervisor(path string) (*supervisor, *net.UnixListener, error) {
	unix.CloseOnExec(ReadyFD)
	unix.Umask(0o022)
	config, err := boot.Read(path)
	if err != nil {
		return nil, nil, err
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, nil, err
	}
	dir := config.Standin.DataDir
	run, rootfs, err := mountRootfs(config.PackedLayersDir, dir)
	if err != nil {
		return nil, nil, err
	}
	see, err := newEyes(config.Standin.UID)
	if err != nil {
		return nil, nil, err
	}
	defer see.close()
	if config.Mounts, err = see.volumes(config.Mounts, run); err != nil {
		return nil, nil, err
	}
	if !see.mayRead(config.PackedLayersDir) {
		return nil, nil, fmt.Errorf("%sPermission denied (os error 13)", detached)
	}
	if err := see.cover(config.PackedLayersDir, rootfs, filepath.Join(dir, "disk/upper")); err != nil {
		return nil, nil, err
	}
	r, err := newRuntime(run)
	if err != nil {
		return nil, nil, err
	}
	s := &supervisor{config: config, runtime: r, disk: filepath.Join(dir, "disk")}
	if err := s.bootContainer(rootfs); err != nil {
		r.discard()
		return nil, nil, err
	}
	listener, err := listen(dir)
	return s, listener, err
}

func (s *supervisor) bootContainer(rootfs string) error {
	dir := s.config.Standin.DataDir
	self, err := os.Executable()
	if err != nil {
		return err
	}
	doors := map[string]string{}
	for i, socket := range s.config.PublishedSockets {
		doors[socket.GuestPath] = boot.Door(dir, i)
	}
	group, err := cgroupsPath(filepath.Base(dir))
	if err != nil {
		return err
	}
	specification := spec(s.config, self, rootfs, group, doors)
	if unified() {
		// The VMM is a process of the parent cgroup, so v2 lets no controller be handed down.
		specification.Linux.Resources.Memory = nil
	}
	pid, err := s.runtime.create(specification)
	if err != nil && strings.Contains(err.Error(), "memory") {
		log.Printf("no memory limit: %v", err)
		s.runtime.discard()
		specification.Linux.Resources.Memory = nil
		pid, err = s.runtime.create(specification)
	}
	if err != nil {
		return err
	}
	if err := boot.RememberCgroups(dir, s.runtime.cgroups()); err != nil {
		return err
	}
	if err := personalise(s.runtime.run, pid); err != nil {
		return err
	}
	s.root = fmt.Sprintf("/proc/%d/root", pid)
	if err := s.runtime.start(); err != nil {
		return err
	}
	s.describeNetwork()
	if err := s.openToAll("/workspace", "/tmp"); err != nil {
		return err
	}
	return s.startWorkload()
}

// cgroupsPath is below the caller's own cgroup: runc takes a relative path so in v1, but as relative
// to the parent in v2.
func cgroupsPath(id string) (string, error) {
	name := "smolvm-" + id
	if !unified() {
		return name, nil
	}
	raw, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	own, found := strings.CutPrefix(strings.TrimSpace(string(raw)), "0::")
	if !found {
		return "", fmt.Errorf("/proc/self/cgroup: %q is not cgroup v2", raw)
	}
	return filepath.Join(own, name), nil
}

// detached begins the real one's words for a machine that booted and cannot run its workload.
const detached = "start background CMD: agent operation failed: run container detached: "

func (s *supervisor) startWorkload() error {
	c := s.config.Standin
	if len(c.Command) == 0 {
		return nil
	}
	output, err := os.OpenFile(s.config.WorkloadLog, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer output.Close()
	if c.Workdir != "" {
		made, err := directoryIn(s.root, c.Workdir)
		if err != nil {
			return fmt.Errorf("%s%s", detached, rustWords(err))
		}
		made.Close()
	}
	request := wire.Request{Command: c.Command, Env: c.Env, Workdir: c.Workdir, User: c.User}
	s.workload, err = s.spawn(request, [3]*os.File{nil, output, output})
	var refused notRun
	if errors.As(err, &refused) {
		return fmt.Errorf("%sstart workload: %w", detached, err)
	}
	if err != nil {
		return fmt.Errorf("%s%w", detached, err)
	}
	return nil
}

// openToAll makes directories that the real agent gives every machine. (runc keeps the mode of an
// image's /tmp when it mounts one there.)
func (s *supervisor) openToAll(names ...string) error {
	for _, name := range names {
		directory, err := directoryIn(s.root, name)
		if err != nil {
			return err
		}
		err = directory.Chmod(0o777 | os.ModeSticky)
		directory.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// describeNetwork writes the two files that the real agent provides, when the image has none.
func (s *supervisor) describeNetwork() {
	for path, content := range map[string]string{
		"/etc/resolv.conf": "nameserver 8.8.8.8\nnameserver 1.1.1.1\n",
		"/etc/hosts":       "127.0.0.1 localhost\n::1 localhost\n",
	} {
		if err := writeIfMissing(s.root, path, content); err != nil {
			log.Printf("%s: %v", path, err)
		}
	}
}

func listen(dir string) (*net.UnixListener, error) {
	address, handle, err := wire.Address(dir)
	if err != nil {
		return nil, err
	}
	defer handle.Close()
	os.Remove(filepath.Join(dir, wire.SocketName))
	unix.Umask(0o177)
	defer unix.Umask(0o022)
	return net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
}

func (s *supervisor) serve(conn *net.UnixConn) {
	defer conn.Close()
	request, files, err := wire.Receive(conn)
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	if err != nil {
		return
	}
	var answer wire.Answer
	switch request.Operation {
	case wire.Ping:
	case wire.Exec:
		answer = s.exec(conn, request, files)
	case wire.Upload:
		answer = s.upload(request, files)
	case wire.Download:
		answer = s.download(request, files)
	case wire.Shutdown:
		answer = s.shutdown(request)
	default:
		answer.Error = fmt.Sprintf("unknown operation %q", request.Operation)
	}
	json.NewEncoder(conn).Encode(answer)
}

// shutdown gives the workload its grace, then writes the disk out. The caller kills the VMM.
func (s *supervisor) shutdown(request wire.Request) wire.Answer {
	if s.workload != nil {
		s.workload.signal(unix.SIGTERM)
		select {
		case <-s.workload.ended:
		case <-time.After(time.Duration(request.GraceMillis) * time.Millisecond):
			s.workload.signal(unix.SIGKILL)
		}
	}
	disk, err := os.Open(s.disk)
	if err == nil {
		defer disk.Close()
		err = unix.Syncfs(int(disk.Fd()))
	}
	if err != nil {
		return wire.Answer{Error: fmt.Sprintf("sync: %v", err)}
	}
	return wire.Answer{}
}
