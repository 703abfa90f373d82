package guest

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bottle.dev/tool/internal/frame"
	"bottle.dev/tool/internal/pty"
)

const patience = 20 * time.Second

// person sits at a terminal in which a command runs.
type person struct {
	t      *testing.T
	keys   *frame.Writer
	pipe   *os.File
	screen *screen
	ended  chan int
}

type screen struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (s *screen) Write(text []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.Write(text)
}

func (s *screen) String() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.String()
}

func sit(t *testing.T, command ...string) *person {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Skipf("this machine gives no terminal: %v", err)
	}
	master.Resize(80, 24)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = write.Close() })
	program, err := commandOrShell(command)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t, frame.NewWriter(write), write, &screen{}, make(chan int, 1)}
	go func() { p.ended <- attend(program, master, slave, read, p.screen) }()
	return p
}

func (p *person) types(keys string) {
	p.t.Helper()
	if err := p.keys.Write(frame.Stdin, []byte(keys)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) sees(text string) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(p.screen.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("%q does not appear: %q", text, p.screen.String())
		}
	}
}

func (p *person) expectEnd(code int) {
	p.t.Helper()
	select {
	case got := <-p.ended:
		if got != code {
			p.t.Fatalf("exit code %d, %q", got, p.screen.String())
		}
	case <-time.After(patience):
		p.t.Fatalf("no end: %q", p.screen.String())
	}
}

func appears(t *testing.T, path string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not appear", path)
		}
	}
}

func TestACommandHasATerminalOfItsSizeAndItsExitCodeArrives(t *testing.T) {
	p := sit(t, "sh", "-c", "test -t 0 -a -t 1 -a -t 2 && stty size && exit 7")
	p.expectEnd(7)
	if got := p.screen.String(); got != "24 80\r\n" {
		t.Fatalf("%q", got)
	}
}

func TestASignalsExitCodeIsTheShells(t *testing.T) {
	sit(t, "sh", "-c", "kill -TERM $$").expectEnd(143)
}

func TestANewSizeReachesTheForegroundProcess(t *testing.T) {
	p := sit(t, "sh", "-c", "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done")
	p.sees("ready")
	if err := p.keys.Write(frame.Resize, binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, 132), 50)); err != nil {
		t.Fatal(err)
	}
	p.sees("50 132")
	p.expectEnd(0)
}

func TestCtrlCInterruptsTheForegroundProcessAndNotItsShell(t *testing.T) {
	p := sit(t, "sh", "-i")
	p.types("echo rea''dy; sleep 1000\n")
	p.sees("ready\r\n")
	p.types("\x03")
	p.sees("^C") // what was typed before it is thrown away
	p.types("echo alive $((6*7))\nexit 3\n")
	p.sees("alive 42")
	p.expectEnd(3)
}

func TestCtrlZStopsTheForegroundProcess(t *testing.T) {
	p := sit(t, "sh", "-mc", "sh -c 'echo ready; sleep 1000'; echo stopped with $?; kill -KILL %1")
	p.sees("ready")
	p.types("\x1a")
	p.sees("stopped with 148") // 128 + SIGTSTP
	p.expectEnd(0)
}

func TestThePersonsLeavingHangsUp(t *testing.T) {
	for name, shell := range map[string]string{
		"the session's leader":   "%s",
		"the foreground process": "set -m; sh -c '%s'", // in a process group of its own
	} {
		told := filepath.Join(t.TempDir(), "told")
		trap := fmt.Sprintf(`trap "touch %s; exit" HUP; echo ready; while :; do sleep 0.05; done`, told)
		p := sit(t, "sh", "-c", fmt.Sprintf(shell, trap))
		p.sees("ready")
		_ = p.pipe.Close()
		p.expectEnd(129)
		t.Log(name)
		appears(t, told)
	}
}

// A terminal that takes no more input must not hide that the person is gone.
func TestLeavingIsNoticedWhileTheTerminalTakesNoInput(t *testing.T) {
	p := sit(t, "sh", "-c", "stty raw; echo ready; exec sleep 1000")
	p.sees("ready")
	go func() { // more than terminal and pipe hold
		for range 64 {
			if p.keys.Write(frame.Stdin, make([]byte, 32*1024)) != nil {
				return
			}
		}
	}()
	time.AfterFunc(100*time.Millisecond, func() { _ = p.pipe.Close() })
	p.expectEnd(129)
}

func TestAFrameThatIsNotUnderstoodHangsUp(t *testing.T) {
	p := sit(t, "sh", "-c", "echo ready; exec sleep 1000")
	p.sees("ready")
	if err := p.keys.Write(frame.Terminate, nil); err != nil {
		t.Fatal(err)
	}
	p.expectEnd(129)
}

func TestARawTerminalIsBinarySafe(t *testing.T) {
	content := make([]byte, 1<<20)
	_, _ = rand.Read(content)
	p := sit(t, "sh", "-c", "stty raw -echo; echo ready; head -c 1048576 | sha256sum")
	p.sees("ready")
	for chunk := range 32 {
		p.types(string(content[chunk*32*1024 : (chunk+1)*32*1024]))
	}
	p.sees(fmt.Sprintf("%x", sha256.Sum256(content)))
	p.expectEnd(0)
}

func TestAllOutputIsShownBeforeTheEnd(t *testing.T) {
	p := sit(t, "sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last")
	p.expectEnd(0)
	if got := p.screen.String(); strings.Count(got, "x") != 3000000 || !strings.HasSuffix(got, "last\r\n") {
		t.Fatalf("%d bytes", len(got))
	}
}

// What a person left in the background (nohup) does not keep the terminal.
func TestABackgroundProcessDoesNotDelayTheEnd(t *testing.T) {
	p := sit(t, "sh", "-c", "trap '' HUP; sleep 60 & echo $!")
	p.expectEnd(0)
	_ = exec.Command("kill", "-KILL", strings.TrimSpace(p.screen.String())).Run()
}

func TestWithoutACommandTheLoginShellRuns(t *testing.T) {
	command, err := commandOrShell(nil)
	if err != nil || !strings.HasPrefix(command.Args[0], "-") || !filepath.IsAbs(command.Path) {
		t.Fatal(command, err)
	}
	if os.Getenv("SHELL") != command.Path {
		t.Fatal(os.Getenv("SHELL"))
	}
}

func TestAMissingProgramIs127AndOneThatIsNoneIs126(t *testing.T) {
	if code := Terminal([]string{"--", "no-such-program"}); code != 127 {
		t.Error(code)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if code := Terminal([]string{"--", file}); code != 126 {
		t.Error(code)
	}
	if code := Terminal([]string{"--size", "wide"}); code != 2 {
		t.Error(code)
	}
}
