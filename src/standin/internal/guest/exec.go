package guest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/moby/sys/user"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"dev.bottle/standin/internal/wire"
)

// child is a process in the container whose parent is the supervisor.
type child struct {
	pid    int
	ended  chan struct{} // closed when reaped; status is valid then
	status unix.WaitStatus
}

// notRun is the refusal to start a program, in crun's words.
type notRun string

func (e notRun) Error() string { return string(e) }

func (s *supervisor) exec(conn *net.UnixConn, request wire.Request, files []*os.File) wire.Answer {
	var stdio [3]*os.File
	copy(stdio[:], files)
	process, err := s.spawn(request, stdio)
	// The client sees the end of its pipes when the guest's processes have closed theirs, so the
	// supervisor must not hold them.
	for _, f := range files {
		f.Close()
	}
	var refused notRun
	if errors.As(err, &refused) {
		return wire.Answer{NotRun: string(refused)}
	}
	if err != nil {
		return wire.Answer{Error: err.Error()}
	}
	if request.Detach {
		return wire.Answer{PID: process.pid}
	}
	return await(process, request, gone(conn))
}

func await(process *child, request wire.Request, gone <-chan struct{}) wire.Answer {
	var timeout <-chan time.Time
	if request.TimeoutMillis > 0 {
		timeout = time.After(time.Duration(request.TimeoutMillis) * time.Millisecond)
	}
	select {
	case <-process.ended:
	case <-gone:
		process.signal(unix.SIGKILL)
		<-process.ended
	case <-timeout:
		if request.KillTree {
			killDescendants(process.pid)
		}
		process.signal(unix.SIGKILL)
		<-process.ended
		return wire.Answer{TimedOut: true, ExitCode: 124}
	}
	if process.status.Signaled() {
		return wire.Answer{ExitCode: 128 + int(process.status.Signal())}
	}
	return wire.Answer{ExitCode: process.status.ExitStatus()}
}

// gone is closed when the client closes the connection or dies; it sends nothing after its request.
func gone(conn *net.UnixConn) <-chan struct{} {
	closed := make(chan struct{})
	go func() {
		conn.Read(make([]byte, 1))
		close(closed)
	}()
	return closed
}

func (s *supervisor) spawn(request wire.Request, stdio [3]*os.File) (*child, error) {
	who, err := s.user(request.User)
	if err != nil {
		return nil, err
	}
	pid, err := s.runtime.exec(process(request.Command, request.Env, request.Workdir, who), stdio)
	if err != nil {
		return nil, notRun(crunWords(err.Error(), request))
	}
	c := &child{pid: pid, ended: make(chan struct{})}
	go func() {
		for {
			if _, err := unix.Wait4(pid, &c.status, 0, nil); err != unix.EINTR {
				break
			}
		}
		close(c.ended)
	}()
	return c, nil
}

// signal reaches only this child: as long as it is not reaped its pid is not reused.
func (c *child) signal(signal unix.Signal) {
	select {
	case <-c.ended:
	default:
		unix.Kill(c.pid, signal)
	}
}

// user resolves `name`, `uid` or `uid:gid` with the guest's own /etc/passwd and /etc/group.
func (s *supervisor) user(specification string) (specs.User, error) {
	if specification == "" {
		return specs.User{}, nil
	}
	passwd, err := openIn(s.root, "/etc/passwd", unix.O_RDONLY, 0)
	if err == nil {
		defer passwd.Close()
	}
	group, err := openIn(s.root, "/etc/group", unix.O_RDONLY, 0)
	if err == nil {
		defer group.Close()
	}
	found, err := user.GetExecUser(specification, nil, readerOrNil(passwd), readerOrNil(group))
	if err != nil {
		return specs.User{}, fmt.Errorf("user '%s' not found in container rootfs", specification)
	}
	result := specs.User{UID: uint32(found.Uid), GID: uint32(found.Gid)}
	for _, gid := range found.Sgids {
		result.AdditionalGids = append(result.AdditionalGids, uint32(gid))
	}
	return result, nil
}

var workdirMissing = regexp.MustCompile(`chdir to cwd \(.*\) set in config\.json failed: (.*)$`)

// crunWords says what runc refused as crun, which the real agent uses, would.
func crunWords(message string, request wire.Request) string {
	message = strings.TrimSuffix(message, ": unknown")
	program := request.Command[0]
	switch {
	case workdirMissing.MatchString(message):
		return fmt.Sprintf("chdir to `%s`: %s", request.Workdir, capital(workdirMissing.FindStringSubmatch(message)[1]))
	case strings.Contains(message, "executable file not found in $PATH"), strings.HasSuffix(message, "no such file or directory"):
		return fmt.Sprintf("executable file `%s` not found in $PATH: No such file or directory", program)
	case strings.HasSuffix(message, "permission denied"):
		return "open executable: Permission denied"
	}
	return message
}

func capital(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// killDescendants kills the tree below pid, parents first so that nothing is adopted and missed.
func killDescendants(pid int) {
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return
	}
	for _, field := range strings.Fields(string(children)) {
		if below, err := strconv.Atoi(field); err == nil {
			unix.Kill(below, unix.SIGSTOP)
			killDescendants(below)
			unix.Kill(below, unix.SIGKILL)
		}
	}
}
