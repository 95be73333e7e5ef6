#!/usr/bin/env bash
# Puts `grounds serve` under load and watches its memory and descriptors: distinct searches at 100 a second for ten
# minutes, then repeated ones (whose query vectors are cached) at 400 a second, then questions, then what streaming
# adds. Wants a quiet machine. The workspace is made once and kept in the user's cache folder.
#
# Usage: scripts/nightly-soak.sh [SECONDS [CHUNKS] | --help]        (600 and 100000)
#   SOAK_MODEL=none: without embeddings. SOAK_BUILD=DIR: where the program is. SOAK_OUT=DIR: for the CSV files.
# Exits with 1 if a request failed, or memory or descriptors grew over the search run.
set -euo pipefail
# The caller's folders, wherever this goes.
[ -z "${SOAK_BUILD:-}" ] || SOAK_BUILD=$(realpath "$SOAK_BUILD")
[ -z "${SOAK_OUT:-}" ] || SOAK_OUT=$(realpath -m "$SOAK_OUT")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
here=$PWD
seconds=${1:-600} chunks=${2:-100000}
[ "$seconds" != --help ] || { sed -n '2,9s/^# \{0,1\}//p' scripts/nightly-soak.sh; exit 0; }
for number in "$seconds" "$chunks"; do
  case "$number" in
    *[!0-9]* | '' | 0) echo "nightly-soak.sh: '$number' is no number of seconds or chunks (see --help)" >&2; exit 2 ;;
  esac
done
[ $# -le 2 ] || { echo "nightly-soak.sh: takes two numbers at most (see --help)" >&2; exit 2; }

. scripts/lib/build.sh
if [ -z "${SOAK_BUILD:-}" ]; then
  ensure_built grounds grounds-parse
  [ "${SOAK_MODEL:-}" = none ] || ensure_models
fi
build=${SOAK_BUILD:-$here/$build} model=${SOAK_MODEL:-bge-small-en-v1.5}
out=${SOAK_OUT:-$(mktemp -d)}
workspace=${XDG_CACHE_HOME:-$HOME/.cache}/grounds/bench/load-$chunks-$model
load=$here/tests/bench/load/load.py
mkdir -p "$out"

if [ ! -e "$workspace/complete" ]; then
  mkdir -p "$workspace"
  "$build/grounds" -w "$workspace" -q init >&2
  "$build/grounds" -w "$workspace" collections show default --json > /dev/null 2>&1 ||
    "$build/grounds" -w "$workspace" -q collections create default --model "$model" >&2
  python3 "$load" corpus "$chunks" | "$build/grounds" -w "$workspace" ingest --jsonl - >&2
  touch "$workspace/complete"
fi

"$build/grounds" -w "$workspace" --json serve --listen 127.0.0.1:0 > "$out/url.json" 2> "$out/server.log" &
server=$!
trap 'kill "$server" 2> /dev/null || true' EXIT
for _ in $(seq 300); do [ -s "$out/url.json" ] && break; sleep 0.1; done
url=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["url"])' "$out/url.json")

failed=0
run() {  # run NAME OPTIONS...
  local name=$1
  shift
  python3 "$load" run --url "$url" --pid "$server" --csv "$out/$name.csv" --samples "$out/$name-samples.csv" "$@" | tee "$out/$name.json" || failed=1
}
echo "load average: $(cut -d' ' -f1-3 /proc/loadavg)"
run search --rate 100 --seconds "$seconds"
run cached --rate 400 --seconds 60 --distinct 50
run ask --route ask --rate 20 --seconds 60
python3 "$(dirname "$load")/streaming.py" --program "$build/grounds" | tee "$out/streaming.json" || failed=1
python3 - "$out/search.json" <<'PYTHON' || failed=1
import json, sys
memory = json.load(open(sys.argv[1]))["memory"]
grown = memory["last_quarter_mb"] - memory["second_quarter_mb"]
opened = memory["descriptors_last_quarter"] - memory["descriptors_second_quarter"]
flat = grown <= 0.02 * memory["second_quarter_mb"] + 4 and opened <= 4
print(f"memory {'flat' if flat else 'NOT FLAT'}: {grown:+.1f} MB, {opened:+d} descriptors between the second and the last quarter")
sys.exit(not flat)
PYTHON
echo "load average: $(cut -d' ' -f1-3 /proc/loadavg); files in $out"
exit $failed
