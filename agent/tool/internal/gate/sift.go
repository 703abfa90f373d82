package gate

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
)

// maxLinks bounds what is kept in memory; more is not a working tree.
const maxLinks = 100_000

// sift copies a guest's archive, hostile until shown otherwise, so that whatever unpacks it writes only below the one
// top name: files and directories with plain permissions and no owner, and symbolic links that stay inside. It fails at
// the first entry that `bottle-tool send` never writes; links that lead out are left out and counted.
//
// Links are written last: nothing is unpacked through a link then, whatever the receiving file system takes for the
// same name.
func sift(from io.Reader, to io.Writer) (skipped int, err error) {
	in, out := tar.NewReader(from), tar.NewWriter(to)
	var links []*tar.Header
	top := ""
	for {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return skipped, fmt.Errorf("the guest's archive: %w", err)
		}
		name, err := insideName(header.Name, &top)
		if err != nil {
			return skipped, err
		}
		clean := &tar.Header{Typeflag: header.Typeflag, Name: name, Mode: header.Mode & 0o777, ModTime: plausible(header.ModTime)}
		switch header.Typeflag {
		case tar.TypeDir:
			clean.Name, clean.Mode = name+"/", clean.Mode|0o700
			err = out.WriteHeader(clean)
		case tar.TypeReg:
			err = siftFile(header, clean, in, out)
		case tar.TypeSymlink:
			if !staysInside(name, header.Linkname) {
				skipped++
				continue
			}
			clean.Linkname = header.Linkname
			if links = append(links, clean); len(links) > maxLinks {
				err = fmt.Errorf("the guest sent more than %d symbolic links", maxLinks)
			}
		default:
			err = fmt.Errorf("the guest sent %q, which is neither file, directory nor symbolic link; nothing more is unpacked", name)
		}
		if err != nil {
			return skipped, err
		}
	}
	if top == "" {
		return skipped, errors.New("the guest sent an empty archive")
	}
	for _, link := range links {
		if err := out.WriteHeader(link); err != nil {
			return skipped, err
		}
	}
	// The guest's command must have succeeded before the archive is called complete.
	if _, err := io.Copy(io.Discard, from); err != nil {
		return skipped, err
	}
	return skipped, out.Close()
}

func siftFile(header, clean *tar.Header, in io.Reader, out *tar.Writer) error {
	for key := range header.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			// A few bytes that unpack to as many as a 64-bit number can say.
			return fmt.Errorf("the guest sent %q as a sparse file", clean.Name)
		}
	}
	clean.Size = header.Size
	if err := out.WriteHeader(clean); err != nil {
		return err
	}
	_, err := io.Copy(out, in)
	return err
}

// insideName is the name without detours; the first component must be the same for all entries.
func insideName(name string, top *string) (string, error) {
	clean := path.Clean(name)
	first, _, _ := strings.Cut(clean, "/")
	if path.IsAbs(name) || first == "." || first == ".." || strings.Contains("/"+name+"/", "/../") || *top != "" && first != *top {
		return "", fmt.Errorf("the guest sent the name %q, which leads out of the copy; nothing more is unpacked", name)
	}
	*top = first
	return clean, nil
}

// staysInside says whether a link leads to somewhere below the top name. Every directory above the link is a real one,
// so `..` at the target's beginning climbs as it reads; after another component it would not, if that is a link.
func staysInside(name, target string) bool {
	if target == "" || path.IsAbs(target) {
		return false
	}
	depth := strings.Count(name, "/") // directories above the link, the top one included
	climbing := true
	for component := range strings.SplitSeq(target, "/") {
		switch {
		case component == "." || component == "":
		case component != "..":
			climbing = false
		case !climbing || depth <= 1:
			return false
		default:
			depth--
		}
	}
	return depth >= 1
}

// plausible keeps times that every tar can read.
func plausible(at time.Time) time.Time {
	if at.Unix() < 0 || at.Unix() >= 1<<33 {
		return time.Unix(0, 0)
	}
	return time.Unix(at.Unix(), 0)
}
