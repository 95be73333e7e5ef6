#!/usr/bin/env bash
# From a fresh Debian 12 to an answer on record: installs what is needed, builds, ingests samples/, asks an
# English and a Chinese question, and replays the first answer. Does only what is not done yet; after
# Ctrl-C, run it again. The second time it needs no network.
#
# Usage: scripts/quickstart.sh [--help]
# Environment: GROUNDS_WORKSPACE, the workspace to make (default: build/quickstart).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
case "${1:-}" in
  "") ;;
  --help) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  *) echo "quickstart.sh: unknown option '$1' (see --help)" >&2; exit 2 ;;
esac

. scripts/lib/build.sh
workspace=${GROUNDS_WORKSPACE:-$root/build/quickstart}
total=6
step() { printf '\n[%d/%d] %s\n' "$1" "$total" "$2" >&2; }
run() { "$program" -w "$workspace" "$@"; }
# The answer's id, from the line that closes it.
answer_id() { sed -n 's/^answer \([0-9A-Z]\{26\}\) .*/\1/p' "$1"; }

step 1 "Packages, the OpenVINO SDK, and the program ($program)"
ensure_built grounds grounds-parse
step 2 "Embedding models"
ensure_models
step 3 "A workspace with the sample company's documents"
run init
# Who may read what: hr-only/ is for group hr.
cp samples/grounds.toml "$workspace/grounds.toml"
run ingest samples/docs
asked=$(mktemp)
trap 'rm -f "$asked"' EXIT
step 4 "A question in English"
echo '$ grounds ask "What is the current limit for a hotel night in London?"'
run ask "What is the current limit for a hotel night in London?" | tee "$asked"
step 5 "一个中文问题"
echo '$ grounds ask "XL-200 的错误代码 E-42 是什么意思？"'
run ask "XL-200 的错误代码 E-42 是什么意思？"
step 6 "The first answer, replayed from its record"
run replay "$(answer_id "$asked")"
printf '\nDone. Ask your own: %s -w %s ask "..."\n' "$program" "$workspace" >&2
