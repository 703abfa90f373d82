package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dev.bottle/standin/internal/state"
)

const maxSockets = 64

// Host directories that 1.32.2 refuses to mount; the first list exactly, the second with all below.
var (
	protectedExactly = []string{"/", "/var"}
	protectedTrees   = []string{"/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run", "/sbin", "/sys", "/usr", "/var/log"}
)

func parseVolumes(values []string) (mounts []state.Mount, err error) {
	targets := map[string]bool{}
	for _, value := range values {
		m, err := parseVolume(value)
		if err != nil {
			return nil, err
		}
		if targets[filepath.Clean(m.Target)] {
			return nil, mountError("validate mounts", "duplicate mount target: %s is specified more than once", m.Target)
		}
		targets[filepath.Clean(m.Target)] = true
		mounts = append(mounts, m)
	}
	return mounts, nil
}

func parseVolume(value string) (state.Mount, error) {
	var m state.Mount
	rest := strings.TrimSuffix(value, ":rw")
	if rest == value {
		rest, m.ReadOnly = strings.CutSuffix(value, ":ro")
	}
	if strings.HasSuffix(rest, ":staged") || strings.HasPrefix(rest, "s3://") {
		return m, unsupported("a staged or remote volume (" + value + ")")
	}
	colon := strings.LastIndexByte(rest, ':')
	if colon < 0 {
		return m, unsupported("a volume on the machine's own disk (" + value + ")")
	}
	host, guest := rest[:colon], rest[colon+1:]
	source, err := filepath.Abs(host)
	if err == nil {
		source, err = filepath.EvalSymlinks(source)
	}
	if err != nil {
		return m, fmt.Errorf("mount source not found: %s", host)
	}
	if info, err := os.Stat(source); err != nil || !info.IsDir() {
		return m, mountError("validate host path", "source path on host must be a directory (virtiofs limitation): %s", source)
	}
	if protected(source) {
		return m, mountError("validate host path", "source path on host is a protected system path and cannot be mounted: %s", source)
	}
	if !strings.HasPrefix(guest, "/") {
		return m, mountError("validate guest path", "target path on guest should be an absolute directory: %s", guest)
	}
	m.Source, m.Target = source, guest
	return m, nil
}

func protected(path string) bool {
	return slices.Contains(protectedExactly, path) || slices.ContainsFunc(protectedTrees, func(tree string) bool {
		return path == tree || strings.HasPrefix(path, tree+"/")
	})
}

func parseSockets(values []string) (sockets []state.Socket, err error) {
	if len(values) > maxSockets {
		return nil, configError("publish-socket", "too many published sockets (%d); max is %d", len(values), maxSockets)
	}
	seen := map[string]bool{}
	for _, value := range values {
		host, guest, found := strings.Cut(value, ":")
		switch {
		case !found:
			return nil, configError("mount-socket", "expected HOST_PATH:GUEST_PATH, got '%s'", value)
		case host == "" || guest == "":
			return nil, configError("mount-socket", "both HOST_PATH and GUEST_PATH are required in '%s'", value)
		case !strings.HasPrefix(guest, "/"):
			return nil, configError("publish-socket", "guest path '%s' must be absolute", guest)
		case strings.ContainsAny(guest, ";|"):
			return nil, configError("publish-socket", "guest path '%s' contains an unsupported character (';' or '|')", guest)
		case seen[guest]:
			return nil, configError("mount-socket", "guest path '%s' is mounted more than once", guest)
		}
		seen[guest] = true
		// The VMM runs in another directory than this call.
		if host, err = filepath.Abs(host); err != nil {
			return nil, err
		}
		sockets = append(sockets, state.Socket{HostPath: host, GuestPath: guest})
	}
	return sockets, nil
}
