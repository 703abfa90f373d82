package guest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	serversDirectory = "etc/claude-code"
	serversFile      = "managed-mcp.json" // where Claude Code looks for the servers that its users cannot change

	// writtenFile has the bytes that an earlier run wrote: only what is still exactly that is ours to remove.
	writtenFile = "etc/bottle/managed-mcp.json"
	// imageFile has what was there before. It counts only beside writtenFile.
	imageFile = "etc/bottle/managed-mcp.image.json"
)

// errInTheWay carries the remedy.
var errInTheWay = errors.New("cannot take the MCP servers: make it a directory with a plain file in the image, or leave spec.supervise out")

// managed is a file of which mode and owner are kept, too: it may be one that not everybody reads.
type managed struct {
	content  []byte
	mode     fs.FileMode
	uid, gid int
}

// server is one entry of managed-mcp.json.
type server struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

// writeServers adds the servers to those that the image itself brings (docs/adr/0102), and takes them away again when
// there are none: then the image's file is what it was.
func writeServers(root string, servers map[string]string) error {
	written, err := os.ReadFile(filepath.Join(root, writtenFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	before := err == nil
	if len(servers) == 0 && !before {
		return nil
	}
	present, err := readManaged(root)
	if errors.Is(err, errInTheWay) && len(servers) == 0 {
		present, err = nil, nil // somebody else's by now
	}
	if err != nil {
		return err
	}
	ours := before && present != nil && bytes.Equal(present.content, written)
	if len(servers) == 0 {
		return removeServers(root, ours)
	}
	image := present
	if before && (ours || present == nil) {
		if image, err = readImage(root); err != nil {
			return err
		}
	}
	if image == nil {
		image = &managed{mode: 0o644}
		err = remove(filepath.Join(root, imageFile))
	} else {
		err = image.write(filepath.Join(root, imageFile))
	}
	if err != nil {
		return err
	}
	merged := *image
	if merged.content, err = merge(image.content, servers); err != nil {
		return err
	}
	// Told before it is done: a run that dies between must not leave a file that nobody removes.
	if err := writeFile(filepath.Join(root, writtenFile), merged.content, 0o600, 0, 0); err != nil {
		return err
	}
	return merged.write(filepath.Join(root, serversDirectory, serversFile))
}

func removeServers(root string, ours bool) error {
	if ours {
		image, err := readImage(root)
		target := filepath.Join(root, serversDirectory, serversFile)
		if err == nil && image != nil {
			err = image.write(target)
		} else if err == nil {
			err = remove(target)
		}
		if err != nil {
			return err
		}
	}
	if err := remove(filepath.Join(root, writtenFile)); err != nil {
		return err
	}
	return remove(filepath.Join(root, imageFile))
}

// merge adds the servers to the document, whose own of the same name they replace. A document in which Claude Code
// finds no servers is left out: it would find ours neither.
func merge(document []byte, servers map[string]string) ([]byte, error) {
	var whole, all map[string]json.RawMessage
	if json.Unmarshal(document, &whole) != nil || json.Unmarshal(whole["mcpServers"], &all) != nil {
		whole, all = nil, nil
	}
	if all == nil {
		whole, all = map[string]json.RawMessage{}, map[string]json.RawMessage{}
	}
	for name, url := range servers {
		entry, err := json.Marshal(server{Type: "http", URL: url})
		if err != nil {
			return nil, err
		}
		all[name] = entry
	}
	list, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	whole["mcpServers"] = list
	return json.Marshal(whole)
}

// readManaged reads the file that Claude Code reads, or returns nil when there is none. Its directory may be the
// user's, so nothing there is followed or waited for.
func readManaged(root string) (*managed, error) {
	path := filepath.Join(root, serversDirectory)
	directory, err := unix.Open(path, unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("/%s (%w) %w", serversDirectory, err, errInTheWay)
	}
	defer unix.Close(directory)
	number, err := unix.Openat(directory, serversFile, unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("/%s/%s (%w) %w", serversDirectory, serversFile, err, errInTheWay)
	}
	return read(os.NewFile(uintptr(number), filepath.Join(path, serversFile)))
}

func readImage(root string) (*managed, error) {
	file, err := os.Open(filepath.Join(root, imageFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return read(file)
}

func read(file *os.File) (*managed, error) {
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	status, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("%s (no plain file of at most %d bytes) %w", file.Name(), maxFile, errInTheWay)
	}
	content, err := io.ReadAll(io.LimitReader(file, maxFile))
	return &managed{content, info.Mode().Perm(), int(status.Uid), int(status.Gid)}, err
}

func (m managed) write(path string) error {
	return writeFile(path, m.content, m.mode, m.uid, m.gid)
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
