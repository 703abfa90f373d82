package gate

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

// Health is the exec probe of a daemon: 0 when the URL itself answers 200 within three seconds, else 1 with a line on
// standard error, and 2 for wrong arguments.
func Health(arguments []string) int {
	if len(arguments) != 1 {
		fmt.Fprintln(os.Stderr, "usage: bottle health URL")
		return 2
	}
	client := http.Client{
		Timeout: 3 * time.Second,
		// The daemon is asked itself: not a proxy of the environment, not where it may redirect to.
		Transport:     &http.Transport{Proxy: nil, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Get(arguments[0])
	if err != nil {
		fmt.Fprintf(os.Stderr, "bottle health: %v\n", err)
		return 1
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		fmt.Fprintf(os.Stderr, "bottle health: %s answers %s\n", arguments[0], answer.Status)
		return 1
	}
	return 0
}
