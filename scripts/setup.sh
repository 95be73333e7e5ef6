#!/usr/bin/env bash
# Installs what the project is built with: Debian packages, and the OpenVINO SDK from its Python wheel,
# in a venv of the project's own under the user's cache folder. Does only what is not done yet, and
# touches the network only then.
#
# Usage: scripts/setup.sh [--clang | --print-openvino-dir | --help]
#   --clang  also clang 14 with its sanitizers, for fuzzing
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/grounds
# Named by what is installed in it: another pin is another venv, and a half-made one is never used.
venv=$cache/venv-$(sha256sum "$here/requirements.txt" | cut -c1-12)
openvino_dir=$venv/lib/python3.11/site-packages/openvino

extra=
case "${1:-}" in
  --print-openvino-dir) echo "$openvino_dir"; exit 0 ;;
  --clang) extra="clang-14 14.0
libclang-rt-14-dev 14.0
libomp-14-dev 14.0" ;;
  --help) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  "") ;;
  *) echo "setup.sh: unknown option $1 (see --help)" >&2; exit 2 ;;
esac

say() { printf '%s\n' "$*" >&2; }
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else say "setup.sh: needs root (or sudo) for: $*"; exit 4; fi
}

missing=()
while read -r name lowest; do
  case "$name" in ''|'#'*) continue ;; esac
  have=$(dpkg-query -W -f='${db:Status-Status} ${Version}' "$name" 2>/dev/null || true)
  if [ "${have%% *}" != installed ] || ! dpkg --compare-versions "${have#* }" ge "$lowest"; then
    missing+=("$name")
  fi
done < <(cat "$here/debian-packages.txt"; echo "$extra")
if [ ${#missing[@]} -gt 0 ]; then
  say "Debian packages: installing ${#missing[@]} (${missing[*]})"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}" >&2
else
  say "Debian packages: all there"
fi

if [ -e "$venv/.complete" ]; then
  say "OpenVINO SDK: there"
else
  say "OpenVINO SDK: installing its wheel"
  mkdir -p "$cache"
  rm -rf "$venv"
  /usr/bin/python3 -m venv "$venv"
  # --no-deps: the Python side is never run, so its requirements are not needed.
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$here/requirements.txt" >&2
  touch "$venv/.complete"
fi
[ -e "$openvino_dir/cmake/OpenVINOConfig.cmake" ] || { say "setup.sh: the wheel has no CMake configuration in $openvino_dir"; exit 70; }
