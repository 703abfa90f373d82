package layer

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"bottle.dev/image/internal/failure"
)

var generous = Limits{Bytes: 1 << 30, Room: 1 << 60, Entries: 10_000, Ratio: 200}

type entries []tar.Header

func file(name, content string) tar.Header {
	return tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(content)), Uname: content}
}

func folder(name string) tar.Header {
	return tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755}
}

func link(kind byte, name, target string) tar.Header {
	return tar.Header{Typeflag: kind, Name: name, Linkname: target, Mode: 0o777}
}

func archive(t *testing.T, of entries) []byte {
	t.Helper()
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	for _, header := range of {
		content := header.Uname
		header.Uname = ""
		if err := writer.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(writer, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func gzipped(t *testing.T, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	if _, err := writer.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// unpack applies layers one after the other and returns the directory.
func unpack(t *testing.T, limits Limits, layers ...[]byte) (string, Used, error) {
	t.Helper()
	directory := filepath.Join(t.TempDir(), "rootfs")
	if err := os.Mkdir(directory, 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(directory)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var used Used
	for _, one := range layers {
		if used, err = Apply(bytes.NewReader(one), root, limits); err != nil {
			return directory, used, err
		}
	}
	return directory, used, nil
}

func files(t *testing.T, directory string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(directory, path)
		if name != "." {
			if entry.IsDir() {
				name += "/"
			}
			found = append(found, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func reason(err error) string {
	var known *failure.Failure
	if errors.As(err, &known) {
		return known.Reason
	}
	return ""
}

func TestWhiteouts(t *testing.T) {
	lower := entries{
		folder("etc"), file("etc/a", "a"), file("etc/b", "b"),
		folder("opt"), file("opt/old", "old"), folder("opt/deep"), file("opt/deep/old", "old"),
		folder("srv"), file("srv/x", "x"), file("gone", "g"),
	}
	cases := map[string]struct {
		upper entries
		want  []string
	}{
		"a file":                {entries{file("etc/.wh.a", "")}, []string{"etc/", "etc/b", "gone", "opt/", "opt/deep/", "opt/deep/old", "opt/old", "srv/", "srv/x"}},
		"a directory":           {entries{file(".wh.opt", ""), file(".wh.srv", "")}, []string{"etc/", "etc/a", "etc/b", "gone"}},
		"opaque, first":         {entries{folder("opt"), file("opt/.wh..wh..opq", ""), file("opt/new", "n"), file(".wh.etc", ""), file(".wh.srv", "")}, []string{"gone", "opt/", "opt/new"}},
		"opaque, last":          {entries{file("opt/deep/new", "n"), file("opt/.wh..wh..opq", ""), file(".wh.etc", ""), file(".wh.srv", "")}, []string{"gone", "opt/", "opt/deep/", "opt/deep/new"}},
		"the root, opaque":      {entries{file("new", "n"), file(".wh..wh..opq", "")}, []string{"new"}},
		"replaced, whited last": {entries{file("gone", "again"), file(".wh.gone", ""), file(".wh.etc", ""), file(".wh.srv", ""), file(".wh.opt", "")}, []string{"gone"}},
		"what is not there":     {entries{file("no/where/.wh.x", ""), file(".wh.no", ""), file(".wh..wh.plnk", ""), file(".wh.etc", ""), file(".wh.srv", ""), file(".wh.opt", "")}, []string{"gone"}},
	}
	for name, one := range cases {
		t.Run(name, func(t *testing.T) {
			directory, _, err := unpack(t, generous, archive(t, lower), archive(t, one.upper))
			if err != nil {
				t.Fatal(err)
			}
			if found := files(t, directory); !slices.Equal(found, one.want) {
				t.Errorf("found %v, want %v", found, one.want)
			}
		})
	}
}

func TestNothingOutsideIsTouched(t *testing.T) {
	outside := t.TempDir()
	victim := filepath.Join(outside, "victim")
	if err := os.WriteFile(victim, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	hostile := map[string]entries{
		"upwards":                     {file("../../victim", "x")},
		"upwards in the middle":       {file("a/../../victim", "x")},
		"through an absolute link":    {link(tar.TypeSymlink, "a", outside), file("a/victim", "x")},
		"through a relative link":     {folder("b"), link(tar.TypeSymlink, "a", "b"), file("a/victim", "x")},
		"a directory through a link":  {link(tar.TypeSymlink, "a", outside), folder("a/new")},
		"a link through a link":       {link(tar.TypeSymlink, "a", outside), link(tar.TypeSymlink, "a/new", "x")},
		"a hard link upwards":         {link(tar.TypeLink, "a", "../../victim")},
		"a hard link through a link":  {link(tar.TypeSymlink, "a", outside), link(tar.TypeLink, "b", "a/victim")},
		"a hard link to nothing":      {link(tar.TypeLink, "a", victim)},
		"a hard link to a directory":  {folder("d"), link(tar.TypeLink, "a", "d")},
		"a whiteout through a link":   {link(tar.TypeSymlink, "a", outside), file("a/.wh.victim", "")},
		"an opaque through a link":    {link(tar.TypeSymlink, "a", outside), file("a/.wh..wh..opq", "")},
		"a whiteout of the parent":    {folder("d"), file("d/.wh...", "")},
		"a whiteout of nothing":       {file(".wh.", "")},
		"a path through a file":       {file("f", "x"), file("f/x", "x")},
		"the root as a file":          {file(".", "x")},
		"the root as a link":          {link(tar.TypeSymlink, ".", outside)},
		"a name that is too long":     {file(strings.Repeat("n", 256), "x")},
		"a path that is too long":     {file(strings.Repeat("n/", 2100)+"x", "x")},
		"a link without a target":     {link(tar.TypeSymlink, "a", "")},
		"a link that replaces itself": {folder("d"), file("d/f", "x"), link(tar.TypeLink, "d", "d/f")},
	}
	for name, layer := range hostile {
		t.Run(name, func(t *testing.T) {
			_, _, err := unpack(t, generous, archive(t, layer))
			if reason(err) != failure.Invalid {
				t.Errorf("refused with %v", err)
			}
			// The same in two layers: what the first made is not trusted by the second.
			if len(layer) > 1 {
				_, _, err = unpack(t, generous, archive(t, layer[:len(layer)-1]), archive(t, layer[len(layer)-1:]))
				if reason(err) != failure.Invalid {
					t.Errorf("in two layers refused with %v", err)
				}
			}
			if content, err := os.ReadFile(victim); err != nil || string(content) != "mine" {
				t.Errorf("the victim is %q, %v", content, err)
			}
			if found := files(t, outside); !slices.Equal(found, []string{"victim"}) {
				t.Errorf("outside there is %v", found)
			}
		})
	}
}

func TestLinksAreKeptAndReplacedButNeverFollowed(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "target")
	if err := os.WriteFile(outside, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	directory, _, err := unpack(t, generous,
		archive(t, entries{link(tar.TypeSymlink, "sh", "/bin/busybox"), link(tar.TypeSymlink, "f", outside), link(tar.TypeSymlink, "d", "/etc"),
			folder("was"), file("was/x", "x"), link(tar.TypeLink, "hard", "was/x"), link(tar.TypeLink, "hardsym", "sh")}),
		archive(t, entries{file("f", "new"), folder("d"), file("d/x", "x"), file("was", "a file now"), file("was", "twice")}))
	if err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(filepath.Join(directory, "sh")); target != "/bin/busybox" {
		t.Errorf("sh -> %s %v", target, err)
	}
	if content, _ := os.ReadFile(outside); string(content) != "mine" {
		t.Errorf("the target of a link became %q", content)
	}
	want := []string{"d/", "d/x", "f", "hard", "hardsym", "sh", "was"}
	if found := files(t, directory); !slices.Equal(found, want) {
		t.Errorf("found %v, want %v", found, want)
	}
	if content, _ := os.ReadFile(filepath.Join(directory, "was")); string(content) != "twice" {
		t.Errorf("the last of two entries counts, not %q", content)
	}
}

func TestSpecialFilesAreLeftOut(t *testing.T) {
	directory, used, err := unpack(t, generous, archive(t, entries{
		folder("dev"),
		{Typeflag: tar.TypeBlock, Name: "dev/sda", Mode: 0o666, Devmajor: 8},
		{Typeflag: tar.TypeChar, Name: "dev/mem", Mode: 0o666, Devmajor: 1, Devminor: 1},
		{Typeflag: tar.TypeFifo, Name: "fifo", Mode: 0o666},
		link(tar.TypeLink, "again", "dev/mem"),
		file("bin", "b"),
	}))
	if err != nil {
		t.Fatal(err)
	}
	if found := files(t, directory); !slices.Equal(found, []string{"bin", "dev/"}) || used.Special != 4 {
		t.Errorf("found %v, left out %d", found, used.Special)
	}
}

func TestModesAndTimes(t *testing.T) {
	then := time.Unix(1_600_000_000, 0)
	directory, _, err := unpack(t, generous, archive(t, entries{
		{Typeflag: tar.TypeDir, Name: "root", Mode: 0o700, ModTime: then},
		{Typeflag: tar.TypeReg, Name: "root/shadow", Mode: 0o600, ModTime: then},
		{Typeflag: tar.TypeReg, Name: "sudo", Mode: 0o4750, ModTime: then},
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]fs.FileMode{
		"root": fs.ModeDir | 0o705, "root/shadow": 0o604, "sudo": fs.ModeSetuid | 0o755,
	}
	for name, mode := range want {
		found, err := os.Stat(filepath.Join(directory, name))
		if err != nil || found.Mode() != mode || !found.ModTime().Equal(then) {
			t.Errorf("%s is %v of %v, %v", name, found.Mode(), found.ModTime(), err)
		}
	}
}

func TestLimits(t *testing.T) {
	zeros := gzipped(t, archive(t, entries{file("zeros", strings.Repeat("\x00", 96<<20))}))
	many := make(entries, 100)
	for i := range many {
		many[i] = file(strings.Repeat("x", i+1), "")
	}
	cases := map[string]struct {
		layer  []byte
		limits Limits
	}{
		"bytes":       {archive(t, entries{file("a", strings.Repeat("x", 9000)), file("b", strings.Repeat("x", 9000))}), Limits{Bytes: 20_000, Room: 1 << 60, Entries: 10, Ratio: 100}},
		"small files": {archive(t, many), Limits{Bytes: 99 * 4096, Room: 1 << 60, Entries: 1000, Ratio: 100}},
		"entries":     {archive(t, many), Limits{Bytes: 1 << 30, Room: 1 << 60, Entries: 99, Ratio: 100}},
		"ratio":       {zeros, Limits{Bytes: 1 << 40, Room: 1 << 60, Entries: 10, Ratio: 100}},
		"sparse":      {sparse(t), Limits{Bytes: 1 << 50, Room: 1 << 60, Entries: 10, Ratio: 100}},
		"huge sparse": {sparse(t), Limits{Bytes: 1 << 30, Room: 1 << 60, Entries: 10, Ratio: 100}},
	}
	for name, one := range cases {
		t.Run(name, func(t *testing.T) {
			_, _, err := unpack(t, one.limits, one.layer)
			if reason(err) != failure.TooLarge {
				t.Errorf("refused with %v", err)
			}
		})
	}
	two := archive(t, entries{file("a", strings.Repeat("x", 9000)), file("b", strings.Repeat("x", 9000))})
	if _, _, err := unpack(t, Limits{Bytes: 1 << 30, Room: 20_000, Entries: 10, Ratio: 100}, two); reason(err) != failure.DiskFull {
		t.Errorf("without room: %v", err)
	}
	if _, _, err := unpack(t, Limits{Bytes: 1 << 30, Room: 1 << 60, Entries: 10, Ratio: 2000}, zeros); err != nil {
		t.Errorf("within the ratio: %v", err)
	}
}

// sparse is a file of a TiB without content, as GNU tar 1.0 writes it in PAX headers.
func sparse(t *testing.T) []byte {
	t.Helper()
	records := "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.name=holes\n37 GNU.sparse.realsize=1099511627776\n"
	content := "0\n" + strings.Repeat("\x00", 510)
	var out bytes.Buffer
	raw := func(kind byte, name, body string) {
		var header [512]byte
		copy(header[:], name)
		copy(header[100:], "0000644\x000000000\x000000000\x00")
		copy(header[124:], octal(len(body))+"\x00"+octal(0)+"\x00")
		copy(header[148:], "        ")
		header[156] = kind
		copy(header[257:], "ustar\x0000")
		sum := 0
		for _, b := range header {
			sum += int(b)
		}
		copy(header[148:], octal(sum)[5:]+"\x00 ")
		out.Write(header[:])
		out.WriteString(body)
		out.Write(make([]byte, (512-len(body)%512)%512))
	}
	raw('x', "pax", records)
	raw('0', "GNUSparseFile.0/holes", content)
	out.Write(make([]byte, 1024))
	header, err := tar.NewReader(bytes.NewReader(out.Bytes())).Next()
	if err != nil || header.Size != 1<<40 {
		t.Fatalf("the archive is not what it should be: %v %v", header, err)
	}
	return gzipped(t, out.Bytes())
}

func octal(number int) string {
	digits := make([]byte, 11)
	for i := 10; i >= 0; i-- {
		digits[i] = byte('0' + number%8)
		number /= 8
	}
	return string(digits)
}

func TestCompressions(t *testing.T) {
	plain := archive(t, entries{file("bin", "b")})
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, layer := range map[string][]byte{"none": plain, "gzip": gzipped(t, plain), "zstd": encoder.EncodeAll(plain, nil)} {
		if directory, _, err := unpack(t, generous, layer); err != nil || !slices.Equal(files(t, directory), []string{"bin"}) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBrokenArchives(t *testing.T) {
	plain := archive(t, entries{file("bin", strings.Repeat("b", 2000))})
	for name, layer := range map[string][]byte{
		"no archive":      []byte(strings.Repeat("no tar at all", 100)),
		"cut":             plain[:1000],
		"cut in gzip":     gzipped(t, plain)[:40],
		"not quite gzip":  {0x1f, 0x8b, 0xff, 0xff},
		"an unknown type": archive(t, entries{{Typeflag: 'Q', Name: "q"}}),
	} {
		if _, _, err := unpack(t, generous, layer); reason(err) != failure.Invalid {
			t.Errorf("%s: refused with %v", name, err)
		}
	}
}

func FuzzApply(f *testing.F) {
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, layer []byte) {
		outside := t.TempDir()
		directory := filepath.Join(outside, "rootfs")
		if err := os.Mkdir(directory, 0o755); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(directory)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		_, _ = Apply(bytes.NewReader(layer), root, Limits{Bytes: 1 << 20, Room: 1 << 60, Entries: 50, Ratio: 10})
		if found, _ := os.ReadDir(outside); len(found) != 1 {
			t.Errorf("outside there is %v", found)
		}
	})
}
