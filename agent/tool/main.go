// Command bottle-tool is the one program of ours in the places without a JVM: the guest, the gate container and the
// node's cage around the virtual machine monitor. The name under which it is started, or the first word, says which
// part it plays; docs/contracts.md has the table.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"bottle.dev/tool/internal/cage"
	"bottle.dev/tool/internal/gate"
	"bottle.dev/tool/internal/guest"
	"bottle.dev/tool/internal/preflight"
	"bottle.dev/tool/internal/probe"
	"bottle.dev/tool/internal/relay"
)

const usage = `usage:
  in the guest   bottle-tool relay ADDRESS=SOCKET ...
                 bottle-tool exec -- COMMAND ...
                 bottle-tool provision          (tar on standard input)
                 bottle-tool probe              (JSON on standard input)
                 bottle-tool boot-id | bottle-tool sync
                 bottle-tool terminal [--term NAME] [--size COLUMNSxROWS] [-- COMMAND ...]
                 bottle-tool receive [--file|--as] PATH | bottle-tool send [--file] PATH
                 bottle-claude [ARGUMENT ...]
  on the node    bottle-tool cage --pod-uid UID --bottle-directory DIR [--door NAME]... [--read PATH]... [--write DIR]...
                   [--lend DIR]... [--own-cgroup LIMITS] [--nofile N] -- COMMAND ...
                 bottle-tool preflight [--group-file FILE] [--nofile N]
  in the Pod     bottle [--] COMMAND ...        (runs it in the guest; with kubectl exec -it at a terminal)
                 bottle                         (with kubectl exec -it: a login shell in the guest)
                 bottle cp ...                  (files; bottle cp --help)
                 bottle hold | bottle health URL
`

func main() {
	os.Exit(run(filepath.Base(os.Args[0]), os.Args[1:]))
}

// run returns the exit code. Words after "--" are never subcommands, so `bottle -- health` runs the guest's health.
func run(name string, arguments []string) int {
	if name == "bottle-claude" {
		return guest.Claude(arguments)
	}
	first := ""
	if len(arguments) > 0 {
		first = arguments[0]
	}
	if name == "bottle" {
		switch first {
		case "":
			if gate.AtTerminal() {
				return gate.Run(nil)
			}
			fmt.Fprint(os.Stderr, usage)
			return 2
		case "--help":
			fmt.Fprint(os.Stderr, usage)
			return 2
		case "hold":
			return gate.Hold()
		case "health":
			return gate.Health(arguments[1:])
		case "cp":
			return gate.Copy(arguments[1:])
		case "--":
			return gate.Run(arguments[1:])
		default:
			return gate.Run(arguments)
		}
	}
	switch first {
	case "relay":
		return relay.Main(arguments[1:])
	case "exec":
		return guest.Exec(arguments[1:])
	case "provision":
		return guest.Provision(os.Stdin, os.Stdout, "/")
	case "probe":
		return probe.Main(os.Stdin, os.Stdout)
	case "boot-id":
		return preflight.BootID(os.Stdout)
	case "sync":
		syscall.Sync() // sync(2) waits for the disk; the image may have no program that calls it
		return 0
	case "preflight":
		return preflight.Main(arguments[1:], os.Stdout)
	case "terminal":
		return guest.Terminal(arguments[1:])
	case "receive":
		return guest.Receive(arguments[1:], os.Stdin, os.Stderr)
	case "send":
		return guest.Send(arguments[1:], os.Stdout, os.Stderr)
	case "cage":
		return cage.Main(arguments[1:])
	default:
		fmt.Fprint(os.Stderr, usage)
		return 2
	}
}
