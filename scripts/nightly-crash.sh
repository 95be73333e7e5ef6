#!/usr/bin/env bash
# The crash tests with many kills: each job is killed at 200 random moments (or as many as given), and
# must leave a whole workspace that doing the job again completes. Prints its seed.
#
# Usage: scripts/nightly-crash.sh [KILLS | --help]
# Environment: GROUNDS_SEED, the seed of a run to repeat.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
kills=${1:-200}
case "$kills" in
  --help) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  *[!0-9]* | '' | 0) echo "nightly-crash.sh: '$kills' is no number of kills (see --help)" >&2; exit 2 ;;
esac

. scripts/lib/build.sh
ensure_built
ensure_models
GROUNDS_KILLS=$kills exec python3 tests/run.py full --build "$build" --only crash
