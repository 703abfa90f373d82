package guest

import (
	"archive/tar"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const (
	supervised = `{"version":1,"skills":[],"environment":{},"prompt":"None","mcpServers":{"bottle":"http://127.0.0.1:9100/mcp"}}`
	plain      = `{"version":1,"skills":[],"environment":{},"prompt":"None"}`
	ours       = `{"mcpServers":{"bottle":{"type":"http","url":"http://127.0.0.1:9100/mcp"}}}`
	images     = `{ "mcpServers": {"docs": {"command":"docs","args":["a"]}}, "later": 1e2 }`
	both       = `{"later":1e2,"mcpServers":{"bottle":{"type":"http","url":"http://127.0.0.1:9100/mcp"},"docs":{"command":"docs","args":["a"]}}}`
)

// machine is a guest's root, before its first provision.
type machine struct {
	t    *testing.T
	root string
}

func newMachine(t *testing.T) machine {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("provision gives files to root: run as root")
	}
	return machine{t, t.TempDir()}
}

// image puts a file there as an image does.
func (m machine) image(content string) machine {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.file()), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(m.file(), []byte(content), 0o644); err != nil {
		m.t.Fatal(err)
	}
	return m
}

func (m machine) file() string { return filepath.Join(m.root, "etc/claude-code/managed-mcp.json") }

func (m machine) provision(config string) outcome {
	m.t.Helper()
	var stream, report bytes.Buffer
	w := tar.NewWriter(&stream)
	for _, entry := range []struct{ name, content string }{{"guest.json", config}, {"prompt.text", ""}, {"ca.pem", authority(m.t)}} {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: entry.name, Mode: 0o644, Size: int64(len(entry.content))}); err != nil {
			m.t.Fatal(err)
		}
		_, _ = w.Write([]byte(entry.content))
	}
	_ = w.Close()
	code := Provision(&stream, &report, m.root)
	var result outcome
	if err := json.Unmarshal(report.Bytes(), &result); err != nil || (code == 0) != (result.Error == nil) {
		m.t.Fatal(code, report.String())
	}
	return result
}

func (m machine) provisioned(config string) {
	m.t.Helper()
	if result := m.provision(config); result.Error != nil {
		m.t.Fatal(result.Error.Message)
	}
}

func (m machine) has(content string, mode os.FileMode) {
	m.t.Helper()
	expectContent(m.t, m.file(), content)
	if info, err := os.Lstat(m.file()); err != nil || info.Mode() != mode {
		m.t.Fatalf("%v, %v", info.Mode(), err)
	}
}

func (m machine) hasNone(paths ...string) {
	m.t.Helper()
	for _, path := range paths {
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			m.t.Fatalf("%s: %v", path, err)
		}
	}
}

func authority(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestTheServersComeAndGoWithTheBottle(t *testing.T) {
	m := newMachine(t)
	m.provisioned(plain)
	m.hasNone(filepath.Dir(m.file()))
	for range 2 {
		m.provisioned(supervised)
		m.has(ours, 0o644)
	}
	m.provisioned(strings.Replace(supervised, "9100", "9101", 1))
	m.has(strings.Replace(ours, "9100", "9101", 1), 0o644)
	m.provisioned(plain)
	m.hasNone(m.file(), filepath.Join(m.root, writtenFile), filepath.Join(m.root, imageFile))
}

func TestTheImagesFileIsLeftAloneWithoutServers(t *testing.T) {
	m := newMachine(t).image(ours) // the same as we would write
	for range 2 {
		m.provisioned(plain)
		m.has(ours, 0o644)
	}
}

func TestTheImagesServersStayAndItsFileComesBack(t *testing.T) {
	for name, test := range map[string]struct{ image, with string }{
		"others":      {images, both},
		"one of ours": {`{"mcpServers":{"bottle":{"command":"mine"}}}`, ours},
		"ours":        {ours, ours},
		"none":        {`{"mcpServers":{}}`, ours},
		"a null":      {`{"mcpServers":null}`, ours},
		"a list":      {`{"mcpServers":[],"a":1}`, ours},
		"no object":   {`[]`, ours},
		"no JSON":     {`{"mcpServers":{"docs"`, ours},
		"nothing":     {``, ours},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t).image(test.image)
			for range 2 {
				m.provisioned(supervised)
				m.provisioned(supervised)
				m.has(test.with, 0o644)
				m.provisioned(plain)
				m.has(test.image, 0o644)
			}
			m.hasNone(filepath.Join(m.root, writtenFile), filepath.Join(m.root, imageFile))
		})
	}
}

