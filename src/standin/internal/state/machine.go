// Package state holds what the stand-in remembers about machines between two calls.
package state

// State is the life-cycle word that status and ls print.
type State string

const (
	Created     State = "created"
	Running     State = "running"
	Stopped     State = "stopped"
	Unreachable State = "unreachable"
)

// Machine is the record of one machine. It is persisted as JSON; the object that `--json` prints
// is another shape, made in package cli.
type Machine struct {
	Name      string            `json:"name"`
	CreatedAt int64             `json:"created_at"` // epoch seconds
	CPUs      int               `json:"cpus"`
	MemoryMiB int               `json:"memory_mib"`
	StorageGB *int              `json:"storage_gb"` // nil when not given at create
	OverlayGB *int              `json:"overlay_gb"`
	Image     string            `json:"image"` // registry reference, or the absolute rootfs directory
	LocalDir  bool              `json:"local_dir"`
	Labels    map[string]string `json:"labels"`
	Mounts    []Mount           `json:"mounts"`
	Sockets   []Socket          `json:"sockets"`
	Env       []string          `json:"env"` // K=V, in the order given
	Workdir   string            `json:"workdir"`
	User      string            `json:"user"`
	Command   []string          `json:"cmd"`

	State     State  `json:"state"` // as last written; Observe tells what is true now
	PID       int    `json:"pid"`   // 0: none
	StartTime uint64 `json:"start_time"`
	UID       int    `json:"uid"` // what the VMM drops to, 2000000 and up

	LastExit *Exit `json:"last_exit,omitempty"`
}

// Exit is the end of a VMM that a start saw, as `--json` prints it.
type Exit struct {
	Cause       string `json:"cause"`
	AtUnixMilli int64  `json:"exited_at_unix_ms"`
	PID         int    `json:"pid"`
	Signal      int    `json:"signal"`
	SignalName  string `json:"signal_name"`
}

// String is how it is told to people.
func (e *Exit) String() string {
	if e.Cause == "stopped" {
		return "stopped by smolvm"
	}
	return "killed by " + e.SignalName
}

// Mount is one `-v HOST:GUEST[:ro]`.
type Mount struct {
	Source   string `json:"source"`
	Target   string `json:"target"`
	ReadOnly bool   `json:"read_only"`
}

// Socket is one `--mount-socket HOST:GUEST`.
type Socket struct {
	HostPath  string `json:"host_path"`
	GuestPath string `json:"guest_path"`
}

// Process is the VMM that the record names; pid and start time together identify it.
func (m *Machine) Process() Process { return Process{PID: m.PID, StartTime: m.StartTime} }
