package registry

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"bottle.dev/image/internal/failure"
)

var errorCode = regexp.MustCompile(`^[A-Z_]{1,40}$`)

// What the library says when bytes are not those that their digest or size names; it has no type for them.
var tampered = []string{"error verifying", "does not match requested digest", "does not match expected size"}

// Explain turns an error of the library into one that may be shown: no URL, because a redirect may have signed it, and
// nothing of an answer's body.
func Explain(subject string, err error) error {
	var known *failure.Failure
	if errors.As(err, &known) {
		return known
	}
	var answer *transport.Error
	if errors.As(err, &answer) {
		return answered(subject, answer)
	}
	for _, text := range tampered {
		if strings.Contains(err.Error(), text) {
			return failure.New(failure.Invalid, "%s: the registry sent something else than the digest says", subject)
		}
	}
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err
	}
	var network *net.OpError
	if errors.As(err, &network) {
		return failure.New(failure.Pulling, "%s: %s", subject, network)
	}
	return failure.New(failure.Pulling, "%s: %s", subject, err)
}

func answered(subject string, answer *transport.Error) error {
	code := ""
	for _, diagnostic := range answer.Errors {
		if errorCode.MatchString(string(diagnostic.Code)) {
			code = " " + string(diagnostic.Code)
		}
	}
	reason := failure.Pulling
	switch answer.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		reason = failure.NotFound
	}
	return failure.New(reason, "%s: the registry answered %d %s%s", subject, answer.StatusCode,
		http.StatusText(answer.StatusCode), code)
}
