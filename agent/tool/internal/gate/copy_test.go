package gate

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"bottle.dev/tool/internal/frame"
)

func archiveOf(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, header := range headers {
		if header.Typeflag == tar.TypeReg {
			header.Size = 4
		}
		if err := w.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if header.Typeflag == tar.TypeReg {
			_, _ = io.WriteString(w, "data")
		}
	}
	_ = w.Close()
	return out.Bytes()
}

// sifting lists what comes out, as "type name mode target".
func sifting(input []byte) (entries []string, skipped int, err error) {
	var out bytes.Buffer
	skipped, err = sift(bytes.NewReader(input), &out)
	if err != nil {
		return nil, skipped, err
	}
	r := tar.NewReader(&out)
	for {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return entries, skipped, nil
		}
		if err != nil {
			return nil, skipped, err
		}
		if header.Uid != 0 || header.Gid != 0 || header.Uname != "" || len(header.PAXRecords) != 0 {
			return nil, 0, fmt.Errorf("more than a file: %+v", header)
		}
		entries = append(entries, strings.TrimSpace(fmt.Sprintf("%c %s %o %s", header.Typeflag, header.Name, header.Mode, header.Linkname)))
	}
}

func TestSiftKeepsATreeAndWritesItsLinksLast(t *testing.T) {
	at := time.Unix(1_000_000_000, 0)
	entries, skipped, err := sifting(archiveOf(t,
		tar.Header{Typeflag: tar.TypeDir, Name: "top/", Mode: 0o555, ModTime: at},
		tar.Header{Typeflag: tar.TypeSymlink, Name: "top/l", Linkname: "sub/f"},
		tar.Header{Typeflag: tar.TypeSymlink, Name: "top/sub/up", Linkname: "../sub/./f"},
		tar.Header{Typeflag: tar.TypeReg, Name: "top/sub/f", Mode: 0o6755, Uid: 7, Uname: "evil", ModTime: at, PAXRecords: map[string]string{"SCHILY.xattr.security.capability": "x"}},
	))
	want := []string{"5 top/ 755", "0 top/sub/f 755", "2 top/l 0 sub/f", "2 top/sub/up 0 ../sub/./f"}
	if err != nil || skipped != 0 || fmt.Sprint(entries) != fmt.Sprint(want) {
		t.Fatal(entries, skipped, err)
	}
}

func TestSiftLeavesOutLinksThatLeadOut(t *testing.T) {
	for _, target := range []string{"/etc", "..", "../..", "../../x", "sub/../..", "sub/../x", "./../..", "", "x/../../../y"} {
		link := tar.Header{Typeflag: tar.TypeSymlink, Name: "top/l", Linkname: target}
		if target == "" && staysInside("top/l", target) {
			t.Error("an empty target")
		}
		if target == "" {
			continue
		}
		entries, skipped, err := sifting(archiveOf(t, tar.Header{Typeflag: tar.TypeDir, Name: "top/"}, link))
		if err != nil || skipped != 1 || len(entries) != 1 {
			t.Errorf("%q: %v %d %v", target, entries, skipped, err)
		}
	}
	// A link in the place of the top name itself.
	if staysInside("top", "other") {
		t.Error("the top itself as a link")
	}
}

func TestSiftRefusesWhatTheToolNeverSends(t *testing.T) {
	directory := tar.Header{Typeflag: tar.TypeDir, Name: "top/"}
	for name, header := range map[string]tar.Header{
		"absolute":  {Typeflag: tar.TypeReg, Name: "/top/f"},
		"climbs":    {Typeflag: tar.TypeReg, Name: "top/../../f"},
		"climbs in": {Typeflag: tar.TypeReg, Name: "top/a/../f"},
		"parent":    {Typeflag: tar.TypeReg, Name: "../f"},
		"two tops":  {Typeflag: tar.TypeReg, Name: "other/f"},
		"dot":       {Typeflag: tar.TypeReg, Name: "./.bashrc"},
		"hard link": {Typeflag: tar.TypeLink, Name: "top/f", Linkname: "/etc/passwd"},
		"device":    {Typeflag: tar.TypeBlock, Name: "top/sda"},
		"fifo":      {Typeflag: tar.TypeFifo, Name: "top/fifo"},
	} {
		if entries, _, err := sifting(archiveOf(t, directory, header)); err == nil {
			t.Errorf("%s: %v", name, entries)
		}
	}
	if _, _, err := sifting(archiveOf(t)); err == nil {
		t.Error("nothing passes for a copy")
	}
	if _, _, err := sifting([]byte(strings.Repeat("no archive ", 100))); err == nil {
		t.Error("no archive")
	}
}

