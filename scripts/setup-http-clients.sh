#!/usr/bin/env bash
# Sets up clients that others wrote, which some tests ask the HTTP service with (the official openai package, and
# schemathesis), in a venv under the user's cache folder. Downloads once; then nothing is done. Prints the folder
# of the venv's programs.
#
# Usage: scripts/setup-http-clients.sh [--help]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
requirements=$here/http-clients-requirements.txt
# Named by what is in it: another pin is another folder.
venv=${XDG_CACHE_HOME:-$HOME/.cache}/grounds/http-clients-$(sha256sum "$requirements" | cut -c1-12)

case "${1:-}" in
  --help) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  "") ;;
  *) echo "setup-http-clients.sh: unknown option $1 (see --help)" >&2; exit 2 ;;
esac

if [ ! -e "$venv/.complete" ]; then
  echo "http clients: installing" >&2
  rm -rf "$venv"
  /usr/bin/python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$requirements" >&2
  touch "$venv/.complete"
fi
echo "$venv/bin"
