# Sourced by the tools: one way to find the repository, to say what happens, and to be quiet about
# what went well.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

# "[ 3.2 min] build": the clock starts with the tool that the user called.
: "${SEEP_TOOL_STARTED:=$(date +%s)}"
export SEEP_TOOL_STARTED

minutes() {
  local tenths=$((($(date +%s) - SEEP_TOOL_STARTED) / 6))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

step() { printf '[%4s min] %s\n' "$(minutes)" "$*"; }

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# The comment at the head of the script is its --help.
print_help() { sed -n '2,/^[^#]/{/^[^#]/q;s/^#$//;s/^# //;p}' "$0"; }

# Runs a command; its output is shown only where it fails, or where somebody watches.
quietly() {
  if [[ -t 1 ]]; then
    "$@" || fail "failed: $*"
    return
  fi
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  if ((status != 0)); then
    cat "$log" >&2
    rm -f "$log"
    fail "failed (exit code $status): $*"
  fi
  rm -f "$log"
}

# Configures a preset of CMakePresets.json and builds the given targets (default: all).
build_preset() {
  local preset=$1
  shift
  step "build the $preset preset${*:+ ($*)}"
  quietly cmake --preset "$preset"
  quietly cmake --build --preset "$preset" ${1:+--target "$@"}
}
