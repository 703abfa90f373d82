package probe

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// maxHead bounds what a proxy's answer may cost, in bytes.
const maxHead = 64 * 1024

// answersNonce: the way out that must exist is this Bottle's own egress. It echoes the nonce here and reports it to the
// node agent on the host's side; both must agree.
func answersNonce(proxy, nonce string) Result {
	const name = "proxy-nonce"
	answer, err := connect(proxy, nonce+".probe.bottle.invalid:443")
	if err != nil {
		return Result{name, Failed, err.Error()}
	}
	if echoed := answer.Header.Get("Bottle-Nonce"); answer.StatusCode != http.StatusForbidden || echoed != nonce {
		return Result{name, Failed, fmt.Sprintf("%s answers %d with the nonce %.64q", proxy, answer.StatusCode, echoed)}
	}
	return Result{name, Sealed, proxy + " answers with the nonce"}
}

// refusesHost: a host that no policy allows is refused by the proxy itself.
func refusesHost(proxy, host string) Result {
	const name = "proxy-refusal"
	answer, err := connect(proxy, net.JoinHostPort(host, "443"))
	switch {
	case err != nil:
		return Result{name, Failed, err.Error()}
	case answer.StatusCode == http.StatusForbidden:
		return Result{name, Sealed, host + ": " + answer.Status}
	case answer.StatusCode < 300:
		return Result{name, Leaked, host + ": " + answer.Status}
	default:
		return Result{name, Failed, host + ": " + answer.Status}
	}
}

// connect asks the proxy for a tunnel and returns the head of its answer; the connection is closed.
func connect(proxy, authority string) (*http.Response, error) {
	connection, err := net.DialTimeout("tcp", proxy, patience)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(2 * patience)); err != nil {
		return nil, err
	}
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: authority}, Host: authority, Header: http.Header{}}
	if err := request.Write(connection); err != nil {
		return nil, fmt.Errorf("%s: %w", proxy, err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(io.LimitReader(connection, maxHead)), request)
	if err != nil {
		return nil, fmt.Errorf("%s does not answer as a proxy: %w", proxy, err)
	}
	return answer, nil
}
