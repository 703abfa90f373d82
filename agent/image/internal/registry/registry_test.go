package registry

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"bottle.dev/image/internal/failure"
)

func TestForbiddenAddresses(t *testing.T) {
	for text, forbidden := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "0.0.0.0": true, "0.1.2.3": true, "::": true,
		"169.254.169.254": true, "fe80::1": true, "fe80::1%eth0": true, "ff02::1": true, "224.0.0.1": true,
		"255.255.255.255": true, "100.100.100.200": true, "168.63.129.16": true, "fd00:ec2::254": true,
		"::ffff:127.0.0.1": true, "::ffff:169.254.169.254": true, "64:ff9b::7f00:1": true, "64:ff9b::a9fe:a9fe": true,
		"::7f00:1": true,
		"10.0.0.1": false, "192.168.1.1": false, "172.16.0.1": false, "fd00::1": false, "100.64.0.1": false,
		"203.0.113.1": false, "64:ff9b::cb00:7101": false, "2001:db8::1": false,
	} {
		if found := isForbidden(netip.MustParseAddr(text)); found != forbidden {
			t.Errorf("%s: %v", text, found)
		}
	}
}

// victim counts who comes.
func victim(t *testing.T) (port string, hits *atomic.Int32) {
	t.Helper()
	hits = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(server.Close)
	return server.URL[strings.LastIndex(server.URL, ":")+1:], hits
}

func host(t *testing.T, server *httptest.Server) string {
	t.Helper()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func ask(t *testing.T, reference string, named []string, auths string) error {
	t.Helper()
	_, err := Get(t.Context(), Request{
		Reference:    reference,
		Platform:     "linux/amd64",
		DockerConfig: json.RawMessage(`{"auths":{` + auths + `}}`),
		Registries:   named,
	})
	return err
}

func wants(t *testing.T, err error, reason string) {
	t.Helper()
	var known *failure.Failure
	if !errors.As(err, &known) || known.Reason != reason {
		t.Errorf("refused with %v, want %s", err, reason)
	}
}

func TestLoopbackIsRefusedByNameAndByAddress(t *testing.T) {
	port, hits := victim(t)
	for _, host := range []string{"127.0.0.1", "localhost", "foo.localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]"} {
		wants(t, ask(t, host+":"+port+"/x", []string{"127.0.0.1:1"}, ""), failure.Refused)
	}
	if hits.Load() != 0 {
		t.Errorf("%d requests came through", hits.Load())
	}
}

func TestANameIsJudgedByWhereItLeads(t *testing.T) {
	port, hits := victim(t)
	// Past RoundTrip's look at the name: what the resolver answers is what counts.
	connection, err := newGuard(nil, false).dial(t.Context(), "tcp", net.JoinHostPort("localhost", port))
	if err == nil {
		connection.Close()
	}
	wants(t, err, failure.Refused)
	if hits.Load() != 0 {
		t.Error("it was dialled")
	}
}

func TestATokenServiceOnLoopbackIsNotAsked(t *testing.T) {
	port, hits := victim(t)
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://localhost:%s/token",service="s"`, port))
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(registry.Close)
	err := ask(t, host(t, registry)+"/x", []string{host(t, registry)}, "")
	wants(t, err, failure.Refused)
	if hits.Load() != 0 {
		t.Errorf("%d requests came through", hits.Load())
	}
}

func TestARedirectToLoopbackIsNotFollowed(t *testing.T) {
	port, hits := victim(t)
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/" {
			return
		}
		http.Redirect(w, r, "http://localhost:"+port+"/secret?signature=topsecret", http.StatusTemporaryRedirect)
	}))
	t.Cleanup(registry.Close)
	err := ask(t, host(t, registry)+"/x", []string{host(t, registry)}, "")
	wants(t, err, failure.Refused)
	if strings.Contains(err.Error(), "topsecret") || hits.Load() != 0 {
		t.Errorf("%v, %d requests came through", err, hits.Load())
	}
}

func TestSecretsAreNotSentInClearTextUnlessNamed(t *testing.T) {
	var seen atomic.Int32
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			seen.Add(1)
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="r"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(registry.Close)
	address := host(t, registry)
	auths := fmt.Sprintf(`%q:{"auth":%q}`, address, base64.StdEncoding.EncodeToString([]byte("me:hush")))

	g := newGuard(nil, true)
	request, _ := http.NewRequest(http.MethodGet, "http://192.0.2.1/v2/", nil)
	request.Header.Set("Authorization", "Basic eA==")
	_, err := g.RoundTrip(request)
	wants(t, err, failure.Refused)

	err = ask(t, address+"/x", []string{address}, auths)
	wants(t, err, failure.NotFound)
	if seen.Load() == 0 {
		t.Error("a named registry got no credentials")
	}
	if strings.Contains(err.Error(), "hush") {
		t.Errorf("the message tells the password: %v", err)
	}
}

func TestWhatAServiceAnswersIsNotTold(t *testing.T) {
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte("internal words"))
	}))
	t.Cleanup(registry.Close)
	err := ask(t, host(t, registry)+"/x", []string{host(t, registry)}, "")
	wants(t, err, failure.Pulling)
	if strings.Contains(err.Error(), "internal") {
		t.Errorf("told: %v", err)
	}
}

func TestCredentialHelpersAreNotRun(t *testing.T) {
	keys, err := newKeychain([]byte(`{"auths":{},"credsStore":"evil","credHelpers":{"r.example":"evil"}}`))
	if err != nil || keys.file.CredentialsStore != "" || len(keys.file.CredentialHelpers) != 0 {
		t.Errorf("%v %v", keys, err)
	}
}

func TestBadReferences(t *testing.T) {
	for _, reference := range []string{"", "UPPER/case", "x:bad tag", "r.example/x@sha256:1"} {
		wants(t, ask(t, reference, nil, ""), failure.Invalid)
	}
}
