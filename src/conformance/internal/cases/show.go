package cases

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"time"

	"dev.bottle/conformance/internal/suite"
)

// keys are those of the JSON of a machine that never ran. last_exit comes when a VMM has ended.
var keys = strings.Fields(`block_io branchable branchpoint_held cmd cpus created_at cuda cuda_branch_pool_size cuda_fork_pool_size
	cuda_vram_limit_mib detached disk_durability disks entrypoint ephemeral forkable forkpoint_held gpu gpu_vram_mib health_cmd
	health_interval_secs health_retries health_startup_grace_secs health_timeout_secs image labels memory_mib mounts name network overlay_gb
	parent_machine pid ports restart_count restart_max_retries restart_policy state state_reason storage_gb`)

func show() []suite.Case {
	return []suite.Case{
		{"status --json has every key, sorted and indented", "§10 status, §12.3", func(t *suite.T) {
			created(t, "a")
			out := t.Machine("status", "--name", "a", "--json").Exits(0).Stdout
			var got []string
			for line := range strings.Lines(out) {
				if name, isKey := strings.CutPrefix(line, `  "`); isKey {
					name, _, _ = strings.Cut(name, `"`)
					got = append(got, name)
				}
			}
			suite.Equal(t, "keys", strings.Join(got, " "), strings.Join(keys, " "))
		}},
		{"status --json of a new machine", "§10 status, §1.7", func(t *suite.T) {
			before := time.Now().Unix()
			created(t, "a")
			var all map[string]any
			t.Machine("status", "--name", "a", "--json").JSON(&all)
			for key, want := range map[string]any{"state": "created", "pid": nil, "mounts": 0.0, "ports": 0.0, "network": false, "restart_policy": "never",
				"ephemeral": false, "block_io": "sync", "disk_durability": "full", "state_reason": nil, "storage_gb": nil} {
				suite.Equal(t, key, all[key], want)
			}
			for _, key := range []string{"cmd", "entrypoint", "disks"} {
				if list, isList := all[key].([]any); !isList || len(list) != 0 {
					t.Failf("%s is %v, not an empty list", key, all[key])
				}
			}
			if at := int64(all["created_at"].(float64)); at < before || at > time.Now().Unix() {
				t.Failf("created_at %d is not now, in seconds", at)
			}
		}},
		{"ls --json has the objects of status", "§10 status", func(t *suite.T) {
			created(t, "a", "--label", "k=v")
			var listed []map[string]any
			var one map[string]any
			t.Machine("ls", "--json").Exits(0).JSON(&listed)
			t.Machine("status", "--name", "a", "--json").JSON(&one)
			suite.Equal(t, "machines", len(listed), 1)
			inList, _ := json.Marshal(listed[0])
			alone, _ := json.Marshal(one)
			suite.Equal(t, "object", string(inList), string(alone))
		}},
		{"ls of nothing", "§10 status", func(t *suite.T) {
			t.Machine("ls", "--json").Exits(0).Out("[]\n").Err("")
			t.Machine("ls").Exits(0).Out("No machines found\n").Err("")
			t.Machine("ls", "-q").Exits(0).Out("").Err("")
		}},
		{"ls is sorted by name", "facts others", func(t *suite.T) {
			for _, name := range []string{"b", "C", "a"} {
				created(t, name)
			}
			t.Machine("ls", "-q").Exits(0).Out("C\na\nb\n")
			var listed []record
			t.Machine("ls", "--json").JSON(&listed)
			suite.Equal(t, "sorted", slices.IsSortedFunc(listed, func(x, y record) int { return strings.Compare(x.Name, y.Name) }), true)
		}},
		{"ls for people", "§1.7", func(t *suite.T) {
			created(t, "a", "--cpus", "2", "--mem", "512", "--label", "secret=label")
			t.Machine("ls").Exits(0).Out("" +
				"NAME STATE         CPUS     MEMORY  MOUNTS   PORTS  STORAGE  OVERLAY  BRANCHED FROM\n" +
				"-----------------------------------------------------------------------------------\n" +
				"a    created          2    512 MiB       0       0   20 GiB   10 GiB  -            \n")
		}},
		{"ls: the name column is as wide as the longest name", "facts others", func(t *suite.T) {
			created(t, "a-longer-name-than-four")
			t.Machine("ls").Exits(0).OutMatches(`(?m)^NAME {20}STATE `).OutMatches(`(?m)^a-longer-name-than-four created `)
		}},
		{"status for people", "§10 status", func(t *suite.T) {
			created(t, "a")
			t.Machine("status", "--name", "a").Exits(0).Out("Machine 'a': created\n").Err("")
		}},
		{"status of a machine that is not there", "§10 status, §1.7", func(t *suite.T) {
			t.Machine("status", "--name", "q").Fails("vm not found: q")
			t.Machine("status", "--name", "q", "--json").Fails("config operation failed: machine status: machine 'q' not found")
			t.Machine("status").Exits(0).Out("Machine 'default': not running\n")
			t.Machine("status", "--json").Fails("config operation failed: machine status: machine 'default' not found")
		}},
	}
}

