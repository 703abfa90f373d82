package probe

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain lets the test binary be the guest: a process in a network namespace of its own that serves a proxy on its
// loopback, if its environment says what that answers, and runs the probe.
func TestMain(m *testing.M) {
	if setup := os.Getenv("PROBE_TEST_GUEST"); setup != "" {
		if err := guest(setup); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(Main(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

func guest(setup string) error {
	if err := command("ip", "link", "set", "lo", "up"); err != nil {
		return err
	}
	if strings.Contains(setup, "card") {
		// A network card (one end of a cable, the other end deaf) with a default route behind which nobody answers.
		err := errors.Join(
			command("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far0"),
			command("ip", "address", "add", "192.0.2.2/24", "dev", "eth0"),
			command("ip", "link", "set", "eth0", "up"),
			command("ip", "link", "set", "far0", "up"),
			command("ip", "route", "add", "default", "via", "192.0.2.1"))
		if err != nil {
			return err
		}
	}
	if strings.Contains(setup, "down") {
		if err := command("ip", "link", "add", "dummy0", "type", "bridge"); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:8888")
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(listener, http.HandlerFunc(refuse)) }()
	return nil
}

func refuse(answer http.ResponseWriter, request *http.Request) {
	if nonce, ok := strings.CutSuffix(request.Host, ".probe.bottle.invalid:443"); ok {
		answer.Header().Set("Bottle-Nonce", nonce)
	}
	answer.WriteHeader(http.StatusForbidden)
}

func command(name string, arguments ...string) error {
	if output, err := exec.Command(name, arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %q: %w: %s", name, arguments, err, output)
	}
	return nil
}

const nonce = "0123456789abcdef0123456789abcdef"

const request = `{"proxy":"127.0.0.1:8888","nonce":"` + nonce + `","tcp":[{"name":"public","address":"203.0.113.1:443"},
 {"name":"public-v6","address":"[2001:db8::1]:443"},{"name":"metadata","address":"169.254.169.254:80"}],
 "udp":[{"name":"dns","address":"203.0.113.53:53"},{"name":"dns-v6","address":"[2001:db8::53]:53"}],
 "refused":["127.0.0.1:9099"],"notAllowed":"not-allowed.bottle.invalid"}`

func probeInGuest(t *testing.T, setup string) map[string]Result {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: makes a network namespace")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("needs ip(8) of iproute2")
	}
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), "PROBE_TEST_GUEST="+setup)
	process.Stdin, process.Stderr = strings.NewReader(request), os.Stderr
	process.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	output, err := process.Output()
	if err != nil {
		t.Fatal(err)
	}
	var report struct{ Probes []Result }
	if err := json.Unmarshal(output, &report); err != nil || bytes.Count(output, []byte("\n")) != 1 {
		t.Fatalf("not one line of JSON: %v: %s", err, output)
	}
	results := map[string]Result{}
	for _, result := range report.Probes {
		results[result.Name] = result
	}
	return results
}

func expectVerdicts(t *testing.T, got map[string]Result, want map[string]string) {
	t.Helper()
	for name, verdict := range want {
		if got[name].Verdict != verdict {
			t.Errorf("%s: %+v instead of %s", name, got[name], verdict)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d probes instead of %d: %v", len(got), len(want), got)
	}
}

func TestSealedGuest(t *testing.T) {
	results := probeInGuest(t, "sealed, down")
	expectVerdicts(t, results, map[string]string{
		"interfaces": Sealed, "routes": Sealed, "public": Sealed, "public-v6": Sealed, "metadata": Sealed,
		"dns": Sealed, "dns-v6": Sealed, "loopback-9099": Sealed, "proxy-nonce": Sealed, "proxy-refusal": Sealed,
	})
	if detail := results["interfaces"].Detail; detail != "lo, dummy0 (down)" {
		t.Error(detail)
	}
}

// Nothing answers behind this card, so every wait times out: still a leak, for packets left.
func TestGuestWithACardLeaks(t *testing.T) {
	expectVerdicts(t, probeInGuest(t, "card"), map[string]string{
		"interfaces": Leaked, "routes": Leaked, "public": Leaked, "public-v6": Sealed, "metadata": Leaked,
		"dns": Leaked, "dns-v6": Sealed, "loopback-9099": Sealed, "proxy-nonce": Sealed, "proxy-refusal": Sealed,
	})
}

func TestWhateverAnswersLeaks(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	address := listener.Addr().String()
	if got := unreachable(Target{"open", address}, unix.SOCK_STREAM); got.Verdict != Leaked {
		t.Error(got)
	}
	if got := refused(address); got.Verdict != Leaked {
		t.Error(got)
	}
	_ = listener.Close()
	// A port that is refused was reached.
	if got := unreachable(Target{"refused", address}, unix.SOCK_STREAM); got.Verdict != Leaked {
		t.Error(got)
	}
	if got := refused(address); got.Verdict != Sealed {
		t.Error(got)
	}
}

func TestWhatCannotBeTriedHasFailed(t *testing.T) {
	for _, address := range []string{"", "203.0.113.1", "name.invalid:443", "203.0.113.1:x"} {
		if got := unreachable(Target{"bad", address}, unix.SOCK_STREAM); got.Verdict != Failed {
			t.Errorf("%q: %+v", address, got)
		}
	}
}

func TestRouteTables(t *testing.T) {
	const header = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
	const v6Loopback = "00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 80200001       lo\n"
	const v6Reject = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200 dummy0\n"
	for name, test := range map[string]struct{ v4, v6, verdict string }{
		"empty":           {header, "", Sealed},
		"loopback":        {header + "lo\t0000007F\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n", v6Loopback, Sealed},
		"rejecting":       {header + "*\t00000000\t00000000\t0200\t0\t0\t0\t00000000\t0\t0\t0\n", v6Reject, Sealed},
		"default":         {header + "eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n", "", Leaked},
		"on the link":     {header + "eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n", "", Leaked},
		"v6 default":      {header, strings.Replace(v6Reject, "00200200 dummy0", "00450003 eth0", 1), Leaked},
		"unknown v4 line": {header + "eth0 0\n", "", Failed},
		"unknown v6 line": {header, "eth0 0\n", Failed},
		"unknown flags":   {header, strings.Replace(v6Reject, "00200200", "rejected", 1), Failed},
	} {
		if got := judgeRoutes(strings.NewReader(test.v4), strings.NewReader(test.v6)); got.Verdict != test.verdict {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// proxy answers every connection with these bytes, and returns its address.
func proxy(t *testing.T, answer string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				if _, err := http.ReadRequest(bufio.NewReader(connection)); err == nil {
					_, _ = io.WriteString(connection, answer)
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func TestProxysAnswers(t *testing.T) {
	for answer, want := range map[string]struct{ nonce, refusal string }{
		"HTTP/1.1 403 Forbidden\r\nBottle-Nonce: " + nonce + "\r\nContent-Length: 2\r\n\r\n{}": {Sealed, Sealed},
		"HTTP/1.1 403 Forbidden\r\nBottle-Nonce: " + nonce + "\r\nContent-Length: 2\r\n\r\n":   {Sealed, Sealed}, // no body is awaited
		"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n":                                  {Failed, Sealed},
		"HTTP/1.1 403 Forbidden\r\nBottle-Nonce: other\r\n\r\n":                                {Failed, Sealed},
		"HTTP/1.1 200 OK\r\nBottle-Nonce: " + nonce + "\r\n\r\n":                               {Failed, Leaked},
		"HTTP/1.1 502 Bad Gateway\r\n\r\n":                                                     {Failed, Failed},
		"HTTP/1.1 403 Forbidden\r\nX: " + strings.Repeat("x", maxHead):                         {Failed, Failed},
		"SSH-2.0-other\r\n": {Failed, Failed},
		"":                  {Failed, Failed},
	} {
		address := proxy(t, answer)
		if got := answersNonce(address, nonce); got.Verdict != want.nonce {
			t.Errorf("%.80q: %+v", answer, got)
		}
		if got := refusesHost(address, "not-allowed.bottle.invalid"); got.Verdict != want.refusal {
			t.Errorf("%.80q: %+v", answer, got)
		}
	}
}

func TestRequestThatIsNotOneIsRefused(t *testing.T) {
	for _, wrong := range []string{"", "{}", `{"nonce":"short"}`, `{"nonce":"` + nonce + `","tpc":[]}`} {
		if code := Main(strings.NewReader(wrong), io.Discard); code != 2 {
			t.Errorf("%s: exit code %d", wrong, code)
		}
	}
}
