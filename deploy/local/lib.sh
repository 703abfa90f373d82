# Shared by the scripts of this folder; sourced, never run.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
shopt -s inherit_errexit       # a failing step inside $(...) ends the script, too
local_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root_dir=$(cd "$local_dir/../.." && pwd)
home=${CLUSTER_HOME:-/var/lib/bottle-cluster}     # state of the cluster
cache=${BOTTLE_CACHE:-$HOME/.cache/bottle}        # what is slow to get; outlives the cluster
run=$home/run log=$home/log
socket=/run/bottle-cluster/containerd.sock
node="node-a"
node_ip=10.98.0.1       # the node's address, on a bridge that only this machine has
origin_ip=10.98.1.1     # an address for test origins that is no node address
pod_cidr=10.244.0.0/24 service_cidr=10.96.0.0/16
registry=$node_ip:5000
bottle_home=/var/lib/bottle                        # what the node agent keeps on a node
smolvm_version=1.32.2
export KUBECONFIG=$home/kubeconfig
export GOTOOLCHAIN=local GOWORK=off

say() { printf '%s %4ds  %s\n' "$(date +%H:%M:%S)" $(($(date +%s) - BOTTLE_STARTED)) "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
# Progress lines count from the outermost script.
export BOTTLE_STARTED=${BOTTLE_STARTED:-$(date +%s)}

# exclusive: one of these scripts at a time; those that it calls go ahead.
exclusive() {
  [ -z "${BOTTLE_CLUSTER_LOCKED:-}" ] || return 0
  mkdir -p "$home"; exec 8>"$home/.lock"
  flock -n 8 || { say "waiting for another run of these scripts"; flock 8; }
  export BOTTLE_CLUSTER_LOCKED=yes
}
# start NAME COMMAND...: a daemon that outlives this script; its pid is recorded for down.
start() {
  local name=$1; shift
  setsid nohup "$@" >"$log/$name.log" 2>&1 </dev/null 8>&- &
  echo "$! $name $(basename "$1")" >>"$run/pids"
}
# pid_of NAME: its recorded pid, empty when there is none.
pid_of() { [ ! -s "$run/pids" ] || awk -v n="$1" '$2==n{p=$1} END{print p}' "$run/pids"; }
# is_program PID PROGRAM: whether the pid still is that program; pids are used again.
is_program() { [ -r "/proc/$1/cmdline" ] && tr '\0' ' ' <"/proc/$1/cmdline" | grep -q "$2"; }
# alive NAME...: whether the recorded processes of these names all still are the programs that were started.
alive() {
  local name pid
  for name in "$@"; do
    pid=$(pid_of "$name"); [ -n "$pid" ] || return 1
    is_program "$pid" "$(awk -v n="$name" '$2==n{p=$3} END{print p}' "$run/pids")" || return 1
  done
}
# wait_for WHAT TENTHS COMMAND...
wait_for() {
  local what=$1 tenths=$2; shift 2
  for _ in $(seq "$tenths"); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
  die "$what did not come up; see $log"
}
# quietly COMMAND...: its output is shown only when it fails.
quietly() {
  local output; output=$(mktemp)
  if "$@" >"$output" 2>&1; then rm -f "$output"; else cat "$output" >&2; rm -f "$output"; die "failed: $*"; fi
}
# need PROGRAM=PACKAGE...: installs the Debian packages of missing programs.
need() {
  local packages=() pair
  for pair in "$@"; do [ -e "${pair%%=*}" ] || command -v "${pair%%=*}" >/dev/null || packages+=("${pair#*=}"); done
  [ ${#packages[@]} -gt 0 ] || return 0
  say "installing ${packages[*]}"
  quietly apt-get update -qq
  DEBIAN_FRONTEND=noninteractive quietly apt-get install -y -qq --no-install-recommends "${packages[@]}"
}
# go_build MODULE_DIR PACKAGE OUTPUT: a static binary.
go_build() {
  command -v go >/dev/null || die "Go 1.26 or newer is needed: install it and put it on the PATH"
  mkdir -p "$(dirname "$3")"
  (cd "$1" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w" -o "$3.new" "$2")
  mv "$3.new" "$3"
}
# content_key PATH...: one hash of the content of files and folders.
content_key() { find "$@" -type f -print0 | sort -z | xargs -0 sha256sum | sed "s#  $root_dir/#  #" | sha256sum | cut -c1-16; }
# java_home: a JDK 25, whatever the default java is.
java_home() {
  local candidate
  for candidate in "${JAVA_HOME:-}" /usr/lib/jvm/*; do
    if [ -x "$candidate/bin/jlink" ] && grep -q '^JAVA_VERSION="25' "$candidate/release" 2>/dev/null; then echo "$candidate"; return; fi
  done
  die "a JDK 25 is needed under /usr/lib/jvm or in JAVA_HOME"
}
# without_signature JAVA_HOME JAR: a signed jar is verified class by class at each start, and no AOT cache takes its classes. Maven has
# verified its checksum, and the image has one of its own.
without_signature() {
  local directory; directory=$(mktemp -d)
  (cd "$directory" && quietly "$1/bin/jar" --extract --file "$2")
  rm -f "$directory"/META-INF/*.{SF,DSA,RSA,EC}
  sed -i '/^\r*$/,$d' "$directory/META-INF/MANIFEST.MF"  # what follows the first section are digests
  quietly "$1/bin/jar" --create --file "$2" --date=1980-01-01T00:00:02Z --manifest "$directory/META-INF/MANIFEST.MF" -C "$directory" .
  rm -rf "$directory"
}
# tools: the folder of crane and coredns, built by up.
tools() { echo "$cache/tools/$(content_key "$local_dir/tools")"; }
