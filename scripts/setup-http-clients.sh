#!/usr/bin/env bash
# Sets up clients that others wrote, which some tests ask the HTTP service with (the official openai package, and
# schemathesis), in a venv under the user's cache folder. Downloads once; then nothing is done. Prints the folder
# of the venv's programs.
#
# Usage: scripts/setup-http-clients.sh [--help]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib/venv.sh"
only_help "${BASH_SOURCE[0]}" "${1:-}" 6
make_venv http-clients "$here/http-clients-requirements.txt"
echo "$venv/bin"
