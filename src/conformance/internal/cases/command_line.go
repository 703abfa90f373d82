package cases

import (
	"encoding/json"
	"os"
	"path/filepath"

	"dev.bottle/conformance/internal/suite"
)

func commandLine() []suite.Case {
	return []suite.Case{
		{"version is one line", "§10 process 1", func(t *suite.T) {
			t.Smolvm("--version").Do().Exits(0).OutMatches(`^smolvm 1\.32\.2(\+\S+)?\n$`).Err("")
		}},
		{"vm is machine, list is ls, rm is delete", "§10 process 1", func(t *suite.T) {
			created(t, "a")
			t.Smolvm("vm", "list", "-q").Do().Exits(0).Out("a\n")
			t.Smolvm("vm", "rm", "--name", "a", "-f").Do().Exits(0).Out("Deleted machine: a\n")
		}},
		{"an unknown flag is a usage error", "§10 process 1", func(t *suite.T) {
			t.Machine("create", "--nope").Usage("unexpected argument '--nope' found")
			t.Machine("status", "--nope").Usage("unexpected argument '--nope' found")
		}},
		{"usage errors end with usage and a hint", "§10 process 1", func(t *suite.T) {
			t.Machine("status", "--nope").Exits(2).ErrHas("\n\nUsage: smolvm machine status", "\n\nFor more information, try '--help'.\n")
		}},
		{"an unknown subcommand is a usage error", "§10 process 1", func(t *suite.T) {
			t.Smolvm("nope").Do().Usage("unrecognized subcommand 'nope'")
			t.Machine("nope").Usage("unrecognized subcommand 'nope'")
		}},
		{"no subcommand: the help on stderr, exit 2", "§10 process 1", func(t *suite.T) {
			t.Machine().Exits(2).Out("").ErrHas("Usage: smolvm machine")
		}},
		{"a missing value is a usage error", "§10 process 1", func(t *suite.T) {
			t.Machine("create", "--name").Usage("a value is required for '--name <NAME>' but none was supplied")
		}},
		{"a value given twice is a usage error", "facts create", func(t *suite.T) {
			t.Machine("create", "--name", "a", "--name", "b").Usage("the argument '--name <NAME>' cannot be used multiple times")
		}},
		{"a number that is none is a usage error", "§10 process 1", func(t *suite.T) {
			t.Machine("create", "--cpus", "x").Usage("invalid value 'x' for '--cpus <N>': invalid digit found in string")
			t.Machine("create", "--cpus", "300").Usage("invalid value '300' for '--cpus <N>': 300 is not in 0..=255")
			t.Machine("create", "--mem", "-1").Exits(2)
		}},
		{"a duration that is none is a usage error", "§10 process 1", func(t *suite.T) {
			t.Machine("exec", "--name", "a", "--timeout", "abc", "--", "true").Usage("invalid value 'abc' for '--timeout <DURATION>': expected number at 0")
			t.Machine("stop", "--name", "a", "-t", "500").Usage("invalid value '500' for '--timeout <SECONDS>': stop timeout 500s is longer than the 300s maximum")
		}},
		{"a required name is asked for", "§10 process 1", func(t *suite.T) {
			for _, command := range []string{"delete", "data-dir", "update"} {
				t.Machine(command).Usage("the following required arguments were not provided:").ErrHas("\n  --name <NAME>\n")
			}
		}},
		{"exec needs a command and has no -n", "§10 exec", func(t *suite.T) {
			t.Machine("exec", "--name", "a").Usage("the following required arguments were not provided:").ErrHas("\n  <COMMAND>...\n")
			t.Machine("exec", "-n", "a", "--", "true").Usage("unexpected argument '-n' found")
		}},
		{"exec -d excludes -i, -t and --stream", "§10 exec", func(t *suite.T) {
			t.Machine("exec", "-d", "-i", "--", "true").Usage("the argument '--detach' cannot be used with '--interactive'")
			t.Machine("exec", "-d", "-t", "--", "true").Usage("the argument '--detach' cannot be used with '--tty'")
			t.Machine("exec", "-d", "--stream", "--", "true").Usage("the argument '--detach' cannot be used with '--stream'")
		}},
		{"cp needs two arguments", "§10 cp", func(t *suite.T) {
			t.Machine("cp").Usage("the following required arguments were not provided:").ErrHas("\n  <SRC>\n  <DST>\n")
			t.Machine("cp", "a").Usage("the following required arguments were not provided:").ErrHas("\n  <DST>\n")
			t.Machine("cp", "a", "b", "c").Usage("unexpected argument 'c' found")
		}},
		{"a runtime error is one line", "§10 process 1", func(t *suite.T) {
			t.Machine("status", "--name", "q").Fails("vm not found: q")
		}},
		{"--error-format json, before and after the subcommand", "§12.3, facts", func(t *suite.T) {
			for _, arguments := range [][]string{{"--error-format", "json", "machine", "start", "--name", "q"}, {"machine", "start", "--name", "q", "--error-format", "json"}} {
				r := t.Smolvm(arguments...).Do().Exits(1).Out("")
				var body struct {
					Error struct{ Code, Message string }
				}
				t.Must(json.Unmarshal([]byte(r.Stderr), &body))
				suite.Equal(t, "code", body.Error.Code, "NOT_FOUND")
				suite.Equal(t, "message", body.Error.Message, "vm not found: q")
			}
		}},
		{"--error-format json of a missing machine's status is a CONFIG_ERROR", "§12.3", func(t *suite.T) {
			r := t.Machine("status", "--name", "q", "--json", "--error-format", "json").Exits(1).Out("")
			var body struct {
				Error struct{ Code, Message string }
			}
			t.Must(json.Unmarshal([]byte(r.Stderr), &body))
			suite.Equal(t, "code", body.Error.Code, "CONFIG_ERROR")
		}},
		{"SMOLVM_MACHINE_NAME is the default name", "facts create", func(t *suite.T) {
			t.Smolvm("machine", "create", "--image", t.Rootfs).With("SMOLVM_MACHINE_NAME=from-env").Do().Exits(0).OutHas("Created machine: from-env\n")
			t.Smolvm("machine", "status").With("SMOLVM_MACHINE_NAME=from-env").Do().Exits(0).Out("Machine 'from-env': created\n")
			t.Smolvm("machine", "status", "--name", "other").With("SMOLVM_MACHINE_NAME=from-env").Do().Fails("vm not found: other")
		}},
		{"data roots do not see each other", "§10 process 3", func(t *suite.T) {
			created(t, "a")
			other := "SMOLVM_DATA_DIR=" + t.Folder("other")
			t.Smolvm("machine", "ls", "--json").With(other).Do().Exits(0).Out("[]\n")
			t.Smolvm("machine", "create", "--name", "a", "--image", t.Rootfs).With(other).Do().Exits(0)
			t.Smolvm("machine", "delete", "--name", "a", "-f").With(other).Do().Exits(0)
			t.Machine("ls", "-q").Exits(0).Out("a\n")
		}},
		{"--state-dir and HOME are data roots, too", "§12.3, §10", func(t *suite.T) {
			at := t.Folder("at")
			t.Smolvm("machine", "create", "--name", "a", "--image", t.Rootfs, "--state-dir", at).Do().Exits(0)
			t.Machine("ls", "-q").Exits(0).Out("")
			t.Smolvm("--state-dir", at, "machine", "ls", "-q").Do().Exits(0).Out("a\n")
			t.Smolvm("machine", "create", "--name", "b", "--image", t.Rootfs).With("SMOLVM_DATA_DIR=", "HOME="+t.Folder("home")).Do().Exits(0)
			t.Machine("ls", "-q").Exits(0).Out("")
		}},
		{"parallel calls on different machines all work", "§10 process 3", func(t *suite.T) {
			done := make(chan *suite.Result)
			for i := range 10 {
				// Checked here, when all are there: a case's checks are for one goroutine.
				call := t.Smolvm("machine", "create", "--name", "m"+string(rune('0'+i)), "--image", t.Rootfs)
				go func() { done <- call.Do() }()
			}
			for range 10 {
				(<-done).Exits(0)
			}
			t.Machine("ls", "-q").Exits(0).Out("m0\nm1\nm2\nm3\nm4\nm5\nm6\nm7\nm8\nm9\n")
		}},
		{"data-dir is 16 digits of the name's SHA-256, before it exists", "facts files", func(t *suite.T) {
			created(t, "a")
			want := filepath.Join(t.Root, ".cache/smolvm/vms/ca978112ca1bbdca")
			t.Machine("data-dir", "--name", "a").Exits(0).Out(want + "\n").Err("")
			if _, err := os.Stat(want); err == nil {
				t.Failf("%s is there before the first start", want)
			}
			t.Machine("data-dir", "--name", "q").Fails("vm not found: q")
		}},
	}
}