// Whatever comes in, what goes out has one top name and nothing that leads out of it.
func FuzzSift(f *testing.F) {
	f.Add([]byte("x"))
	var seed bytes.Buffer
	w := tar.NewWriter(&seed)
	_ = w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: "t/l", Linkname: "../x"})
	_ = w.Close()
	f.Add(seed.Bytes())
	f.Fuzz(func(t *testing.T, input []byte) {
		entries, _, err := sifting(input)
		if err != nil || len(entries) == 0 { // a link that was left out
			return
		}
		top, _, _ := strings.Cut(strings.Fields(entries[0])[1], "/")
		for _, entry := range entries {
			if name := strings.SplitN(entry, " ", 3)[1]; strings.HasPrefix(name, "/") || strings.Contains("/"+name+"/", "/../") || !strings.HasPrefix(name, top) {
				t.Fatalf("%q", entry)
			}
		}
	})
}

func startCopy(a *agent, stdin io.Reader, arguments ...string) <-chan ran {
	done := make(chan ran, 1)
	go func() {
		var stdout, stderr bytes.Buffer
		code := copyAt(a.path, arguments, stdin, &stdout, &stderr)
		done <- ran{code, stdout.String(), stderr.String()}
	}()
	return done
}

func TestCopyInRunsTheToolAsTheUser(t *testing.T) {
	for _, way := range []struct {
		arguments []string
		command   string
	}{
		{[]string{"-", "guest:work dir"}, `["/opt/bottle/bin/bottle-tool","receive","--","work dir"]`},
		{[]string{"--as", "-", "guest:-x"}, `["/opt/bottle/bin/bottle-tool","receive","--as","--","-x"]`},
		{[]string{"--file", "-", "guest:/f"}, `["/opt/bottle/bin/bottle-tool","receive","--file","--","/f"]`},
	} {
		a := newAgent(t)
		done := startCopy(a, strings.NewReader("\x00archive"), way.arguments...)
		s := a.accept()
		if got := s.expect(frame.Open); got != `{"version":1,"kind":"exec","command":`+way.command+`}` {
			t.Error(got)
		}
		if got := s.expect(frame.Stdin); got != "\x00archive" {
			t.Error(got)
		}
		s.expect(frame.StdinEnd)
		s.send(frame.Stderr, "bottle: cp: /x\x1b[2J: permission denied\n")
		s.send(frame.Exit, `{"code":1}`)
		if got := <-done; got != (ran{1, "", "bottle: cp: /x\\x1b[2J: permission denied\n"}) {
			t.Errorf("%+v", got)
		}
	}
}

func TestCopyOutIsSifted(t *testing.T) {
	a := newAgent(t)
	done := startCopy(a, nil, "guest:/home/node/top", "-")
	s := a.accept()
	s.expect(frame.Open)
	s.expect(frame.StdinEnd)
	s.send(frame.Stdout, string(archiveOf(t, tar.Header{Typeflag: tar.TypeReg, Name: "top"})))
	s.send(frame.Exit, `{"code":0}`)
	got := <-done
	header, err := tar.NewReader(strings.NewReader(got.stdout)).Next()
	if got.code != 0 || got.stderr != "" || err != nil || header.Name != "top" {
		t.Fatalf("%+v %v", got, err)
	}
}

func TestAHostileArchiveEndsTheCopyAndTheCommand(t *testing.T) {
	a := newAgent(t)
	done := startCopy(a, nil, "guest:top", "-")
	s := a.accept()
	s.expect(frame.Open)
	s.expect(frame.StdinEnd)
	s.send(frame.Stdout, string(archiveOf(t, tar.Header{Typeflag: tar.TypeReg, Name: "../evil"})))
	if _, _, err := s.reader.Read(); err != io.EOF {
		t.Fatal(err)
	}
	if got := <-done; got.code != 125 || got.stdout != "" || !strings.Contains(got.stderr, `"../evil", which leads out`) {
		t.Fatalf("%+v", got)
	}
}

// A guest that fails after a part of the archive: its code arrives, and the archive has no end.
func TestAFailureInTheGuestIsNotACompleteArchive(t *testing.T) {
	a := newAgent(t)
	done := startCopy(a, nil, "guest:top", "-")
	s := a.accept()
	s.expect(frame.Open)
	s.expect(frame.StdinEnd)
	s.send(frame.Stdout, string(archiveOf(t, tar.Header{Typeflag: tar.TypeReg, Name: "top"})))
	s.send(frame.Stderr, "bottle: cp: top/secret: permission denied\n")
	s.send(frame.Exit, `{"code":1}`)
	got := <-done
	if got.code != 1 || got.stderr != "bottle: cp: top/secret: permission denied\n" || len(got.stdout) > 1024 {
		t.Fatalf("%+v", got)
	}
}

func TestWrongWordsAreAnsweredWithTheUsage(t *testing.T) {
	for _, words := range [][]string{{}, {"--help"}, {"a", "b"}, {"-"}, {"-", "-"}, {"guest:a", "guest:b"}, {"--as", "guest:a", "-"}, {"--file", "--as", "-", "guest:a"}, {"-r", "a", "guest:b"}} {
		var stderr bytes.Buffer
		if code := copyAt("/nobody", words, nil, io.Discard, &stderr); code != 2 || !strings.Contains(stderr.String(), "bottle -- cp") {
			t.Errorf("%q: %d %s", words, code, stderr.String())
		}
	}
}
