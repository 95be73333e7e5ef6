# Sourced by the scripts that set up Python programs of others for tests.

# make_venv NAME REQUIREMENTS: a venv under the user's cache folder with exactly what the file pins, made once and named by
# what is in it. Sets `venv`. Says on stderr what it does.
make_venv() {
  venv=${XDG_CACHE_HOME:-$HOME/.cache}/grounds/$1-$(sha256sum "$2" | cut -c1-12)
  [ ! -e "$venv/.complete" ] || return 0
  echo "$1: installing" >&2
  rm -rf "$venv"
  /usr/bin/python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$2" >&2
  touch "$venv/.complete"
}

# only_help SCRIPT ARGUMENT LINES: prints those lines of the script's head for --help; any other argument is refused.
only_help() {
  case "$2" in
    --help) sed -n "2,$3s/^# \{0,1\}//p" "$1"; exit 0 ;;
    "") ;;
    *) echo "$(basename "$1"): unknown option $2 (see --help)" >&2; exit 2 ;;
  esac
}
