// Command bottle-image gets guest images for the node agent. It reads one line of JSON from standard input and answers
// with one on standard output; the end of standard input before that means that the agent died, and ends it.
//
//	bottle-image resolve   which digest a reference has now, for these credentials
//	bottle-image pull      the same, and unpacks it
//	bottle-image apply     for its own use: one layer, confined to a directory
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/google/go-containerregistry/pkg/logs"

	"bottle.dev/image/internal/failure"
	"bottle.dev/image/internal/layer"
	"bottle.dev/image/internal/pull"
	"bottle.dev/image/internal/registry"
)

// The agent's container has little memory, and gives it to machines' neighbours.
const memory = 96 << 20

type request struct {
	registry.Request
	Directory string      `json:"directory"` // pull: exists, is empty
	Digest    string      `json:"digest"`    // pull: what resolve said
	Limits    pull.Limits `json:"limits"`
}

type answer struct {
	Repository string           `json:"repository,omitempty"`
	Digest     string           `json:"digest,omitempty"`
	Compressed int64            `json:"compressed,omitempty"`
	Used       *layer.Used      `json:"used,omitempty"`
	Error      *failure.Failure `json:"error,omitempty"`
}

func main() {
	debug.SetMemoryLimit(memory)
	logs.Warn.SetOutput(io.Discard)
	arguments := os.Args[1:]
	switch {
	case len(arguments) == 1 && (arguments[0] == "resolve" || arguments[0] == "pull"):
		os.Exit(serve(arguments[0] == "pull"))
	case len(arguments) > 0 && arguments[0] == "apply":
		os.Exit(pull.Apply(os.Stdin, os.Stdout, arguments[1:]))
	default:
		fmt.Fprintln(os.Stderr, "usage: bottle-image resolve | pull   (JSON on standard input)")
		os.Exit(2)
	}
}

func serve(unpack bool) int {
	in := bufio.NewReader(os.Stdin)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return 2
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	said, err := run(ctx, line, unpack)
	if err != nil {
		said = answer{Error: failure.Of(err, failure.Pulling)}
	}
	_ = json.NewEncoder(os.Stdout).Encode(said)
	if err != nil {
		return 1
	}
	return 0
}

func run(ctx context.Context, line []byte, unpack bool) (answer, error) {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return answer{}, failure.New(failure.Pulling, "the request is not JSON")
	}
	image, err := registry.Get(ctx, asked.Request)
	if err != nil {
		return answer{}, err
	}
	said := answer{Repository: image.Repository, Digest: image.Digest, Compressed: image.Compressed}
	if !unpack {
		return said, nil
	}
	if image.Digest != asked.Digest {
		return answer{}, failure.New(failure.Pulling, "%s is not %s", asked.Reference, asked.Digest)
	}
	used, err := pull.Into(ctx, image, asked.Directory, asked.Limits)
	said.Used = &used
	return said, err
}
