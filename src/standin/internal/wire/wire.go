// Package wire is how the command line talks to the guest's supervisor: one JSON request a
// connection, file descriptors beside it (SCM_RIGHTS), JSON answers. Closing the connection
// before the answer cancels the request.
package wire

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// SocketName is the supervisor's socket in the machine's data directory.
const SocketName = "agent.sock"

const maxRequest = 1 << 20

// Operation is what a request asks for.
type Operation string

const (
	Ping     Operation = "ping"
	Exec     Operation = "exec"     // descriptors: stdin, stdout, stderr
	Upload   Operation = "upload"   // descriptor: the bytes to read
	Download Operation = "download" // descriptor: where to write the bytes
	Shutdown Operation = "shutdown"
)

// Request is the one message of the client.
type Request struct {
	Operation     Operation `json:"operation"`
	Command       []string  `json:"command,omitempty"`
	Env           []string  `json:"env,omitempty"`
	Workdir       string    `json:"workdir,omitempty"`
	User          string    `json:"user,omitempty"`
	TimeoutMillis int64     `json:"timeout_millis,omitempty"` // 0: none
	KillTree      bool      `json:"kill_tree,omitempty"`      // on timeout: descendants too
	Detach        bool      `json:"detach,omitempty"`
	Path          string    `json:"path,omitempty"`
	Mode          uint32    `json:"mode,omitempty"`
	UID           int       `json:"uid,omitempty"`
	GID           int       `json:"gid,omitempty"`
	GraceMillis   int64     `json:"grace_millis,omitempty"` // shutdown: between SIGTERM and SIGKILL of the workload
}

// Answer is the supervisor's one message.
type Answer struct {
	Error    string `json:"error,omitempty"`     // the request could not be served
	NotRun   string `json:"not_run,omitempty"`   // exec: the program could not be started, in crun's words
	ExitCode int    `json:"exit_code,omitempty"` // exec
	TimedOut bool   `json:"timed_out,omitempty"` // exec
	PID      int    `json:"pid,omitempty"`       // exec, detached
	Size     int64  `json:"size,omitempty"`      // upload, download
}

// Address gives a path for the socket in dir that fits in sun_path whatever dir's length is. The
// file must stay open as long as the path is in use.
func Address(dir string) (string, *os.File, error) {
	handle, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return filepath.Join(fmt.Sprintf("/proc/self/fd/%d", handle.Fd()), SocketName), handle, nil
}

// Call sends a request to the supervisor of the machine in dir and waits for its answer;
// timeout 0 waits as long as it takes.
func Call(dir string, request Request, timeout time.Duration, files ...*os.File) (*Answer, error) {
	return call(dir, request, timeout, files, func() {})
}

// CallAndClose is Call without a timeout that closes the files in this process as soon as they are
// sent, so that only the guest holds their other ends.
func CallAndClose(dir string, request Request, files ...*os.File) (*Answer, error) {
	closeAll := sync.OnceFunc(func() {
		for _, f := range files {
			f.Close()
		}
	})
	defer closeAll()
	return call(dir, request, 0, files, closeAll)
}

func call(dir string, request Request, timeout time.Duration, files []*os.File, sent func()) (*Answer, error) {
	address, handle, err := Address(dir)
	if err != nil {
		return nil, err
	}
	defer handle.Close()
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: address, Net: "unix"})
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if timeout > 0 {
		conn.SetDeadline(time.Now().Add(timeout))
	}
	if err := send(conn, request, files); err != nil {
		return nil, err
	}
	sent()
	answer := new(Answer)
	if err := json.NewDecoder(conn).Decode(answer); err != nil {
		return nil, fmt.Errorf("the guest ended the connection: %w", err)
	}
	return answer, nil
}

func send(conn *net.UnixConn, request Request, files []*os.File) error {
	raw, err := json.Marshal(request)
	if err != nil {
		return err
	}
	if len(raw) >= maxRequest {
		return fmt.Errorf("request of %d bytes is too large", len(raw))
	}
	var fds []int
	for _, f := range files {
		fds = append(fds, int(f.Fd()))
	}
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	raw = append(raw, '\n')
	n, _, err := conn.WriteMsgUnix(raw, rights, nil)
	if err == nil && n < len(raw) {
		_, err = conn.Write(raw[n:])
	}
	return err
}

// Receive reads the request of a connection and the descriptors beside it.
func Receive(conn *net.UnixConn) (Request, []*os.File, error) {
	var request Request
	var files []*os.File
	var raw []byte
	buffer := make([]byte, 64<<10)
	rights := make([]byte, unix.CmsgSpace(8*4))
	for {
		n, rn, _, _, err := conn.ReadMsgUnix(buffer, rights)
		if err != nil || n == 0 {
			return request, files, fmt.Errorf("connection ended before the request: %w", err)
		}
		files = append(files, received(rights[:rn])...)
		raw = append(raw, buffer[:n]...)
		if raw[len(raw)-1] == '\n' {
			return request, files, json.Unmarshal(raw, &request)
		}
		if len(raw) > maxRequest {
			return request, files, fmt.Errorf("request too large")
		}
	}
}

func received(rights []byte) (files []*os.File) {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return nil
	}
	for _, message := range messages {
		fds, err := unix.ParseUnixRights(&message)
		if err != nil {
			continue
		}
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			files = append(files, os.NewFile(uintptr(fd), "passed"))
		}
	}
	return files
}