// It may hold what not everybody in the guest is to read.
func TestModeAndOwnerOfTheImagesFileStay(t *testing.T) {
	m := newMachine(t).image(images)
	if err := os.Chown(m.file(), 7, 8); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(m.file(), 0o640); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ config, content string }{{supervised, both}, {plain, images}} {
		m.provisioned(step.config)
		m.has(step.content, 0o640)
		info, _ := os.Lstat(m.file())
		if status := info.Sys().(*syscall.Stat_t); status.Uid != 7 || status.Gid != 8 {
			t.Error(status.Uid, status.Gid)
		}
	}
}

func TestWhatTheGuestWroteMeanwhileIsNotLost(t *testing.T) {
	m := newMachine(t)
	m.provisioned(supervised)
	m.image(images)
	m.provisioned(plain)
	m.has(images, 0o644)
	m.provisioned(supervised)
	m.has(both, 0o644)
	if err := os.Remove(m.file()); err != nil {
		t.Fatal(err)
	}
	m.provisioned(supervised)
	m.has(both, 0o644)
}

// A run may die between any two writes.
func TestARunThatDiedHalfWayIsMadeGood(t *testing.T) {
	for _, next := range []struct{ config, content string }{{supervised, both}, {plain, images}} {
		for name, died := range map[string]func(m machine){
			"before it told what it writes": func(m machine) { _ = os.Remove(filepath.Join(m.root, writtenFile)) },
			"before it wrote":               func(machine) {},
		} {
			t.Run(name, func(t *testing.T) {
				m := newMachine(t).image(images)
				m.provisioned(supervised)
				m.image(images) // as if the last step were missing
				died(m)
				m.provisioned(next.config)
				m.has(next.content, 0o644)
				m.provisioned(plain)
				m.has(images, 0o644)
			})
		}
	}
}

func TestNothingThatTheGuestPlantedIsFollowed(t *testing.T) {
	for name, plant := range map[string]func(m machine, secret string) error{
		"a link": func(m machine, secret string) error {
			return os.Symlink(secret, m.file())
		},
		"a link to nothing": func(m machine, secret string) error {
			return os.Symlink(secret+".new", m.file())
		},
		"a directory": func(m machine, _ string) error { return os.Mkdir(m.file(), 0o755) },
		"a pipe":      func(m machine, _ string) error { return syscall.Mkfifo(m.file(), 0o666) },
		"a link in the directory's place": func(m machine, secret string) error {
			_ = os.Remove(filepath.Dir(m.file()))
			return os.Symlink(filepath.Dir(secret), filepath.Dir(m.file()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			secret := filepath.Join(t.TempDir(), "managed-mcp.json")
			if err := os.WriteFile(secret, []byte(images), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Dir(m.file()), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := plant(m, secret); err != nil {
				t.Fatal(err)
			}
			if result := m.provision(supervised); result.Error == nil || !strings.Contains(result.Error.Message, "leave spec.supervise out") {
				t.Error(result)
			}
			expectContent(t, secret, images)
			if found, _ := os.ReadDir(filepath.Dir(secret)); len(found) != 1 {
				t.Error(found)
			}
			m.hasNone(filepath.Join(m.root, imageFile))
			m.provisioned(plain)
		})
	}
}

// Without servers, whatever lies there is somebody else's.
func TestALinkInItsPlaceDoesNotKeepABottleSupervised(t *testing.T) {
	m := newMachine(t)
	m.provisioned(supervised)
	if err := os.Remove(m.file()); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("elsewhere", m.file()); err != nil {
		t.Fatal(err)
	}
	m.provisioned(plain)
	if target, err := os.Readlink(m.file()); err != nil || target != "elsewhere" {
		t.Error(target, err)
	}
	m.hasNone(filepath.Join(m.root, writtenFile))
}
