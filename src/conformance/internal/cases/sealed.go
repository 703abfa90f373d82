package cases

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"dev.bottle/conformance/internal/guest"
	"dev.bottle/conformance/internal/suite"
)

// sealed is a machine as the node agent starts it: no network for its VMM, a mount namespace of its
// own that follows the host's, sandboxes enforced, and doors for the guest.
func sealed() suite.Group {
	var listener net.Listener
	return suite.Group{
		Name:    "sealed",
		Machine: "s",
		Setup: func(t *suite.T) {
			door := bind(t, "first")
			listener = listen(t, filepath.Join(door, "egress.sock"))
			created(t, "s", append(append([]string{}, small...),
				"--mount-socket", door+"/egress.sock:/run/egress.sock", "--mount-socket", door+"/absent.sock:/run/absent.sock")...)
			t.Smolvm("machine", "start", "--name", "s").With("SMOLVM_SECCOMP=enforce", "SMOLVM_LANDLOCK=enforce").
				Through("unshare", "--net", "--mount", "--propagation", "slave", "--").Do().Exits(0)
			awaitRunning(t, "s")
		},
		Cases: []suite.Case{
			{"a VMM in an empty network namespace and its own mounts", "§12.2.10, §12.5", func(t *suite.T) {
				p, self := process(t, status(t, "s").pid()), process(t, os.Getpid())
				for _, kind := range []string{"net", "mnt"} {
					if p.namespaces[kind] == self.namespaces[kind] {
						t.Failf("the VMM is in the host's %s namespace", kind)
					}
				}
				suite.Equal(t, "Seccomp", p.status["Seccomp"], "2")
			}},
			{"exec, cp and status work from outside of them", "§12.2.10", func(t *suite.T) {
				suite.Equal(t, "output", sh(t, "s", "echo in"), "in\n")
				t.Machine("cp", t.File("f", "file\n"), "s:/srv/f").Exits(0)
				suite.Equal(t, "output", sh(t, "s", "cat /srv/f"), "file\n")
				suite.Equal(t, "state", status(t, "s").State, "running")
			}},
			{"door: an answer after half a close", "§12.2.9", func(t *suite.T) {
				t.Machine("exec", "--name", "s", "--", "helper", "guest", "door", "/run/egress.sock", "1").Exits(0).Out("1 answered\n")
			}},
			{"door: root's and for all in the guest", "§12.2.9", func(t *suite.T) {
				suite.Equal(t, "socket", sh(t, "s", "stat -c '%F %a %u' /run/egress.sock"), "socket 777 0\n")
				t.Machine("exec", "--name", "s", "--user", "1000:1000", "--", "helper", "guest", "door", "/run/egress.sock", "1").Exits(0)
			}},
			{"door: 200 connections at once", "§12.2.9", func(t *suite.T) {
				t.Machine("exec", "--name", "s", "--", "helper", "guest", "door", "/run/egress.sock", "200").Exits(0).Out("200 answered\n")
			}},
			{"door without a listener: connected, then ended", "§12.2.9", func(t *suite.T) {
				t.Machine("exec", "--name", "s", "--", "helper", "guest", "nobody", "/run/absent.sock").Exits(0).Out("connected\nended\n")
			}},
			{"door: a listener that comes later, at the same path", "§12.2.9", func(t *suite.T) {
				late := listen(t, filepath.Join(t.Dir, "shared/door/absent.sock"))
				defer late.Close()
				t.Machine("exec", "--name", "s", "--", "helper", "guest", "door", "/run/absent.sock", "1").Exits(0)
			}},
			{"door: another directory bound at the same path", "§12.5", func(t *suite.T) {
				t.Must(listener.Close())
				t.Must(syscall.Unmount(filepath.Join(t.Dir, "shared/door"), syscall.MNT_DETACH))
				door := bind(t, "second")
				defer listen(t, filepath.Join(door, "egress.sock")).Close()
				t.Machine("exec", "--name", "s", "--", "helper", "guest", "door", "/run/egress.sock", "1").Exits(0)
			}},
		},
	}
}

// bind makes a directory for a door and binds it at the one path that the machine knows. The mount
// below is shared, so that a slave follows.
func bind(t *suite.T, name string) string {
	shared := t.Folder("shared")
	if mounts, err := os.ReadFile("/proc/self/mounts"); err == nil && !strings.Contains(string(mounts), shared) {
		t.Must(syscall.Mount("tmpfs", shared, "tmpfs", 0, "mode=711"))
		t.Must(syscall.Mount("", shared, "", syscall.MS_SHARED, ""))
	}
	door, at := filepath.Join(shared, name), filepath.Join(shared, "door")
	t.Must(os.MkdirAll(door, 0o711))
	t.Must(os.MkdirAll(at, 0o711))
	t.Must(syscall.Mount(door, at, "", syscall.MS_BIND, ""))
	return at
}

func listen(t *suite.T, path string) net.Listener {
	listener, err := net.Listen("unix", path)
	t.Must(err)
	t.Must(os.Chmod(path, 0o666))
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go guest.Answer(conn)
		}
	}()
	return listener
}
