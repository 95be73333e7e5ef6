#!/usr/bin/env bash
# Builds with the address and undefined behaviour sanitizers, and with the thread sanitizer, and runs the
# fast unit and property tests of each.
#
# Usage: scripts/nightly-sanitizers.sh [asan | tsan]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case "${1:-}" in
  --help) sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  asan|tsan) presets=$1 ;;
  "") presets="asan tsan" ;;
  *) echo "nightly-sanitizers.sh: unknown preset '$1'" >&2; exit 2 ;;
esac
scripts/setup.sh
for preset in $presets; do
  [ -e "build/$preset/build.ninja" ] || cmake --preset "$preset"
  cmake --build "build/$preset"
  ctest --test-dir "build/$preset" -L fast --output-on-failure --no-tests=error
done
