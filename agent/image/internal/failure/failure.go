// Package failure is why an image cannot be had, in the words of dev.bottle.crd.condition.Reason.
package failure

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
)

// A Failure is an error that a person reads. Its message holds no credential and nothing of what a registry answered: a
// reference may name a service that is no registry, and its words are nobody's business.
type Failure struct {
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// The reasons; ImagePulling is the one that is worth trying again soon.
const (
	Pulling  = "ImagePulling"
	NotFound = "ImageNotFound"
	Invalid  = "ImageInvalid"
	TooLarge = "ImageTooLarge"
	Refused  = "RegistryRefused"
	DiskFull = "DiskFull"
)

const maxMessage = 400

func (f *Failure) Error() string { return f.Message }

// New makes one. Names that come from an image or a registry go in by %q.
func New(reason, format string, arguments ...any) *Failure {
	return &Failure{Reason: reason, Message: clean(fmt.Sprintf(format, arguments...))}
}

// Of is the failure that err is or wraps, else one of that reason with its text.
func Of(err error, otherwise string) *Failure {
	var known *Failure
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return New(DiskFull, "no space is left on the node's disk")
	default:
		return New(otherwise, "%s", err)
	}
}

func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, text)
	if len(text) > maxMessage {
		return strings.ToValidUTF8(text[:maxMessage], "") + "…"
	}
	return text
}
