#!/usr/bin/env bash
# Planted causes and planted losses, 30 of each kind, from a seed that is new every day: `compare` must name
# each cause, `explain --expected` each stage. Prints its seed, and a line a kind: how many of how many.
#
# Usage: scripts/nightly-scenarios.sh [COUNT | --help]
# Environment: GROUNDS_SEED, the seed of a run to repeat.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
count=${1:-30}
case "$count" in
  --help) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  *[!0-9]* | '' | 0) echo "nightly-scenarios.sh: '$count' is no number of scenarios (see --help)" >&2; exit 2 ;;
esac

. scripts/lib/build.sh
ensure_built grounds grounds-parse
ensure_models
export GROUNDS_SCENARIOS=$count GROUNDS_SCENARIO_SEED=${GROUNDS_SEED:-$(date +%Y%m%d)}
echo "seed $GROUNDS_SCENARIO_SEED, $count of each kind"
failed=0
python3 tests/run.py fast --build "$build" --only e2e compare_test || failed=1
python3 tests/run.py fast --build "$build" --only e2e explain_test || failed=1
exit $failed
