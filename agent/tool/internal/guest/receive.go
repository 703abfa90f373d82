package guest

import (
	"archive/tar"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Receive writes what comes on standard input below PATH, as the user whom it runs as: a tar archive, or with --file
// the bytes of one file. With --as the archive has one top name, which becomes PATH, or PATH/NAME when PATH is a
// directory: what `cp -r` does. Exit code 1 with one line on standard error when not everything was written.
func Receive(arguments []string, stdin io.Reader, stderr io.Writer) int {
	flags := flag.NewFlagSet("bottle-tool receive", flag.ContinueOnError)
	file := flags.Bool("file", false, "standard input is the file's content")
	as := flags.Bool("as", false, "the archive's top name becomes PATH")
	if err := flags.Parse(arguments); err != nil || flags.NArg() != 1 || flags.Arg(0) == "" || *file && *as {
		fmt.Fprintln(stderr, "usage: bottle-tool receive [--file|--as] PATH")
		return 2
	}
	var err error
	if *file {
		err = receiveFile(stdin, flags.Arg(0))
	} else {
		err = receiveTree(stdin, flags.Arg(0), *as)
	}
	if err != nil {
		fmt.Fprintf(stderr, "bottle: cp: %v\n", err)
		return 1
	}
	return 0
}

// receiveFile replaces the file as a whole: after a failure it is what it was.
func receiveFile(from io.Reader, path string) error {
	mode := fs.FileMode(0o644)
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a directory; name the file in it", path)
	case err == nil:
		mode = info.Mode().Perm()
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".bottle-*")
	if err != nil {
		return fmt.Errorf("%s: %w", path, unwrap(err))
	}
	defer os.Remove(temporary.Name())
	_, err = io.Copy(temporary, from)
	if err == nil {
		err = temporary.Chmod(mode)
	}
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}

// receiveTree unpacks an archive. Nothing is written outside of the directory: os.Root refuses `..` and links that lead
// out, in every component and at the moment of the write.
func receiveTree(from io.Reader, path string, as bool) error {
	stream := &endSeen{Reader: from}
	archive := tar.NewReader(stream)
	header, err := archive.Next()
	if err != nil {
		return cut(err)
	}
	tree := tree{}
	directory := path
	if as {
		if tree.top, err = top(header.Name); err != nil {
			return err
		}
		if info, statErr := os.Stat(path); statErr != nil || !info.IsDir() {
			if strings.HasSuffix(path, "/") {
				return fmt.Errorf("%s is not a directory", path)
			}
			directory, tree.newTop = filepath.Dir(path), filepath.Base(path)
		}
	}
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	if tree.root, err = os.OpenRoot(directory); err != nil {
		return err
	}
	defer tree.root.Close()
	for ; err == nil; header, err = archive.Next() {
		if err := tree.unpack(header, archive); errors.Is(err, io.ErrUnexpectedEOF) {
			return cut(err)
		} else if err != nil {
			return fmt.Errorf("%s: %w", header.Name, unwrap(err))
		}
	}
	if !errors.Is(err, io.EOF) || stream.ended {
		return cut(err)
	}
	// The padding too: whoever writes the archive must not be told that nobody reads.
	if _, err := io.Copy(io.Discard, from); err != nil {
		return err
	}
	return tree.finish()
}

// endSeen notices the end of the stream. An archive has an end of its own, behind which the reader does not look: who
// sees the stream's end first was cut off between two entries.
type endSeen struct {
	io.Reader
	ended bool
}

func (e *endSeen) Read(into []byte) (int, error) {
	n, err := e.Reader.Read(into)
	e.ended = e.ended || errors.Is(err, io.EOF)
	return n, err
}

func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the archive is empty or cut short")
	}
	return fmt.Errorf("the archive: %w", err)
}

// unwrap leaves out the path that os.Root names again.
func unwrap(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}

func top(name string) (string, error) {
	first, _, _ := strings.Cut(filepath.Clean(name), "/")
	if first == "" || first == "." || first == ".." {
		return "", fmt.Errorf("%q is not below one top name", name)
	}
	return first, nil
}

type tree struct {
	root        *os.Root
	top, newTop string // newTop is empty when the top name stays
	directories []*tar.Header
}

// place is where the entry goes, below the root.
func (t *tree) place(name string) (string, error) {
	if filepath.IsAbs(name) {
		return "", errors.New("the name is absolute")
	}
	// Before Clean: a/../../b must not pass for something else.
	for component := range strings.SplitSeq(name, "/") {
		if component == ".." {
			return "", errors.New("the name leads out of the archive")
		}
	}
	clean := filepath.Clean(name)
	if t.top == "" {
		return clean, nil
	}
	first, rest, _ := strings.Cut(clean, "/")
	if first != t.top {
		return "", fmt.Errorf("the archive has another top name than %q", t.top)
	}
	if t.newTop != "" {
		first = t.newTop
	}
	return filepath.Join(first, rest), nil
}

func (t *tree) unpack(header *tar.Header, content io.Reader) error {
	switch header.Typeflag {
	case tar.TypeXGlobalHeader:
		return nil // git archive writes one
	}
	name, err := t.place(header.Name)
	if err != nil {
		return err
	}
	if name == "." {
		return nil
	}
	if err := t.root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if header.Typeflag == tar.TypeDir {
		if err := t.root.MkdirAll(name, 0o755); err != nil {
			return err
		}
		placed := *header
		placed.Name = name
		t.directories = append(t.directories, &placed)
		return nil
	}
	if err := t.clear(name); err != nil {
		return err
	}
	switch header.Typeflag {
	case tar.TypeReg:
		return t.file(name, header, content)
	case tar.TypeSymlink:
		return t.root.Symlink(header.Linkname, name)
	case tar.TypeLink:
		target, err := t.place(header.Linkname)
		if err != nil {
			return err
		}
		return t.root.Link(target, name)
	default:
		return fmt.Errorf("neither file, directory nor link (type %q)", header.Typeflag)
	}
}

// clear makes room as tar does: a file is not written through, it is replaced.
func (t *tree) clear(name string) error {
	info, err := t.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		return errors.New("a directory is in the way")
	}
	return t.root.Remove(name)
}

func (t *tree) file(name string, header *tar.Header, content io.Reader) error {
	file, err := t.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	if err == nil {
		err = file.Chmod(permissions(header))
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return t.root.Chtimes(name, time.Time{}, header.ModTime)
}

// finish sets what would have hindered the writing, innermost first.
func (t *tree) finish() error {
	for i := len(t.directories) - 1; i >= 0; i-- {
		header := t.directories[i]
		err := t.root.Chmod(header.Name, permissions(header))
		if errors.Is(err, fs.ErrPermission) {
			continue // a directory that was there before and is somebody else's
		}
		if err == nil {
			err = t.root.Chtimes(header.Name, time.Time{}, header.ModTime)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", header.Name, unwrap(err))
		}
	}
	return nil
}

// permissions leaves out set-uid, set-gid and sticky.
func permissions(header *tar.Header) fs.FileMode { return header.FileInfo().Mode().Perm() }
