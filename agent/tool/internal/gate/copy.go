package gate

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"bottle.dev/tool/internal/printable"
)

const copyUsage = `usage, from a machine of yours:
  tar -cf - DIR | kubectl exec -i POD -c gate -- bottle cp - guest:PATH      unpacked in the directory PATH
  kubectl exec POD -c gate -- bottle cp guest:PATH - | tar -xf -             PATH's last component is the archive's top
  kubectl exec -i POD -c gate -- bottle cp --file - guest:PATH < FILE        one file
  kubectl exec POD -c gate -- bottle cp --file guest:PATH - > FILE
  kubectl bottle cp LOCAL BOTTLE:PATH, or BOTTLE:PATH LOCAL                  all of it (deploy/bin/kubectl-bottle-cp)
PATH is relative to the guest's working directory. The guest's own cp: bottle -- cp ...
`

const (
	guestPrefix = "guest:"
	stream      = "-"
	// maxMessage is in runes; a guest's path may have 4,096 bytes.
	maxMessage = 5000
)

// Copy carries files between this process' streams and the guest. What the guest sends is sifted here, where the guest
// has no hand: the archive on standard output can be unpacked by any tar.
func Copy(arguments []string) int {
	return copyAt(Socket, arguments, os.Stdin, os.Stdout, os.Stderr)
}

func copyAt(path string, arguments []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("bottle cp", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	file := flags.Bool("file", false, "")
	as := flags.Bool("as", false, "")
	err := flags.Parse(arguments)
	if err != nil || flags.NArg() != 2 || *file && *as {
		fmt.Fprint(stderr, copyUsage)
		return 2
	}
	from, to := flags.Arg(0), flags.Arg(1)
	said := printable.NewWriter(stderr, maxMessage)
	defer said.Flush()
	switch {
	case from == stream && strings.HasPrefix(to, guestPrefix):
		return runAt(path, tool("receive", *file, *as, to), stdin, io.Discard, said)
	case to == stream && strings.HasPrefix(from, guestPrefix) && !*as:
		command := tool("send", *file, false, from)
		if *file {
			return runAt(path, command, strings.NewReader(""), stdout, said)
		}
		return sifted(path, command, stdout, said)
	default:
		fmt.Fprint(stderr, copyUsage)
		return 2
	}
}

func tool(part string, file, as bool, place string) []string {
	command := []string{toolInGuest, part}
	if file {
		command = append(command, "--file")
	}
	if as {
		command = append(command, "--as")
	}
	return append(command, "--", strings.TrimPrefix(place, guestPrefix))
}

// sifted runs the guest's end and passes on what is harmless of its archive. The archive's end is written only when
// both say that everything is there.
func sifted(path string, command []string, stdout, stderr io.Writer) int {
	archive, feed := io.Pipe()
	codes := make(chan int, 1)
	go func() {
		code := runAt(path, command, strings.NewReader(""), feed, stderr)
		if code != 0 {
			_ = feed.CloseWithError(errGuestFailed)
		}
		_ = feed.Close()
		codes <- code
	}()
	skipped, err := sift(archive, stdout)
	if err != nil {
		// Ends the guest's command, unless that is what ended.
		_ = archive.CloseWithError(errRefused)
	}
	code := <-codes
	switch {
	case err != nil && !errors.Is(err, errGuestFailed):
		fmt.Fprintf(stderr, "bottle: cp: %v\n", err)
		return failed
	case code != 0:
		return code
	case skipped > 0:
		fmt.Fprintf(stderr, "bottle: cp: %d symbolic links were left out because they lead out of the copy\n", skipped)
	}
	return 0
}

var (
	errGuestFailed = errors.New("the guest's command failed")
	errRefused     = errors.New("the copy was ended")
)
