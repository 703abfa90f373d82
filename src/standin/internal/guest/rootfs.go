package guest

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// mountRootfs prepares the supervisor's private mount namespace: a /proc for its pid namespace, a
// tmpfs at <data>/run for everything that must die with the machine, and the guest's root there, an
// overlay of the image (never written) and the machine's disk (<data>/disk, which persists).
func mountRootfs(image, data string) (run, rootfs string, err error) {
	run = filepath.Join(data, "run")
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return "", "", fmt.Errorf("make mounts slave: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return "", "", fmt.Errorf("mount /proc: %w", err)
	}
	if err := os.MkdirAll(run, 0o700); err != nil {
		return "", "", err
	}
	if err := unix.Mount("tmpfs", run, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=700"); err != nil {
		return "", "", fmt.Errorf("mount tmpfs: %w", err)
	}
	disk := filepath.Join(data, "disk")
	for _, dir := range []string{filepath.Join(disk, "upper"), filepath.Join(disk, "work"),
		filepath.Join(run, "lower"), filepath.Join(run, "disk"), filepath.Join(run, "rootfs")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", "", err
		}
	}
	// Binds at fixed names, and relative names in the options: a ',' or ':' in the real paths would
	// be read as overlay syntax.
	if err := unix.Chdir(run); err != nil {
		return "", "", err
	}
	if err := unix.Mount(image, "lower", "", unix.MS_BIND, ""); err != nil {
		return "", "", fmt.Errorf("image %s: %w", image, err)
	}
	if err := unix.Mount(disk, "disk", "", unix.MS_BIND, ""); err != nil {
		return "", "", fmt.Errorf("disk %s: %w", disk, err)
	}
	options := "lowerdir=lower,upperdir=disk/upper,workdir=disk/work"
	if err := unix.Mount("overlay", "rootfs", "overlay", unix.MS_NODEV, options); err != nil {
		return "", "", fmt.Errorf("mount overlay: %w", err)
	}
	return run, filepath.Join(run, "rootfs"), unix.Chdir("/")
}
