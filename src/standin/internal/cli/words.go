package cli

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
)

// systemWords prints an operating system error as Rust does: "No such file or directory (os error 2)".
func systemWords(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	text := errno.Error()
	return fmt.Sprintf("%s%s (os error %d)", strings.ToUpper(text[:1]), text[1:], int(errno))
}
