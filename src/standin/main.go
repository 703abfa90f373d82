// The stand-in behaves as the smolvm 1.32.2 command line on machines where no microVM boots.
// One executable plays three parts, told apart by the first argument: the command line itself,
// the "VMM" process that status reports (_boot-vm), and the guest supervisor below it (_guest).
// A fourth, _init, is process 1 of the guest's own pid namespace.
package main

import (
	"os"

	"dev.bottle/standin/internal/cli"
	"dev.bottle/standin/internal/guest"
	"dev.bottle/standin/internal/vmm"
)

func main() {
	if len(os.Args) >= 2 {
		switch os.Args[1] {
		case vmm.BootArgument:
			os.Exit(vmm.Boot(os.Args[2:]))
		case guest.SupervisorArgument:
			os.Exit(guest.Supervise(os.Args[2:]))
		case guest.InitArgument:
			os.Exit(guest.Init())
		}
	}
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
