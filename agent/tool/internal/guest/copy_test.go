package guest

import (
	"archive/tar"
	"bytes"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var longAgo = time.Unix(1_000_000_000, 0)

// archive makes a tar of these headers; a regular file's content is its Linkname.
func archive(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, header := range headers {
		content := ""
		if header.Typeflag == tar.TypeReg {
			content, header.Linkname = header.Linkname, ""
			header.Size = int64(len(content))
		}
		if header.Mode == 0 {
			header.Mode = 0o755
		}
		header.ModTime = longAgo
		if err := w.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, content)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func file(name, content string) tar.Header {
	return tar.Header{Typeflag: tar.TypeReg, Name: name, Linkname: content}
}

func link(name, target string) tar.Header {
	return tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target}
}

func receive(input []byte, arguments ...string) (int, string) {
	var stderr bytes.Buffer
	code := Receive(arguments, bytes.NewReader(input), &stderr)
	return code, stderr.String()
}

func expectContent(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Fatalf("%s: %q, %v", path, got, err)
	}
}

func TestATreeComesBackAsItWent(t *testing.T) {
	from := filepath.Join(t.TempDir(), "tree")
	if err := os.MkdirAll(filepath.Join(from, "sub/empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	large := make([]byte, 1<<20)
	_, _ = rand.Read(large)
	for name, content := range map[string]string{"a": "A", "sub/ü": string(large), "sub/run": "#!"} {
		if err := os.WriteFile(filepath.Join(from, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_ = os.Chmod(filepath.Join(from, "sub/run"), 0o4755)
	_ = os.Symlink("../a", filepath.Join(from, "sub/link"))
	_ = os.Chtimes(filepath.Join(from, "a"), longAgo, longAgo)
	_ = os.Chmod(filepath.Join(from, "sub"), 0o555) // unpacking into it must work nonetheless

	var sent, said bytes.Buffer
	if code := Send([]string{"--", from}, &sent, &said); code != 0 || said.Len() != 0 {
		t.Fatal(code, said.String())
	}
	to := filepath.Join(t.TempDir(), "new/directory")
	if code, said := receive(sent.Bytes(), "--", to); code != 0 {
		t.Fatal(said)
	}
	expectContent(t, filepath.Join(to, "tree/a"), "A")
	expectContent(t, filepath.Join(to, "tree/sub/ü"), string(large))
	expectContent(t, filepath.Join(to, "tree/sub/link"), "A")
	for name, mode := range map[string]os.FileMode{"sub": 0o555 | os.ModeDir, "sub/empty": 0o755 | os.ModeDir, "sub/run": 0o755} {
		if info, err := os.Stat(filepath.Join(to, "tree", name)); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if info, _ := os.Stat(filepath.Join(to, "tree/a")); !info.ModTime().Equal(longAgo) {
		t.Error(info.ModTime())
	}
}

func TestAsIsWhatCpDoes(t *testing.T) {
	base := t.TempDir()
	tree := archive(t, tar.Header{Typeflag: tar.TypeDir, Name: "top/"}, file("top/f", "1"), tar.Header{Typeflag: tar.TypeLink, Name: "top/g", Linkname: "top/f"})
	for _, step := range []struct{ path, appears string }{
		{"new", "new/f"}, {"new", "new/top/f"}, {"new/", "new/top/g"}, {"deeper/new", "deeper/new/g"},
	} {
		if code, said := receive(tree, "--as", "--", filepath.Join(base, step.path)); code != 0 {
			t.Fatal(step, said)
		}
		expectContent(t, filepath.Join(base, step.appears), "1")
	}
	if code, _ := receive(archive(t, file("name", "2")), "--as", "--", filepath.Join(base, "other")); code != 0 {
		t.Fatal(code)
	}
	expectContent(t, filepath.Join(base, "other"), "2")
	for message, bad := range map[string][]byte{
		"another top name": archive(t, file("a/x", ""), file("b/x", "")),
		"not below one":    archive(t, tar.Header{Typeflag: tar.TypeDir, Name: "./"}),
	} {
		if code, said := receive(bad, "--as", "--", filepath.Join(base, "bad")); code != 1 || !strings.Contains(said, message) {
			t.Errorf("%s: %d %q", message, code, said)
		}
	}
	if code, said := receive(tree, "--as", "--", filepath.Join(base, "missing")+"/"); code != 1 || !strings.Contains(said, "not a directory") {
		t.Error(code, said)
	}
}

func TestNothingIsWrittenOutsideOfTheDirectory(t *testing.T) {
	for name, headers := range map[string][]tar.Header{
		"absolute":                 {file("/outside", "x")},
		"climbs":                   {file("../outside", "x")},
		"climbs inside":            {file("a/../../outside", "x")},
		"through a link":           {link("l", ".."), file("l/outside", "x")},
		"through an absolute link": {link("l", "BASE"), file("l/outside", "x")},
		"through two links":        {link("a", "."), link("a/b", ".."), file("b/outside", "x")},
		"directory through a link": {link("l", ".."), {Typeflag: tar.TypeDir, Name: "l/outside/"}},
		"hard link out":            {{Typeflag: tar.TypeLink, Name: "h", Linkname: "../secret"}},
		"hard link through a link": {link("l", ".."), {Typeflag: tar.TypeLink, Name: "h", Linkname: "l/secret"}},
		"device":                   {{Typeflag: tar.TypeChar, Name: "null", Devmajor: 1, Devminor: 3}},
		"pipe":                     {{Typeflag: tar.TypeFifo, Name: "fifo"}},
	} {
		t.Run(name, func(t *testing.T) {
			base := t.TempDir()
			if err := os.WriteFile(filepath.Join(base, "secret"), []byte("kept"), 0o600); err != nil {
				t.Fatal(err)
			}
			for i := range headers {
				headers[i].Linkname = strings.ReplaceAll(headers[i].Linkname, "BASE", base)
			}
			code, said := receive(archive(t, headers...), "--", filepath.Join(base, "in"))
			if code != 1 || !strings.HasPrefix(said, "bottle: cp: ") || strings.Count(said, "\n") != 1 {
				t.Errorf("%d %q", code, said)
			}
			if found, _ := filepath.Glob(filepath.Join(base, "*")); len(found) != 2 {
				t.Error(found)
			}
			for _, never := range []string{"null", "fifo", "h"} {
				if _, err := os.Lstat(filepath.Join(base, "in", never)); err == nil {
					t.Error(never)
				}
			}
		})
	}
}

// A link that was there is replaced, not written through; set-uid is not kept.
func TestExistingFilesAreReplaced(t *testing.T) {
	base := t.TempDir()
	in := filepath.Join(base, "in")
	_ = os.Mkdir(in, 0o755)
	_ = os.WriteFile(filepath.Join(base, "target"), []byte("kept"), 0o644)
	_ = os.Symlink("../target", filepath.Join(in, "f"))
	setuid := file("f", "new")
	setuid.Mode = 0o4755
	if code, said := receive(archive(t, setuid), "--", in); code != 0 {
		t.Fatal(said)
	}
	expectContent(t, filepath.Join(base, "target"), "kept")
	expectContent(t, filepath.Join(in, "f"), "new")
	if info, _ := os.Lstat(filepath.Join(in, "f")); info.Mode() != 0o755 {
		t.Error(info.Mode())
	}
}

func TestACutArchiveIsAFailure(t *testing.T) {
	whole := archive(t, file("f", strings.Repeat("x", 5000)))
	for _, length := range []int{0, 100, 512, 3000, 512 + 5000} {
		if code, said := receive(whole[:length], "--", t.TempDir()); code != 1 || !strings.Contains(said, "cut short") {
			t.Errorf("%d bytes: %d %q", length, code, said)
		}
	}
}

func TestAFileIsReplacedAsAWholeAndKeepsItsMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if code, said := receive([]byte("\x00\xff1"), "--file", "--", path); code != 0 {
		t.Fatal(said)
	}
	_ = os.Chmod(path, 0o600)
	if code, _ := receive([]byte("2"), "--file", "--", path); code != 0 {
		t.Fatal(code)
	}
	expectContent(t, path, "2")
	if info, _ := os.Stat(path); info.Mode() != 0o600 {
		t.Error(info.Mode())
	}
	var sent, said bytes.Buffer
	if code := Send([]string{"--file", "--", path}, &sent, &said); code != 0 || sent.String() != "2" {
		t.Fatal(code, sent.String())
	}
	for _, wrong := range []string{filepath.Dir(path), path + "/x"} {
		if code, said := receive(nil, "--file", "--", wrong); code != 1 || said == "" {
			t.Errorf("%s: %d %q", wrong, code, said)
		}
		if code := Send([]string{"--file", "--", wrong}, &sent, &said); code != 1 {
			t.Errorf("%s: %d", wrong, code)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".bottle-*")); len(left) != 0 {
		t.Error(left)
	}
}