const notRunning = "agent operation failed: connect: machine 'a' is not running. Start it with 'smolvm machine start --name a'; if a start is already in progress, retry once it finishes."

// withoutMachine is the other commands where no machine runs.
func withoutMachine() []suite.Case {
	return []suite.Case{
		{"start and stop of a machine that is not there", "§10 start, stop", func(t *suite.T) {
			t.Machine("start", "--name", "q").Fails("vm not found: q")
			t.Machine("stop", "--name", "q").Fails("vm not found: q")
		}},
		{"stop without a name, without machines", "facts others", func(t *suite.T) {
			t.Machine("stop").Exits(0).Out("Stopping machine 'default'...\nMachine 'default' stopped\n").Err("")
		}},
		{"stop of a machine that does not run", "§10 stop", func(t *suite.T) {
			created(t, "a")
			t.Machine("stop", "--name", "a").Exits(0).Out("Machine 'a' is not running (state: created)\n").Err("")
		}},
		{"delete of a machine that is not there", "§10 delete", func(t *suite.T) {
			t.Machine("delete", "--name", "q", "-f").Fails("vm not found: q")
		}},
		{"delete of a machine that never ran", "§10 delete, facts files", func(t *suite.T) {
			created(t, "a")
			t.Machine("delete", "--name", "a", "-f").Exits(0).Out("Deleted machine: a\n").Err("")
			t.Machine("ls", "--json").Out("[]\n")
		}},
		{"delete without -f off a terminal", "§12.3, facts", func(t *suite.T) {
			created(t, "a")
			t.Machine("delete", "--name", "a").Fails("agent operation failed: delete: machine 'a' needs confirmation but stdin is not a terminal; " +
				"pass --force to delete it, or --cascade to remove it together with any machines branched from it")
			t.Machine("ls", "-q").Out("a\n")
			t.Machine("delete", "--name", "a", "--cascade").Exits(0).Out("Deleted machine: a\n")
		}},
		{"delete on a terminal asks", "§10 delete", func(t *suite.T) {
			created(t, "a")
			for _, answer := range []struct{ typed, out, left string }{{"n\n", "Cancelled\n", "a\n"}, {"y\n", "Deleted machine: a\n", ""}} {
				keyboard, terminal, err := openTerminal()
				t.Must(err)
				_, err = keyboard.WriteString(answer.typed)
				t.Must(err)
				t.Smolvm("machine", "delete", "--name", "a").Input(terminal).Do().Exits(0).Out(answer.out).Err("Delete machine 'a'? [y/N] ")
				t.Must(terminal.Close())
				t.Must(keyboard.Close())
				t.Machine("ls", "-q").Out(answer.left)
			}
		}},
		{"exec where nothing runs", "§10 exec, §12.3", func(t *suite.T) {
			created(t, "a")
			t.Machine("exec", "--name", "a", "--", "true").Fails(notRunning)
			t.Machine("exec", "--name", "q", "--", "true").Fails("vm not found: q")
			t.Machine("exec", "--", "true").Fails("agent operation failed: connect: machine 'default' not found")
		}},
		{"cp looks for the machine before it looks at the file", "facts others", func(t *suite.T) {
			created(t, "a")
			t.Machine("cp", "/nope", "a:/x").Fails(notRunning)
			t.Machine("cp", "/nope", "q:/x", "--mode", "999").Fails("vm not found: q")
			if _, err := os.Stat("/nope"); err == nil {
				t.Failf("cp made /nope")
			}
		}},
		{"cp without a machine in it", "§10 cp", func(t *suite.T) {
			t.Machine("cp", "/a", "/b").Fails("config operation failed: cp: one of SRC or DST must use machine:path syntax (e.g., myvm:/workspace/file)")
		}},
		{"cp: the first colon of the source decides", "§10 cp", func(t *suite.T) {
			created(t, "a")
			t.Machine("cp", "/with:colon", "a:/x").Exits(1).ErrHas("Error: ", "/with")
		}},
		{"cp: owner and mode are for uploads", "§10 cp", func(t *suite.T) {
			for _, option := range []string{"--mode", "--uid", "--gid"} {
				t.Machine("cp", "a:/x", "/nope", option, "0").Fails("config operation failed: cp: --mode/--uid/--gid apply to uploads only (host -> machine)")
			}
		}},
		{"egress-events of a machine that nobody knows", "§10 status", func(t *suite.T) {
			t.Machine("egress-events", "--name", "q", "--json").Exits(0).Out("[]\n").Err("")
			t.Machine("egress-events", "--name", "q").Exits(0).Out("No egress denials recorded for 'q'.\n").Err("")
		}},
		{"logs and stats where nothing ran", "§12.3", func(t *suite.T) {
			t.Machine("logs", "--name", "q").Fails("vm not found: q")
			t.Machine("stats", "--name", "q", "--json").Fails("vm not found: q")
			created(t, "a")
			t.Machine("logs", "--name", "a").Exits(0).Out("")
			t.Machine("stats", "--name", "a", "--json").Fails(notRunning)
		}},
	}
}

