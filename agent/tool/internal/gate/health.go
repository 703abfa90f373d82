package gate

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

// Health is the exec probe of a daemon: 0 when the URL answers 200, else 1.
func Health(arguments []string) int {
	if len(arguments) != 1 {
		fmt.Fprintln(os.Stderr, "usage: bottle health URL")
		return 2
	}
	client := http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{Proxy: nil}}
	answer, err := client.Get(arguments[0])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		fmt.Fprintln(os.Stderr, answer.Status)
		return 1
	}
	return 0
}
