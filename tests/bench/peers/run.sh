#!/usr/bin/env bash
# Runs Grounds and its peers on the same data, one after the other on the same processors, and writes a
# Markdown table and a CSV file.
#
#   tests/bench/peers/run.sh --data DIR [--sets cranfield,npl] [--threads 2] [--rounds 3] [--peers grounds,chroma] [--txtai]
#
# DIR holds BEIR folders. Needs build/release/grounds (or GROUNDS_PROGRAM) and its model all-minilm-l6-v2
# (grounds model pull all-minilm-l6-v2). Makes build/peers (a venv) and build/peers-results.
set -euo pipefail
cd "$(dirname "$0")/../../.."
here=tests/bench/peers

install() {  # folder, requirements
  local stamp="$1/$(sha256sum "$2" | cut -c1-16).complete"
  [ -e "$stamp" ] && return
  python3 -m venv --clear "$1"
  "$1/bin/python" -m pip install --quiet --requirement "$2"
  touch "$stamp"
}

install build/peers $here/requirements.txt
arguments=()
for argument in "$@"; do
  if [ "$argument" = --txtai ]; then
    install build/peers-txtai $here/requirements-txtai.txt
    arguments+=(--txtai-python build/peers-txtai/bin/python)
  else
    arguments+=("$argument")
  fi
done
exec build/peers/bin/python $here/run.py --grounds "${GROUNDS_PROGRAM:-build/release/grounds}" "${arguments[@]}"
