package registry

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"bottle.dev/image/internal/failure"
)

const (
	connectTimeout = 15 * time.Second
	answerTimeout  = 60 * time.Second
)

// guard is the transport of every request. It decides by the address that is dialled, after the name was resolved, so
// neither a name nor a redirect nor a token service leads where it must not.
type guard struct {
	named  map[string]bool // host:port, as an admin wrote it
	proxy  map[string]bool // host:port of the proxies that the agent's environment names
	secret bool            // the requests may carry a Bottle's credentials
	inner  http.RoundTripper
}

// newGuard opens the registries that an admin named, each as host:port.
func newGuard(named []string, secret bool) *guard {
	g := &guard{named: map[string]bool{}, proxy: proxies(), secret: secret}
	for _, one := range named {
		g.named[strings.ToLower(one)] = true
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = http.ProxyFromEnvironment
	transport.DialContext = g.dial
	transport.ResponseHeaderTimeout = answerTimeout
	g.inner = transport
	return g
}

func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: connectTimeout}
	if !g.named[strings.ToLower(address)] && !g.proxy[strings.ToLower(address)] {
		dialer.Control = func(_, resolved string, _ syscall.RawConn) error {
			target, err := netip.ParseAddrPort(resolved)
			if err != nil || isForbidden(target.Addr()) {
				return refused(address, resolved)
			}
			return nil
		}
	}
	return dialer.DialContext(ctx, network, address)
}

// RoundTrip checks what the dialler cannot see: literal addresses that a proxy would dial, and secrets in clear text.
func (g *guard) RoundTrip(request *http.Request) (*http.Response, error) {
	address := hostPort(request.URL)
	if !g.named[address] {
		host := strings.TrimSuffix(strings.ToLower(request.URL.Hostname()), ".")
		literal, err := netip.ParseAddr(host)
		if err == nil && isForbidden(literal) || host == "localhost" || strings.HasSuffix(host, ".localhost") {
			return nil, refused(address, host)
		}
		if g.secret && request.URL.Scheme != "https" && request.Header.Get("Authorization") != "" {
			return nil, failure.New(failure.Refused,
				"%s speaks plain HTTP, and pull secrets are sent so only to a registry that a cluster admin names", address)
		}
	}
	return g.inner.RoundTrip(request)
}

func refused(asked, resolved string) error {
	return failure.New(failure.Refused,
		"%s is at %s: loopback, link-local, metadata and unspecified addresses are no registries unless a cluster admin names them",
		asked, resolved)
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(net.JoinHostPort(u.Hostname(), port))
}

func proxies() map[string]bool {
	found := map[string]bool{}
	for _, variable := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		text := os.Getenv(variable)
		if text == "" {
			continue
		}
		if !strings.Contains(text, "://") {
			text = "http://" + text
		}
		if u, err := url.Parse(text); err == nil {
			found[hostPort(u)] = true
		}
	}
	return found
}
