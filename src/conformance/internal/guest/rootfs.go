// Package guest is what runs in the guest: the root directory of the machines, and helpers for what
// a shell cannot see.
package guest

import (
	"io"
	"os"
	"path/filepath"
)

var applets = []string{"sh", "cat", "chmod", "cut", "dd", "echo", "env", "grep", "head", "hostname", "id", "kill", "ls", "mkdir",
	"mount", "ps", "pwd", "rm", "seq", "sha256sum", "sleep", "stat", "sync", "tail", "awk", "ln", "readlink", "printf", "test", "touch", "tr", "true", "wc", "yes"}

// MakeRootfs makes a root directory of busybox and this program, which is /bin/helper there.
// Everything but /etc/private is readable by all, as the VMM's own user must read it (§12.2.2).
func MakeRootfs(at, busybox string) error {
	for _, directory := range []string{"bin", "etc", "root", "tmp", "run", "proc", "sys", "dev", "home/worker", "srv"} {
		if err := os.MkdirAll(filepath.Join(at, directory), 0o755); err != nil {
			return err
		}
	}
	if err := install(busybox, filepath.Join(at, "bin/busybox")); err != nil {
		return err
	}
	if err := install("/proc/self/exe", filepath.Join(at, "bin/helper")); err != nil {
		return err
	}
	for _, name := range applets {
		if err := os.Symlink("busybox", filepath.Join(at, "bin", name)); err != nil {
			return err
		}
	}
	for name, content := range map[string]string{
		"etc/passwd":   "root:x:0:0:root:/root:/bin/sh\nworker:x:1000:1000::/home/worker:/bin/sh\n",
		"etc/group":    "root:x:0:\nworker:x:1000:\n",
		"etc/greeting": "hello\n",
	} {
		if err := os.WriteFile(filepath.Join(at, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(at, "etc/private"), []byte("private\n"), 0o600)
}

func install(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(target, source); err != nil {
		target.Close()
		return err
	}
	return target.Close()
}
