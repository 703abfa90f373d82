package state

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"
)

const maxNameBytes = 128

// ValidateName applies smolvm's rules for machine names (validate_vm_name) and words its refusals
// as 1.32.2 does.
func ValidateName(name string) error {
	if name == "" {
		return fmt.Errorf("machine name cannot be empty")
	}
	if len(name) > maxNameBytes {
		return fmt.Errorf("machine name too long: %d characters (max %d)", utf8.RuneCountInString(name), maxNameBytes)
	}
	if !isLetterOrDigit(rune(name[0])) {
		return fmt.Errorf("machine name must start with a letter or digit (got: %q)", name)
	}
	if strings.HasSuffix(name, "-") {
		return fmt.Errorf("machine name cannot end with a hyphen (got: %q)", name)
	}
	if strings.ContainsAny(name, `/\`) {
		return fmt.Errorf("machine name cannot contain path separators")
	}
	for _, c := range name {
		if !isLetterOrDigit(c) && c != '-' && c != '_' {
			return fmt.Errorf("machine name contains invalid character: '%c'", c)
		}
	}
	if strings.Contains(name, "--") {
		return fmt.Errorf("machine name cannot contain consecutive hyphens")
	}
	return nil
}

func isLetterOrDigit(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// directoryName is how smolvm derives a machine's directory: the first 16 hex digits of SHA-256(name).
func directoryName(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])[:16]
}
