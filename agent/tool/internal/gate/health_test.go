package gate

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestHealthIs200AndNothingElse(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		switch request.URL.Path {
		case "/healthz":
			answer.WriteHeader(http.StatusOK)
		case "/moved":
			http.Redirect(answer, request, "/healthz", http.StatusFound)
		case "/empty":
			answer.WriteHeader(http.StatusNoContent)
		default:
			answer.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	for path, want := range map[string]int{"/healthz": 0, "/moved": 1, "/empty": 1, "/": 1} {
		if got := Health([]string{server.URL + path}); got != want {
			t.Errorf("%s: %d", path, got)
		}
	}
	server.Close()
	if got := Health([]string{server.URL + "/healthz"}); got != 1 {
		t.Errorf("nobody there: %d", got)
	}
	if got := Health(nil); got != 2 {
		t.Errorf("no URL: %d", got)
	}
}
