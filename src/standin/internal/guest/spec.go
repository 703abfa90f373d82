package guest

import (
	"os"
	"regexp"

	"github.com/opencontainers/runtime-spec/specs-go"

	"dev.bottle/standin/internal/boot"
)

// defaultPath is what a process gets when neither the machine nor the call sets PATH.
const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// initPath lies on the /dev tmpfs, so the image and the machine's disk never see it.
const initPath = "/dev/.smolvm/init"

var dnsLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// capabilities are those of a default container: what package managers, su and servers below port
// 1024 need, and nothing that reaches past the namespaces.
var capabilities = []string{
	"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
	"CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
}

// process is the OCI process for a command. rlimits and oom_score_adj are left out on purpose:
// raising them needs CAP_SYS_RESOURCE, which a sandboxed host may lack.
func process(command, env []string, workdir string, user specs.User) *specs.Process {
	if workdir == "" {
		workdir = "/"
	}
	caps := &specs.LinuxCapabilities{Bounding: capabilities}
	if user.UID == 0 {
		caps.Effective, caps.Permitted = capabilities, capabilities
	}
	return &specs.Process{
		Args:         command,
		Env:          append([]string{defaultPath}, env...),
		Cwd:          workdir,
		User:         user,
		Capabilities: caps,
	}
}

// spec is the guest: everything new but the user namespace, no network device but lo.
func spec(c boot.Config, self, rootfs, cgroupsPath string, doors map[string]string) *specs.Spec {
	hostname := "container"
	if dnsLabel.MatchString(c.Standin.Machine) {
		hostname = c.Standin.Machine
	}
	memory := int64(c.Resources.MemoryMiB) << 20
	mounts := systemMounts()
	mounts = append(mounts, specs.Mount{
		Destination: initPath, Type: "bind", Source: self, Options: []string{"bind", "ro", "nosuid", "nodev"},
	})
	for _, m := range c.Mounts {
		access := "rw"
		if m.ReadOnly {
			access = "ro"
		}
		mounts = append(mounts, specs.Mount{
			Destination: m.Target, Type: "bind", Source: m.Source, Options: []string{"rbind", "rprivate", "nodev", access},
		})
	}
	for _, s := range c.PublishedSockets {
		mounts = append(mounts, specs.Mount{
			Destination: s.GuestPath, Type: "bind", Source: doors[s.GuestPath], Options: []string{"bind", "rprivate"},
		})
	}
	return &specs.Spec{
		Version:  "1.0.2",
		Process:  process([]string{initPath, InitArgument}, nil, "/", specs.User{}),
		Root:     &specs.Root{Path: rootfs},
		Hostname: hostname,
		Mounts:   mounts,
		Linux: &specs.Linux{
			CgroupsPath: cgroupsPath,
			Resources: &specs.LinuxResources{
				Devices: []specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"}},
				Memory:  &specs.LinuxMemory{Limit: &memory},
			},
			Namespaces: []specs.LinuxNamespace{
				{Type: specs.PIDNamespace}, {Type: specs.NetworkNamespace}, {Type: specs.IPCNamespace},
				{Type: specs.UTSNamespace}, {Type: specs.MountNamespace},
			},
			MaskedPaths: []string{
				"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
				"/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
			},
			ReadonlyPaths: []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
		},
	}
}

func systemMounts() []specs.Mount {
	return []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
		{Destination: "/dev/pts", Type: "devpts", Source: "devpts",
			Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
		{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: []string{"nosuid", "nodev", "noexec", "mode=1777"}},
		{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev", "ro"}},
		{Destination: "/tmp", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "nodev", "mode=1777"}},
		{Destination: "/run", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "nodev", "mode=755"}},
	}
}

// unified says whether the host has cgroup v2 only.
func unified() bool {
	_, err := os.Stat("/sys/fs/cgroup/cgroup.controllers")
	return err == nil
}
