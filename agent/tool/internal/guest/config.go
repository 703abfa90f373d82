// Package guest is what runs inside the machine: it writes what the node agent provisions, and starts commands as the
// agent's user with the agent's environment. A guest image may hold no shell, so nothing here needs one.
package guest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	configFile   = "etc/bottle/guest.json"
	promptName   = ".claude-bottle-prompt.txt"
	canaryName   = ".claude-bottle-canary.txt"
	canary       = "BOTTLE_CANARY" // set by the operator, a value that nobody has a reason to send
	defaultPath  = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	defaultUser  = "node"
	fallbackUser = "root"
)

// Config is guest.json (docs/contracts.md). Nothing in it is secret.
type Config struct {
	Version     int               `json:"version"`
	User        *string           `json:"user"`
	Workdir     *string           `json:"workdir"`
	SkillsDir   *string           `json:"skillsDir"`
	Skills      []string          `json:"skills"`
	Environment map[string]string `json:"environment"`
	McpServers  map[string]string `json:"mcpServers"` // name to URL; absent for none
}

func parseConfig(data []byte) (Config, error) {
	var config Config
	if err := json.Unmarshal(data, &config); err != nil {
		return config, fmt.Errorf("guest.json: %w", err)
	}
	if config.Version != 1 {
		return config, fmt.Errorf("guest.json: version %d is not 1", config.Version)
	}
	return config, nil
}

// user is one line of passwd(5), with the groups of group(5) that name it.
type user struct {
	name   string
	uid    int
	gid    int
	home   string
	shell  string
	groups []int
}

// errNoUser is told apart because its remedy is the Bottle author's.
var errNoUser = errors.New("no such user in /etc/passwd")

// findUser looks the configured user up, or else "node", or else root. A configured user that is missing is an error;
// numeric names are users too.
func findUser(root string, config Config) (user, error) {
	if config.User != nil {
		found, ok, err := lookup(root, *config.User)
		if err == nil && !ok {
			err = fmt.Errorf("%q: %w", *config.User, errNoUser)
		}
		return found, err
	}
	if found, ok, err := lookup(root, defaultUser); err != nil || ok {
		return found, err
	}
	found, ok, err := lookup(root, fallbackUser)
	if err == nil && !ok {
		found = user{name: fallbackUser, home: "/root"}
	}
	return found, err
}

func lookup(root, name string) (user, bool, error) {
	var found user
	ok := false
	err := eachLine(filepath.Join(root, "etc/passwd"), 7, func(fields []string) {
		uid, uidErr := strconv.Atoi(fields[2])
		gid, gidErr := strconv.Atoi(fields[3])
		if ok || uidErr != nil || gidErr != nil || (fields[0] != name && fields[2] != name) {
			return
		}
		home := fields[5]
		if !filepath.IsAbs(home) {
			home = "/"
		}
		found, ok = user{name: fields[0], uid: uid, gid: gid, home: filepath.Clean(home), shell: fields[6], groups: []int{gid}}, true
	})
	if err != nil || !ok {
		return found, ok, err
	}
	err = eachLine(filepath.Join(root, "etc/group"), 4, func(fields []string) {
		gid, gidErr := strconv.Atoi(fields[2])
		if gidErr != nil || gid == found.gid {
			return
		}
		for _, member := range strings.Split(fields[3], ",") {
			if member == found.name {
				found.groups = append(found.groups, gid)
			}
		}
	})
	return found, true, err
}

func eachLine(path string, fields int, visit func([]string)) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if parts := strings.Split(lines.Text(), ":"); len(parts) == fields {
			visit(parts)
		}
	}
	return lines.Err()
}
