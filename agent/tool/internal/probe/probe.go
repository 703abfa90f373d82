// Package probe tries, from inside the guest, every way out that must not exist, and the one that must.
package probe

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"

	"golang.org/x/sys/unix"
)

// Verdicts. Failed: the probe did not finish, so nothing is proven.
const (
	Sealed = "Sealed"
	Leaked = "Leaked"
	Failed = "Failed"
)

// Target is an address that must be out of reach.
type Target struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Request says what to try; the node agent writes it.
type Request struct {
	Proxy      string   `json:"proxy"`
	Nonce      string   `json:"nonce"`
	TCP        []Target `json:"tcp"`
	UDP        []Target `json:"udp"`
	Refused    []string `json:"refused"`
	NotAllowed string   `json:"notAllowed"`
}

// Result is one probe's verdict, with what was seen.
type Result struct {
	Name    string `json:"name"`
	Verdict string `json:"verdict"`
	Detail  string `json:"detail"`
}

var nonces = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Main reads a Request and prints {"probes": […]} as one line. Exit code 0 whatever the verdicts are, 2 for a request
// that cannot be read.
func Main(from io.Reader, to io.Writer) int {
	var request Request
	decoder := json.NewDecoder(io.LimitReader(from, 64*1024))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&request)
	if err == nil && !nonces.MatchString(request.Nonce) {
		err = fmt.Errorf("nonce %.64q is not 32 hex digits", request.Nonce)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bottle-tool probe: %v\n", err)
		return 2
	}
	report := struct {
		Probes []Result `json:"probes"`
	}{Run(request)}
	if err := json.NewEncoder(to).Encode(report); err != nil {
		return 2
	}
	return 0
}

// Run runs every probe; those that may have to wait run side by side.
func Run(request Request) []Result {
	probes := []func() Result{interfaces, routes}
	for _, target := range request.TCP {
		probes = append(probes, func() Result { return unreachable(target, unix.SOCK_STREAM) })
	}
	for _, target := range request.UDP {
		probes = append(probes, func() Result { return unreachable(target, unix.SOCK_DGRAM) })
	}
	for _, address := range request.Refused {
		probes = append(probes, func() Result { return refused(address) })
	}
	probes = append(probes,
		func() Result { return answersNonce(request.Proxy, request.Nonce) },
		func() Result { return refusesHost(request.Proxy, request.NotAllowed) })
	results := make([]Result, len(probes))
	done := make(chan struct{})
	for i, probe := range probes {
		go func() {
			results[i] = probe()
			done <- struct{}{}
		}()
	}
	for range probes {
		<-done
	}
	return results
}
