package guest

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const (
	caFile     = "etc/bottle/ca.pem"
	bundleFile = "etc/bottle/ca-bundle.pem"
)

// distributionRoots are the usual places of the system's certificates, in the order of crypto/x509.
var distributionRoots = []string{
	"etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Alpine
	"etc/pki/tls/certs/ca-bundle.crt",   // Fedora, RHEL
	"etc/ssl/ca-bundle.pem",             // openSUSE
	"etc/ssl/cert.pem",                  // Alpine without the package
}

// stores are the system trust stores that have a tool of their own to take one more certificate.
var stores = []struct{ tool, anchor, command string }{
	{"usr/sbin/update-ca-certificates", "usr/local/share/ca-certificates/bottle-ca.crt", "/usr/sbin/update-ca-certificates"},
	{"usr/bin/update-ca-trust", "etc/pki/ca-trust/source/anchors/bottle-ca.pem", "/usr/bin/update-ca-trust"},
}

// installTrust makes the guest trust the certificate authority of its own bundle: in the system's store when the image
// has one, and in a ready bundle of roots plus this one either way. A former authority is replaced.
func installTrust(root string, certificate []byte) error {
	block, rest := pem.Decode(certificate)
	if block == nil || block.Type != "CERTIFICATE" || len(bytes.TrimSpace(rest)) != 0 {
		return fmt.Errorf("ca.pem is not exactly one certificate")
	}
	former, _ := os.ReadFile(filepath.Join(root, caFile))
	unchanged := bytes.Equal(former, certificate)
	for _, store := range stores {
		if _, err := os.Stat(filepath.Join(root, store.tool)); err != nil {
			continue
		}
		anchor := filepath.Join(root, store.anchor)
		if present, err := os.ReadFile(anchor); err == nil && unchanged && bytes.Equal(present, certificate) {
			continue
		}
		if err := writeFile(anchor, certificate, 0o644, 0, 0); err != nil {
			return err
		}
		if root == "/" {
			if output, err := exec.Command(store.command).CombinedOutput(); err != nil {
				return fmt.Errorf("%s: %w: %s", store.command, err, bytes.TrimSpace(output))
			}
		}
	}
	bundle, err := roots(root, former)
	if err != nil {
		return err
	}
	if !bytes.Contains(bundle, bytes.TrimSpace(certificate)) {
		bundle = append(append(bytes.TrimRight(bundle, "\n"), '\n'), certificate...)
	}
	if err := writeFile(filepath.Join(root, bundleFile), bytes.TrimLeft(bundle, "\n"), 0o644, 0, 0); err != nil {
		return err
	}
	return writeFile(filepath.Join(root, caFile), certificate, 0o644, 0, 0)
}

// roots is the distribution's bundle without a former authority of ours.
func roots(root string, former []byte) ([]byte, error) {
	for _, path := range distributionRoots {
		bundle, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			continue
		}
		if old := bytes.TrimSpace(former); len(old) > 0 {
			bundle = bytes.ReplaceAll(bundle, old, nil)
		}
		return bundle, nil
	}
	return nil, nil
}
