#!/usr/bin/env bash
# Ten minutes of fuzzing for each target. Usage: scripts/nightly-fuzz.sh
exec "$(dirname "${BASH_SOURCE[0]}")/fuzz.sh" 600
