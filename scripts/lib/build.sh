# Sourced by scripts that need the program: sets it up, builds it, installs the models. Run from the root.
# Each step does only what is not done yet.

build=build/release
program=$build/grounds

# ensure_built [TARGET ...]: the targets, or everything with the tests.
ensure_built() {
  scripts/setup.sh || return
  if [ ! -e "$build/build.ninja" ]; then
    mkdir -p "$build"
    cmake --preset release >"$build/configure.log" 2>&1 || { cat "$build/configure.log" >&2; return 1; }
  fi
  cmake --build "$build" ${1:+--target "$@"}
}

ensure_models() {
  local model
  for model in bge-small-en-v1.5 bge-small-zh-v1.5; do
    "$program" model pull "$model" || return
  done
}
