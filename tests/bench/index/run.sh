#!/usr/bin/env bash
# Every number of the index, beside its peers (faiss-cpu, hnswlib and tantivy from PyPI) in one run: exact and approximate
# vector search, BM25, hybrid search and its legs, filters, past generations, memory, opening, commits, and how all of
# them grow. Writes raw results, a summary with the budgets (summary.md) and a plot (growth.svg) to the folder given.
# One million chunks take about 12 GB of disk and, on two idle cores, under an hour.
#
# Usage: tests/bench/index/run.sh FOLDER [CHUNKS ... | --help]      (default: 10000 100000 1000000)
# Environment: GROUNDS_BUILD (build/release); GROUNDS_BENCH_COMMITS (1000), commits after the large one;
# GROUNDS_BENCH_LEXICAL (200000) chunks beside tantivy; GROUNDS_BENCH_PEERS (100000) chunks beside the graphs of the peers.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
case "${1:-}" in --help|"") sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; [ -n "${1:-}" ]; exit ;; esac
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
sizes=("$@")
[ ${#sizes[@]} -gt 0 ] || sizes=(10000 100000 1000000)
for size in "${sizes[@]}"; do
  case "$size" in *[!0-9]* | '' | 0*) echo "run.sh: '$size' is no number of chunks (see --help)" >&2; exit 2 ;; esac
done
largest=$(printf '%s\n' "${sizes[@]}" | sort -n | tail -1)
build=${GROUNDS_BUILD:-$root/build/release}
peers=${GROUNDS_BENCH_PEERS:-100000}
cd "$root"
ninja -C "$build" vector_bench lexical_bench commit_bench search_bench
if [ ! -x "$out/venv/bin/python" ]; then
  python3 -m venv "$out/venv"
  "$out/venv/bin/pip" install -q faiss-cpu hnswlib
fi

step() { echo "== $* (load $(cut -d' ' -f1-3 /proc/loadavg))" | tee -a "$out/run.log" >&2; }
rm -f "$out"/commits-*.json "$out"/searches-*.json
for size in "${sizes[@]}"; do
  step "commits, $size chunks"
  rm -rf "$out/workspace"
  "$build/commit_bench" "$out/workspace" "$size" "${GROUNDS_BENCH_COMMITS:-1000}" > "$out/commits-$size.json"
  step "searches, $size chunks"
  "$build/search_bench" "$out/workspace" > "$out/searches-$size.json"
done
rm -rf "$out/workspace"
step "vector scan beside a plain read, two threads"
GROUNDS_BENCH_ROWS=$largest "$build/vector_bench" --benchmark_format=json \
  --benchmark_filter='exact/|exact_two_threads|filtered/one_in_100/|filtered/one_in_10/' > "$out/vector.json"
step "vector peers, $peers chunks with graphs"
"$out/venv/bin/python" tests/bench/index/vector/peers.py "$build/vector_bench" --rows "$peers" > "$out/vector-peers.md"
if [ "$largest" -gt "$peers" ]; then
  step "exact vector peers, $largest chunks"
  "$out/venv/bin/python" tests/bench/index/vector/peers.py "$build/vector_bench" --rows "$largest" --flat-only > "$out/vector-peers-exact.md"
fi
step "BM25 beside tantivy, ${GROUNDS_BENCH_LEXICAL:-200000} chunks"
python3 tests/bench/index/lexical/peers.py "$build/lexical_bench" "${GROUNDS_BENCH_LEXICAL:-200000}" > "$out/lexical-peers.txt"
step "done"
python3 tests/bench/index/report.py "$out" | tee "$out/summary.md"
