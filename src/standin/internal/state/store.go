package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"
)

// ErrNotFound says that no machine has the name.
var ErrNotFound = errors.New("vm not found")

// ErrExists says that the name is taken.
var ErrExists = errors.New("machine exists")

const firstMachineUID = 2_000_000

// Store keeps one file per machine below the data root. Records are replaced atomically, and every
// read-modify-write happens under one lock, so parallel calls never lose each other's updates.
type Store struct{ records, machines, lock string }

// Open uses (and creates) the directories of a data root, laid out as smolvm's.
func Open(root string) (*Store, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	s := &Store{
		records:  filepath.Join(root, ".local/share/smolvm/server/standin"),
		machines: filepath.Join(root, ".cache/smolvm/vms"),
	}
	s.lock = filepath.Join(s.records, ".lock")
	for _, dir := range []string{s.records, s.machines} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// DataDir is the machine's own directory (`machine data-dir`).
func (s *Store) DataDir(name string) string { return filepath.Join(s.machines, directoryName(name)) }

// Load returns the record, or ErrNotFound.
func (s *Store) Load(name string) (*Machine, error) {
	// A name that could never be created cannot exist; this also keeps it from being a path.
	if ValidateName(name) != nil {
		return nil, ErrNotFound
	}
	raw, err := os.ReadFile(s.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	m := new(Machine)
	if err := json.Unmarshal(raw, m); err != nil {
		return nil, fmt.Errorf("record of %s: %w", name, err)
	}
	return m, nil
}

// List returns every record.
func (s *Store) List() ([]*Machine, error) {
	files, err := os.ReadDir(s.records)
	if err != nil {
		return nil, err
	}
	var machines []*Machine
	for _, file := range files {
		name, isRecord := strings.CutSuffix(file.Name(), ".json")
		if !isRecord || strings.HasPrefix(name, ".") {
			continue
		}
		m, err := s.Load(name)
		if errors.Is(err, ErrNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		machines = append(machines, m)
	}
	return machines, nil
}

// Create writes a new record and gives it a uid; ErrExists when the name is taken.
func (s *Store) Create(m *Machine) error {
	return s.locked(func() error {
		if _, err := os.Stat(s.file(m.Name)); err == nil {
			return ErrExists
		}
		others, err := s.List()
		if err != nil {
			return err
		}
		taken := map[int]bool{}
		for _, other := range others {
			taken[other.UID] = true
		}
		for m.UID = firstMachineUID; taken[m.UID]; m.UID++ {
		}
		return s.write(m)
	})
}

// Update applies a change to the present record; ErrNotFound when it has gone.
func (s *Store) Update(name string, change func(*Machine)) error {
	return s.locked(func() error {
		m, err := s.Load(name)
		if err != nil {
			return err
		}
		change(m)
		return s.write(m)
	})
}

// Delete removes the record.
func (s *Store) Delete(name string) error {
	return s.locked(func() error { return os.Remove(s.file(name)) })
}

func (s *Store) file(name string) string { return filepath.Join(s.records, name+".json") }

func (s *Store) write(m *Machine) error {
	raw, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	return renameio.WriteFile(s.file(m.Name), raw, 0o600)
}

func (s *Store) locked(work func() error) error {
	lock := flock.New(s.lock)
	if err := lock.Lock(); err != nil {
		return err
	}
	defer lock.Close()
	return work()
}
