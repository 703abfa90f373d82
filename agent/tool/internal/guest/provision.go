package guest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// manifestFile lists the skill folders that an earlier run wrote.
const manifestFile = "etc/bottle/skills.json"

// toolInGuest is where the node's read-only directory of tools is mounted.
const toolInGuest = "/opt/bottle/bin/bottle-tool"

type outcome struct {
	Digest string   `json:"digest,omitempty"`
	User   string   `json:"user,omitempty"`
	Home   string   `json:"home,omitempty"`
	Error  *problem `json:"error,omitempty"`
}

type problem struct {
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// Provision reads the provision stream, writes the guest's files below root, and prints one JSON line: what it read and
// for whom, or why not (exit code 1). It may run again at any time: the outcome is the same, and what is no longer
// named is removed.
func Provision(stream io.Reader, report io.Writer, root string) int {
	result, err := provision(stream, root)
	if err != nil {
		reason := "ProvisioningFailed"
		if errors.Is(err, errNoUser) {
			reason = "UserNotFound"
		}
		result = outcome{Error: &problem{Reason: reason, Message: err.Error()}}
	}
	if encodeErr := json.NewEncoder(report).Encode(result); encodeErr != nil || err != nil {
		return 1
	}
	return 0
}

func provision(stream io.Reader, root string) (outcome, error) {
	received, err := readStream(stream)
	if err != nil {
		return outcome{}, err
	}
	config, err := parseConfig(received.files["guest.json"])
	if err != nil {
		return outcome{}, err
	}
	who, err := findUser(root, config)
	if err != nil {
		return outcome{}, err
	}
	if err := installTrust(root, received.files["ca.pem"]); err != nil {
		return outcome{}, err
	}
	if err := writeSkills(root, config, who, received); err != nil {
		return outcome{}, err
	}
	if err := writeServers(root, config.McpServers); err != nil {
		return outcome{}, err
	}
	if err := writeCommon(root, config, who, received); err != nil {
		return outcome{}, err
	}
	return outcome{Digest: received.digest, User: who.name, Home: who.home}, nil
}

func writeCommon(root string, config Config, who user, received delivery) error {
	names := make([]string, 0, len(config.Environment))
	for name := range config.Environment {
		names = append(names, name)
	}
	sort.Strings(names)
	if err := writeFile(filepath.Join(root, "etc/profile.d/bottle.sh"), []byte(shellExports(config, names)), 0o644, 0, 0); err != nil {
		return err
	}
	if err := makeDirectories(filepath.Join(root, who.home), who); err != nil {
		return err
	}
	prompt := filepath.Join(root, who.home, promptName)
	if err := writeFile(prompt, received.files["prompt.text"], 0o600, who.uid, who.gid); err != nil {
		return err
	}
	if value, ok := config.Environment[canary]; ok {
		if err := writeFile(filepath.Join(root, who.home, canaryName), []byte(value+"\n"), 0o600, who.uid, who.gid); err != nil {
			return err
		}
	}
	launcher := filepath.Join(root, "usr/local/bin/bottle-claude")
	if err := os.MkdirAll(filepath.Dir(launcher), 0o755); err != nil {
		return err
	}
	if target, err := os.Readlink(launcher); err != nil || target != toolInGuest {
		_ = os.Remove(launcher)
		if err := os.Symlink(toolInGuest, launcher); err != nil {
			return err
		}
	}
	// Last: exec takes its presence for "provisioned".
	return writeFile(filepath.Join(root, configFile), received.files["guest.json"], 0o644, 0, 0)
}

// writeSkills replaces each named skill's folder as a whole and removes those that an earlier run wrote and nobody
// names any more.
func writeSkills(root string, config Config, who user, received delivery) error {
	base := filepath.Join(who.home, ".claude/skills")
	if config.SkillsDir != nil {
		base = *config.SkillsDir
	}
	folders := map[string]map[string][]byte{}
	for _, name := range config.Skills {
		folders[filepath.Join(base, name)] = map[string][]byte{}
	}
	for _, name := range received.names() {
		if rest, ok := strings.CutPrefix(name, "skills/"); ok {
			folder := filepath.Join(base, filepath.Dir(rest))
			if folders[folder] == nil {
				return fmt.Errorf("the stream has skill %q, which guest.json does not name", filepath.Dir(rest))
			}
			folders[folder][filepath.Base(rest)] = received.files[name]
		}
	}
	var former []string
	if data, err := os.ReadFile(filepath.Join(root, manifestFile)); err == nil {
		if err := json.Unmarshal(data, &former); err != nil {
			return fmt.Errorf("%s: %w", manifestFile, err)
		}
	}
	written := make([]string, 0, len(folders))
	for folder := range folders {
		written = append(written, folder)
	}
	sort.Strings(written)
	// Named before they exist: a run that dies half-way must not leave a folder that nobody removes.
	all := append(slices.Clone(written), former...)
	if err := writeManifest(root, all); err != nil {
		return err
	}
	for _, folder := range former {
		if err := os.RemoveAll(filepath.Join(root, folder)); err != nil {
			return err
		}
	}
	for _, folder := range written {
		target := filepath.Join(root, folder)
		if err := os.RemoveAll(target); err != nil {
			return err
		}
		if err := makeDirectories(target, who); err != nil {
			return err
		}
		for name, content := range folders[folder] {
			if err := writeFile(filepath.Join(target, name), content, 0o644, who.uid, who.gid); err != nil {
				return err
			}
		}
	}
	return writeManifest(root, written)
}

func writeManifest(root string, folders []string) error {
	data, err := json.Marshal(folders)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(root, manifestFile), data, 0o644, 0, 0)
}

// makeDirectories creates what is missing of the path, each new directory the user's.
func makeDirectories(path string, who user) error {
	if info, err := os.Stat(path); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is not a directory", path)
		}
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeDirectories(filepath.Dir(path), who); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Chown(path, who.uid, who.gid)
}

// writeFile replaces a file as a whole: a reader sees the old one or the new one, with its mode and owner.
func writeFile(path string, content []byte, mode fs.FileMode, uid, gid int) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".bottle-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(content)
	if err == nil {
		err = temporary.Chown(uid, gid)
	}
	if err == nil {
		err = temporary.Chmod(mode)
	}
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(temporary.Name(), path)
}
