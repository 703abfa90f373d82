package cli

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dev.bottle/standin/internal/wire"
)

const defaultUploadMode = 0o644

func (a *app) cp() *cobra.Command {
	cmd := &cobra.Command{Use: "cp [OPTIONS] <SRC> <DST>", Short: "Copy files between host and machine"}
	mode := singleFlag(cmd, "mode", "", "OCTAL", "Set the file's mode on upload")
	uid := numberFlag(cmd, "uid", "UID", "Set the file's owner uid on upload (default: root)", maxUint32)
	gid := numberFlag(cmd, "gid", "GID", "Set the file's owner gid on upload (default: root)", maxUint32)
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return required(cmd, "<SRC>\n  <DST>", "<SRC> <DST>")
		case len(args) == 1:
			return required(cmd, "<DST>", "<SRC> <DST>")
		case len(args) > 2:
			return unexpected(cmd, args[2])
		}
		return nil
	}
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		// The first ':' of SRC decides, even in a local path: the real one's rule.
		if name, path, remote := strings.Cut(args[0], ":"); remote {
			if mode.set || uid.set || gid.set {
				return configError("cp", "--mode/--uid/--gid apply to uploads only (host -> machine)")
			}
			return a.download(name, path, args[1])
		}
		name, path, remote := strings.Cut(args[1], ":")
		if !remote {
			return configError("cp", "one of SRC or DST must use machine:path syntax (e.g., myvm:/workspace/file)")
		}
		request := wire.Request{Operation: wire.Upload, Path: path, Mode: defaultUploadMode, UID: uid.value, GID: gid.value}
		return a.upload(name, args[0], mode, request)
	}
	return cmd
}

func (a *app) upload(name, local string, mode *single, request wire.Request) error {
	_, dir, err := a.connect(name, true)
	if err != nil {
		return err
	}
	if mode.set {
		bits, err := strconv.ParseUint(mode.value, 8, 32)
		if err != nil || bits > 0o7777 {
			return configError("cp", "invalid octal mode '%s' (expected e.g. 644)", mode.value)
		}
		request.Mode = uint32(bits)
	}
	file, err := os.Open(local)
	if err != nil {
		return agentError("read local file", "%s: %v", local, systemWords(err))
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return agentError("read local file", "%s: %v", local, systemWords(err))
	}
	if info.IsDir() {
		return agentError("cp", "read source file: Is a directory (os error 21)")
	}
	return a.transfer(dir, request, file, func(size int64, rate string) string {
		return fmt.Sprintf("Uploading %s -> %s: %[3]s / %[3]s (100.0%%, %[4]s/s)\n", local, request.Path, sizeFor(size), rate)
	})
}

func (a *app) download(name, path, local string) error {
	_, dir, err := a.connect(name, true)
	if err != nil {
		return err
	}
	// Truncated before the guest is asked, as with the real one: a failed download leaves an empty file.
	file, err := os.Create(local)
	if err != nil {
		return agentError("create local file", "%s: %v", local, systemWords(err))
	}
	defer file.Close()
	request := wire.Request{Operation: wire.Download, Path: path}
	return a.transfer(dir, request, file, func(size int64, rate string) string {
		return fmt.Sprintf("\rDownloading %s -> %s: %s (%s/s)\n", path, local, sizeFor(size), rate)
	})
}

func (a *app) transfer(dir string, request wire.Request, file *os.File, done func(size int64, rate string) string) error {
	began := time.Now()
	answer, err := wire.Call(dir, request, 0, file)
	if err != nil {
		return agentError("cp", "%v", err)
	}
	if answer.Error != "" {
		return fmt.Errorf("agent operation failed: %s", answer.Error)
	}
	rate := float64(answer.Size) / max(time.Since(began).Seconds(), 1e-3)
	io.WriteString(a.stderr, done(answer.Size, sizeFor(int64(rate))))
	return nil
}

// sizeFor people words a number of bytes.
func sizeFor(size int64) string {
	units := []string{"KB", "MB", "GB"}
	if size < 1024 {
		return fmt.Sprintf("%d B", size)
	}
	value := float64(size) / 1024
	for len(units) > 1 && value >= 1024 {
		value, units = value/1024, units[1:]
	}
	return fmt.Sprintf("%.1f %s", value, units[0])
}
