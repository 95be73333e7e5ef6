#!/usr/bin/env bash
# The numbers of ingesting, with what each should be: stages of a job, unchanged files, small files, changed access,
# a long PDF, what weeks of renames embed, and memory while 1 GB of mixed files is read. Prints a line each, and fails where a bound is passed.
#
# Usage: scripts/nightly-ingest.sh [NAME... | --help]     names: see tests/bench/ingest/measure.py --help
# Environment: GROUNDS_EVAL_DATA, the folder of evaluation sets; without it the corpora are made up.
#              GROUNDS_MIXED_MB, how much is read while memory is watched (1000).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case "${1:-}" in
  --help) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
esac

. scripts/lib/build.sh
ensure_built
ensure_models
GROUNDS_TEST_BUILD=$build exec python3 tests/bench/ingest/measure.py "$@"