func update() []suite.Case {
	return []suite.Case{
		{"update of a machine that is not there", "facts others", func(t *suite.T) {
			t.Machine("update", "--name", "q", "--cpus", "1").Fails("config operation failed: update: machine 'q' not found")
		}},
		{"update without a change", "§1.10", func(t *suite.T) {
			created(t, "a")
			t.Machine("update", "--name", "a").Exits(0).Out("No changes specified.\n")
		}},
		{"update says what it changed", "§1.10", func(t *suite.T) {
			created(t, "a", "-e", "A=1", "--mem", "512")
			volume := t.Folder("one")
			t.Machine("update", "--name", "a", "-e", "B=1", "--cpus", "2", "--mem", "256", "-w", "/q", "--remove-env", "A", "-v", volume+":/y").Exits(0).Out(
				"Updated machine 'a':\n  added volume: " + volume + ":/y\n  cpus: 4 → 2\n  memory: 512 MiB → 256 MiB\n  removed env: A\n  env: B=1\n  workdir: /q\n\nStart with: smolvm machine start --name a\n")
			t.Machine("ls", "-v").OutHas("  Env: B=1\n", "  Workdir: /q\n", " -> /y\n")
			t.Machine("update", "--name", "a", "--remove-volume", volume+":/y").Exits(0).OutHas("  removed volume: " + volume + ":/y\n")
			suite.Equal(t, "mounts", status(t, "a").Mounts, 0)
		}},
		{"update: disks grow only, and only after a start", "§10 update, facts", func(t *suite.T) {
			created(t, "a")
			t.Machine("update", "--name", "a", "--overlay", "1").Fails("config operation failed: resize: overlay disk cannot be shrunk from 10 GiB to 1 GiB. Only expanding is supported to prevent data loss.")
			t.Machine("update", "--name", "a", "--storage", "30").Fails("storage operation failed: expand storage disk: storage operation failed: open disk: No such file or directory (os error 2)")
		}},
		{"update checks sizes as create does", "§1.10", func(t *suite.T) {
			created(t, "a")
			t.Machine("update", "--name", "a", "--mem", "10").Fails("config operation failed: validate resources: memory must be at least 64 MiB (got 10 MiB)")
			suite.Equal(t, "memory", status(t, "a").MemoryMiB, 8192)
		}},
		{"update: image, labels and sockets are for good", "§10 update", func(t *suite.T) {
			created(t, "a")
			for _, flag := range []string{"--image", "--label", "--mount-socket"} {
				t.Machine("update", "--name", "a", flag, "x=y").Usage("unexpected argument '" + flag + "' found")
			}
		}},
	}
}
