package guest

import (
	"archive/tar"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Send writes PATH to standard output, as far as the user whom it runs as may read it: a tar archive whose one top name
// is PATH's last component, or with --file the bytes of one file. Sockets, pipes and devices are left out with a line
// on standard error. Exit code 1 with one line on standard error when something else is missing.
func Send(arguments []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("bottle-tool send", flag.ContinueOnError)
	file := flags.Bool("file", false, "the file's content and nothing else")
	if err := flags.Parse(arguments); err != nil || flags.NArg() != 1 || flags.Arg(0) == "" {
		fmt.Fprintln(stderr, "usage: bottle-tool send [--file] PATH")
		return 2
	}
	var err error
	if *file {
		err = sendFile(stdout, flags.Arg(0))
	} else {
		err = sendTree(stdout, stderr, flags.Arg(0))
	}
	if err != nil {
		fmt.Fprintf(stderr, "bottle: cp: %v\n", err)
		return 1
	}
	return 0
}

func sendFile(to io.Writer, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(to, file)
	return err
}

func sendTree(to, stderr io.Writer, path string) error {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	top := filepath.Base(absolute)
	if top == "/" {
		return fmt.Errorf("/ has no name to give; name directories below it")
	}
	// The path itself may be a link; links below it are sent as links.
	real, err := filepath.EvalSymlinks(absolute)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(to)
	err = filepath.WalkDir(real, func(found string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(real, found)
		if err != nil {
			return err
		}
		return sendEntry(archive, stderr, found, filepath.Join(top, below), entry)
	})
	if err != nil {
		return err
	}
	return archive.Close()
}

func sendEntry(archive *tar.Writer, stderr io.Writer, path, name string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	header := &tar.Header{Name: name, Mode: int64(info.Mode().Perm()), ModTime: info.ModTime()}
	switch info.Mode().Type() {
	case fs.ModeDir:
		header.Typeflag, header.Name = tar.TypeDir, name+"/"
		return archive.WriteHeader(header)
	case fs.ModeSymlink:
		if header.Linkname, err = os.Readlink(path); err != nil {
			return err
		}
		header.Typeflag = tar.TypeSymlink
		return archive.WriteHeader(header)
	case 0:
		return sendContent(archive, path, header)
	default:
		fmt.Fprintf(stderr, "bottle: cp: %s is left out: neither file, directory nor link\n", path)
		return nil
	}
}

// sendContent sends as many bytes as the file had when it was opened: a log may grow meanwhile.
func sendContent(archive *tar.Writer, path string, header *tar.Header) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	header.Typeflag, header.Size = tar.TypeReg, info.Size()
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	if _, err := io.CopyN(archive, file, header.Size); err != nil {
		return fmt.Errorf("%s became shorter while it was read: %w", path, err)
	}
	return nil
}
