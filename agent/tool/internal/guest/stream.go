package guest

import (
	"archive/tar"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"sort"
)

const (
	maxFile  = 16 << 20
	maxTotal = 64 << 20
)

// A skill's files lie flat: ConfigMap keys hold no slash.
var streamName = regexp.MustCompile(`^(guest\.json|prompt\.text|ca\.pem|skills/[a-z0-9]([a-z0-9-]*[a-z0-9])?/[-._a-zA-Z0-9]+)$`)

// delivery is the whole provision stream, read before anything is written.
type delivery struct {
	digest string
	files  map[string][]byte
}

// readStream reads the tar to its end and hashes exactly the bytes that came. It refuses names that the contract does
// not have, so nothing can point outside of where it belongs.
func readStream(from io.Reader) (delivery, error) {
	hash := sha256.New()
	limited := io.LimitReader(io.TeeReader(from, hash), maxTotal+1)
	archive := tar.NewReader(limited)
	received := delivery{files: map[string][]byte{}}
	total := 0
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return received, err
		}
		if header.Typeflag != tar.TypeReg || !streamName.MatchString(header.Name) || path.Base(header.Name) == ".." || path.Base(header.Name) == "." {
			return received, fmt.Errorf("unexpected entry %q", header.Name)
		}
		if _, twice := received.files[header.Name]; twice {
			return received, fmt.Errorf("entry %q comes twice", header.Name)
		}
		if header.Size > maxFile || total+int(header.Size) > maxTotal {
			return received, fmt.Errorf("entry %q is too large", header.Name)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return received, err
		}
		total += len(content)
		received.files[header.Name] = content
	}
	// The padding behind the end-of-archive blocks belongs to the digest too.
	if _, err := io.Copy(io.Discard, limited); err != nil {
		return received, err
	}
	for _, needed := range []string{"guest.json", "prompt.text", "ca.pem"} {
		if _, ok := received.files[needed]; !ok {
			return received, fmt.Errorf("the stream has no %s", needed)
		}
	}
	received.digest = fmt.Sprintf("sha256:%x", hash.Sum(nil))
	return received, nil
}

func (d delivery) names() []string {
	names := make([]string, 0, len(d.files))
	for name := range d.files {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
