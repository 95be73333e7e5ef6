#!/usr/bin/env bash
# Sets up, builds and tests. Ends with a line "N passed, N failed"; exits with 1 if anything failed or
# did not run.
#
# Usage: scripts/test.sh [fast | full]
#   fast  unit and property tests, and the end-to-end tests once through (the default)
#   full  what continuous integration runs: also the tests with whole models, every sample question ten
#         times over, crash loops and short fuzzing
# Environment: GROUNDS_EVAL_DATA, a folder of evaluation sets, lets the full tier measure on them.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
tier=${1:-fast}
case "$tier" in
  fast|full) ;;
  --help) sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  *) echo "test.sh: unknown tier '$tier' (fast or full)" >&2; exit 2 ;;
esac

. scripts/lib/build.sh
ensure_built || { echo "test.sh: the build failed" >&2; echo "0 passed, 1 failed"; exit 1; }
ensure_models || { echo "test.sh: the models could not be installed" >&2; echo "0 passed, 1 failed"; exit 1; }
exec python3 tests/run.py "$tier" --build "$build"
