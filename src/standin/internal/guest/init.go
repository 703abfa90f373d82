package guest

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// InitArgument selects Init.
const InitArgument = "_init"

// Init is process 1 of the guest: it reaps orphans and otherwise waits, so that the machine stays
// up whatever its workload does.
func Init() int {
	children := make(chan os.Signal, 1)
	signal.Notify(children, unix.SIGCHLD)
	for range children {
		for {
			if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
	return 0
}
