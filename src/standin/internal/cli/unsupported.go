package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// knownFlags are flags of the real command that the stand-in knows and refuses: using one is a
// runtime error that says so, where an unknown flag is a usage error.
type knownFlags struct{ switches, valued []string }

var createUnsupported = knownFlags{
	switches: []string{"net", "outbound-localhost-only", "block-private", "gpu", "nested", "rosetta", "ssh-agent", "stop-on-exit",
		"cuda", "auto-graph", "docker-socket", "use-host-proxy", "trust-host-certs", "keep-identity", "allow-system-mounts"},
	valued: []string{"max-image-size", "block-io", "disk-durability", "disk", "net-backend", "dns", "dns-option", "shm-size",
		"guest-subnet", "network", "allow-cidr", "deny-cidr", "allow-udp", "allow-host", "allow-host-pattern", "credential",
		"allow-private", "gpu-vram", "expose-socket", "init", "stop-signal", "stop-timeout", "secret-env", "secret-file",
		"smolfile", "from", "at", "cache-disk", "secret-keychain", "port", "restore-cache-entries", "restore-cache-gib"},
}

var startUnsupported = knownFlags{
	switches: []string{"branchable", "forkable", "mediated-egress"},
	valued: []string{"branch-pool-size", "fork-pool-size", "cuda-vram-limit-mib", "seed-digest-ttl", "egress-interceptor",
		"proxy", "no-proxy"},
}

var updateUnsupported = knownFlags{
	switches: []string{"allow-system-mounts", "net", "no-net", "no-egress-interceptor", "outbound-localhost-only", "reset-allow-list",
		"gpu", "no-gpu", "rosetta", "no-rosetta", "clear-dns-options"},
	valued: []string{"port", "remove-port", "allow-host", "allow-host-pattern", "allow-cidr", "remove-allow-host", "remove-allow-cidr",
		"allow-udp", "remove-allow-udp", "block-io", "disk-durability", "dns-option", "shm-size"},
}

var execUnsupported = knownFlags{valued: []string{"secret-env", "secret-file", "secret-keychain"}}

// refuseFlags adds the flags, hidden, and fails the command when one was given.
func refuseFlags(cmd *cobra.Command, known knownFlags) {
	flags := cmd.Flags()
	shorts := map[string]string{"port": "p", "smolfile": "s"}
	for _, name := range known.switches {
		flags.Bool(name, false, "not supported by the stand-in")
		flags.MarkHidden(name)
	}
	for _, name := range known.valued {
		flags.StringArrayP(name, shorts[name], nil, "not supported by the stand-in `VALUE`")
		flags.MarkHidden(name)
	}
	refused := map[string]bool{}
	for _, name := range append(known.switches, known.valued...) {
		refused[name] = true
	}
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) (err error) {
		cmd.Flags().Visit(func(f *pflag.Flag) {
			if refused[f.Name] && err == nil {
				err = unsupported("--" + f.Name)
			}
		})
		return err
	}
}
