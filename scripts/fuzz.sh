#!/usr/bin/env bash
# Builds the fuzz targets (clang 14, address and undefined behaviour sanitizers) and runs each for some
# seconds on top of its corpus. A finding is kept under build/fuzz/findings and makes the exit code 1.
#
# Usage: scripts/fuzz.sh [SECONDS a target, default 10]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case "${1:-}" in --help) sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;; esac
seconds=${1:-10}
build=build/fuzz
scripts/setup.sh --clang
if [ ! -e "$build/build.ninja" ]; then
  mkdir -p "$build"
  cmake --preset fuzz > "$build/configure.log" 2>&1 || { cat "$build/configure.log" >&2; exit 1; }
fi
cmake --build "$build" --target fuzzers
mkdir -p "$build/findings"
# One target on top of its corpus: a line that starts with "ok" or "FAILED".
run() {
  local target=$1 name work
  name=$(basename "$target")
  work=$build/corpus/$name
  mkdir -p "$work"
  if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
       -artifact_prefix="$build/findings/$name-" "$work" "tests/fuzz/corpus/$name" >"$build/$name.log" 2>&1; then
    echo "ok     $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log") runs"
  else
    echo "FAILED $name"$'\n'"$(tail -40 "$build/$name.log")"
  fi
}
export -f run
export build seconds
# As many at a time as there are cores.
results=$(printf '%s\0' "$build"/fuzz/*_fuzz | xargs -0 -P "$(nproc)" -I{} bash -c 'run "$1"' fuzz {})
echo "$results"
passed=$(grep -c '^ok ' <<<"$results") || true
failed=$(grep -c '^FAILED ' <<<"$results") || true
[ "$((passed + failed))" -gt 0 ] || { echo "fuzz.sh: no fuzz target was built" >&2; exit 1; }
echo "$passed fuzz targets found nothing, $failed found something"
[ "$failed" = 0 ]
