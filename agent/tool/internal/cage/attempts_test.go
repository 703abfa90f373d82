package cage

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// becomeUser leaves root as smolvm does, but keeps the way to setuid programs open: here the mounts must close it.
func becomeUser(user int) error {
	if err := syscall.Setgroups(nil); err != nil {
		return err
	}
	if err := syscall.Setresgid(user, user, user); err != nil {
		return err
	}
	return syscall.Setresuid(user, user, user)
}

func init() {
	for name, attempt := range attempts {
		answers[name] = func(argument string) []string {
			what, err := attempt(argument)
			if err != nil {
				return []string{"closed", err.Error()}
			}
			return []string{"reached", what}
		}
	}
}

var errNothing = errors.New("nothing there")

// attempts go for something beyond a wall: what they got, or the error that stopped them.
var attempts = map[string]func(string) (string, error){
	"connect": func(path string) (string, error) { return dial("unix", path) },
	"tcp":     func(address string) (string, error) { return dial("tcp", address) },
	"udp":     func(address string) (string, error) { return dial("udp", address) },
	"read": func(path string) (string, error) {
		file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			return "", err
		}
		defer file.Close()
		count, err := file.Read(make([]byte, 64))
		return fmt.Sprint(count, " bytes"), err
	},
	"open": func(path string) (string, error) {
		file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			return "", err
		}
		return path, file.Close()
	},
	"list": func(path string) (string, error) {
		entries, err := os.ReadDir(path)
		if err == nil && len(entries) == 0 {
			err = errNothing
		}
		return fmt.Sprint(entries), err
	},
	"beyond": func(argument string) (string, error) { // DIRECTORY NAME,NAME…
		directory, allowed, _ := strings.Cut(argument, " ")
		entries, err := os.ReadDir(directory)
		var more []string
		for _, entry := range entries {
			if !slices.Contains(strings.Split(allowed, ","), entry.Name()) {
				more = append(more, entry.Name())
			}
		}
		return some(more, err)
	},
	"sockets": func(argument string) (string, error) { // ROOT [EXPECTED]
		root, expected, _ := strings.Cut(argument, " ")
		var found []string
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if path == "/proc" {
				return fs.SkipDir
			}
			if err == nil && entry.Type() == fs.ModeSocket && path != expected {
				found = append(found, path)
			}
			return nil
		})
		return some(found, err)
	},
	"write": func(path string) (string, error) {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			return "", err
		}
		return path, errors.Join(file.Close(), os.Remove(path))
	},
	"move-to-cgroup": func(procs string) (string, error) {
		return procs, os.WriteFile(procs, []byte(strconv.Itoa(os.Getpid())), 0)
	},
	"run": func(path string) (string, error) { return become(exec.Command(path)) },
	"setuid": func(path string) (string, error) {
		user, err := become(exec.Command(path))
		if err == nil && user != "0" {
			err = fmt.Errorf("runs as %s", user)
		}
		return user, err
	},
	"uncover": func(path string) (string, error) {
		command := exec.Command("/proc/self/exe", path)
		command.Env = []string{roleVariable + "=uncover"}
		command.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
		output, err := command.Output()
		if err == nil && string(output) == "0" {
			err = errNothing
		}
		return string(output), err
	},
	"processes": func(string) (string, error) {
		entries, err := os.ReadDir("/proc")
		var others []string
		for _, entry := range entries {
			info, err := entry.Info()
			if _, notPid := strconv.Atoi(entry.Name()); notPid != nil || err != nil {
				continue
			}
			if int(info.Sys().(*syscall.Stat_t).Uid) != os.Getuid() {
				others = append(others, entry.Name())
			}
		}
		return some(others, err)
	},
	"signal": func(pid string) (string, error) { return pid, unix.Kill(number(pid), 0) },
	"trace": func(pid string) (string, error) {
		return pid, onOwnThread(func() error { return unix.PtraceSeize(number(pid)) })
	},
	"steal-descriptor": func(pid string) (string, error) {
		handle, err := unix.PidfdOpen(number(pid), 0)
		if err != nil {
			return "", err
		}
		defer unix.Close(handle)
		stolen, err := unix.PidfdGetfd(handle, 0, 0)
		if err == nil {
			_ = unix.Close(stolen)
		}
		return pid, err
	},
	"enter-network-of": func(pid string) (string, error) {
		return pid, onOwnThread(func() error {
			handle, err := unix.Open("/proc/"+pid+"/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
			if err != nil {
				return err
			}
			return unix.Setns(handle, unix.CLONE_NEWNET)
		})
	},
	"mount": func(path string) (string, error) {
		if err := unix.Mount("tmpfs", path, "tmpfs", 0, ""); err != nil {
			return "", err
		}
		return path, unix.Unmount(path, 0)
	},
	"unmount": func(path string) (string, error) { return path, unix.Unmount(path, unix.MNT_DETACH) },
	"inherited": func(name string) (string, error) {
		for descriptor := 3; descriptor < 256; descriptor++ {
			if file, err := unix.Openat(descriptor, name, unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
				return fmt.Sprint(descriptor), unix.Close(file)
			}
		}
		return "", errNothing
	},
	"by-handle": func(argument string) (string, error) { // MOUNT TYPE HEX
		words := strings.Fields(argument)
		mount, err := unix.Open(words[0], unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return "", err
		}
		defer unix.Close(mount)
		raw, err := hex.DecodeString(words[2])
		if err != nil {
			return "", err
		}
		file, err := unix.OpenByHandleAt(mount, unix.NewFileHandle(int32(number(words[1])), raw), unix.O_RDONLY)
		if err == nil {
			_ = unix.Close(file)
		}
		return words[0], err
	},
	"shared-memory": func(key string) (string, error) {
		id, err := unix.SysvShmGet(number(key), 0, 0)
		return fmt.Sprint(id), err
	},
	"key": func(description string) (string, error) {
		id, err := unix.KeyctlSearch(unix.KEY_SPEC_SESSION_KEYRING, "user", description, 0)
		return fmt.Sprint(id), err
	},
	"raw-socket": func(string) (string, error) { return open(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP) },
	"packet-socket": func(string) (string, error) {
		return open(unix.AF_PACKET, unix.SOCK_RAW, 0)
	},
	"interfaces-up": func(string) (string, error) {
		interfaces, err := net.Interfaces()
		var up []string
		for _, one := range interfaces {
			if one.Flags&net.FlagUp != 0 {
				up = append(up, one.Name)
			}
		}
		return some(up, err)
	},
	"make-device": func(path string) (string, error) {
		if err := unix.Mknod(path, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5))); err != nil {
			return "", err
		}
		return path, os.Remove(path)
	},
}

func dial(network, address string) (string, error) {
	connection, err := net.DialTimeout(network, address, 5*time.Second)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := connection.Write([]byte("?")); err != nil {
		return "", err
	}
	answer := make([]byte, 64)
	count, err := connection.Read(answer)
	return string(answer[:count]), err
}

func become(command *exec.Cmd) (string, error) {
	command.Env = []string{roleVariable + "=whoami"}
	output, err := command.Output()
	return string(output), err
}

func open(family, kind, protocol int) (string, error) {
	socket, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, protocol)
	if err == nil {
		_ = unix.Close(socket)
	}
	return "a socket", err
}

// onOwnThread runs on a thread that ends afterwards, and with it what the call did to it.
func onOwnThread(call func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- call()
	}()
	return <-done
}

func some(found []string, err error) (string, error) {
	if err == nil && len(found) == 0 {
		err = errNothing
	}
	return strings.Join(found, " "), err
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return value
}
