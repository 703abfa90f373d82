package layer

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"bottle.dev/image/internal/failure"
)

const (
	whiteout = ".wh."
	opaque   = ".wh..wh..opq"
	// Other names with this prefix are aufs' own notes.
	aufs = ".wh..wh."
)

// tree is the directory that a layer changes. Every path given to it is clean, relative and without "..".
type tree struct {
	root     *os.Root
	verified map[string]bool // directories, none of whose components is a link
	touched  map[string]bool // what this layer wrote, with everything above it
	left     map[string]bool // special files that were left out
}

func newTree(root *os.Root) *tree {
	return &tree{root, map[string]bool{".": true}, map[string]bool{}, map[string]bool{}}
}

// inside cleans a path of the archive. A leading slash means the root of the image; ".." is refused wherever it stands.
func inside(name string) (string, error) {
	if name == "" || len(name) > maxPath || strings.ContainsRune(name, 0) {
		return "", failure.New(failure.Invalid, "a path of the image is empty, longer than %d bytes or has a NUL", maxPath)
	}
	for component := range strings.SplitSeq(name, "/") {
		if component == ".." {
			return "", failure.New(failure.Invalid, "the path %q leads upwards", name)
		}
		if len(component) > maxName {
			return "", failure.New(failure.Invalid, "a file name of the image is longer than %d bytes", maxName)
		}
	}
	return strings.TrimPrefix(path.Clean("/"+name), "/"), nil
}

// rooted is the name that os.Root knows it by.
func rooted(name string) string {
	if name == "" {
		return "."
	}
	return name
}

// look is what is at this path, nil when nothing is. No component before the last is a link.
func (t *tree) look(name string) (fs.FileInfo, error) {
	if there, err := t.isDirectory(path.Dir(name), false); err != nil || !there {
		return nil, err
	}
	return t.lstat(name)
}

func (t *tree) lstat(name string) (fs.FileInfo, error) {
	found, err := t.root.Lstat(rooted(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return found, err
}

// isDirectory walks to a directory component by component, making those that are missing if told to.
func (t *tree) isDirectory(name string, create bool) (bool, error) {
	if t.verified[name] {
		return true, nil
	}
	if there, err := t.isDirectory(path.Dir(name), create); err != nil || !there {
		return there, err
	}
	found, err := t.lstat(name)
	switch {
	case err != nil:
		return false, err
	case found == nil && !create:
		return false, nil
	case found == nil:
		if err := t.root.Mkdir(name, 0o755); err != nil {
			return false, err
		}
	case found.Mode().Type() == fs.ModeSymlink:
		return false, failure.New(failure.Invalid, "a path leads through the link %q", name)
	case !found.IsDir():
		return false, failure.New(failure.Invalid, "a path leads through the file %q", name)
	}
	t.verified[name] = true
	return true, nil
}

// makeWay makes the directories above name and removes what is at it.
func (t *tree) makeWay(name string) error {
	if name == "" {
		return failure.New(failure.Invalid, "the root of the image is no directory")
	}
	if _, err := t.isDirectory(path.Dir(name), true); err != nil {
		return err
	}
	t.touch(name)
	found, err := t.lstat(name)
	if err != nil || found == nil {
		return err
	}
	return t.remove(name, found)
}

// makeWayForDirectory keeps a directory that is there.
func (t *tree) makeWayForDirectory(name string) error {
	if name == "" {
		return nil
	}
	if _, err := t.isDirectory(path.Dir(name), true); err != nil {
		return err
	}
	t.touch(name)
	found, err := t.lstat(name)
	if err != nil {
		return err
	}
	if found != nil && !found.IsDir() {
		if err := t.remove(name, found); err != nil {
			return err
		}
	}
	_, err = t.isDirectory(name, true)
	return err
}

func (t *tree) remove(name string, found fs.FileInfo) error {
	if found.IsDir() {
		clear(t.verified)
		t.verified["."] = true
		return t.root.RemoveAll(name)
	}
	return t.root.Remove(name)
}

func (t *tree) touch(name string) {
	delete(t.left, name)
	for ; name != "." && !t.touched[name]; name = path.Dir(name) {
		t.touched[name] = true
	}
}

// whiteout hides what lower layers have (OCI image specification, layer.md, "Whiteouts"); the same layer's own entries
// stay, whatever the order.
func (t *tree) whiteout(directory, base string) error {
	hidden := strings.TrimPrefix(base, whiteout)
	if strings.HasPrefix(base, aufs) && base != opaque {
		return nil
	}
	if hidden == "" || hidden == "." || hidden == ".." {
		return failure.New(failure.Invalid, "%q hides no file", path.Join(directory, base))
	}
	there, err := t.isDirectory(directory, false)
	if err != nil || !there {
		return err
	}
	if base == opaque {
		return t.hideChildren(directory)
	}
	return t.hide(path.Join(directory, hidden))
}

func (t *tree) hide(name string) error {
	found, err := t.lstat(name)
	if err != nil || found == nil {
		return err
	}
	if !t.touched[name] {
		return t.remove(name, found)
	}
	if found.IsDir() {
		return t.hideChildren(name)
	}
	return nil
}

func (t *tree) hideChildren(directory string) error {
	opened, err := t.root.Open(directory)
	if err != nil {
		return err
	}
	names, err := opened.Readdirnames(-1)
	opened.Close()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := t.hide(path.Join(directory, name)); err != nil {
			return err
		}
	}
	return nil
}
