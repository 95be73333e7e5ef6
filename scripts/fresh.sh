#!/usr/bin/env bash
# Proves quickstart.sh and test.sh on a machine that has nothing: a Debian 12 tree made by debootstrap,
# a clean clone of this checkout's HEAD in it, both commands, and quickstart.sh again without network.
# Says what they take in minutes and MB, and removes the tree. Exits with 1 if anything failed.
#
# Usage: scripts/fresh.sh [--keep] [--tier fast|full]
#   --keep  leave the tree, and say where it is
# Needs root and the package debootstrap. Environment: TMPDIR, where the tree is made (about 6 GB).
#
# How packages are reached is the host's affair: its mirrors, proxies, certificate authorities and the
# configuration of apt, pip and Maven go along into the tree; nothing else does.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tier=fast
keep=
while [ $# -gt 0 ]; do
  case "$1" in
    --keep) keep=yes ;;
    --tier) shift; tier=${1:-} ;;
    --help) sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "fresh.sh: unknown option '$1' (see --help)" >&2; exit 2 ;;
  esac
  shift
done
case "$tier" in fast | full) ;; *) echo "fresh.sh: --tier is fast or full" >&2; exit 2 ;; esac
say() { printf '\n== %s\n' "$*" >&2; }
die() { echo "fresh.sh: $1" >&2; exit "$2"; }
[ "$(id -u)" = 0 ] || die "needs root, to make and enter the tree" 4
command -v debootstrap >/dev/null || die "debootstrap is missing (apt-get install debootstrap)" 3

# In namespaces of its own: whatever way this ends, no mount and no process of it is left.
if [ -z "${FRESH_TREE:-}" ]; then
  FRESH_TREE=$(mktemp -d "${TMPDIR:-/tmp}/fresh-XXXXXX")
  export FRESH_TREE
  remove() { if [ -n "$keep" ]; then echo "kept: $FRESH_TREE" >&2; else rm -rf --one-file-system "$FRESH_TREE"; fi; }
  trap remove EXIT
  trap 'exit 130' INT TERM
  unshare --mount --propagation private --pid --fork --kill-child "${BASH_SOURCE[0]}" --tier "$tier"
  exit
fi
tree=$FRESH_TREE
chmod 755 "$tree"  # the root folder of the tree, for its users too

# The host's Debian mirrors, one "URI SUITE" a line.
mirrors() {
  apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 ~ /^bookworm(-updates|-security)?$/ && $2 == "main" && !seen[$0]++ { print $3, $1 }'
}
megabytes() { (cd "$tree" && du -scm "$@" 2>/dev/null || true) | awk 'END { print $1 + 0 }'; }

say "A Debian 12 tree"
start=$SECONDS
mirror=$(mirrors | awk '$2 == "bookworm" { print $1; exit }')
[ -n "$mirror" ] || die "no source of Debian bookworm is configured for apt" 3
proxy=$(apt-config dump --format '%v' Acquire::http::Proxy)
${proxy:+env http_proxy="$proxy" https_proxy="$proxy"} \
  debootstrap --variant=minbase --include=ca-certificates,git bookworm "$tree" "$mirror" >"$tree.log" 2>&1 ||
  { tail -20 "$tree.log" >&2; die "debootstrap failed" 7; }
rm -f "$tree.log"

# The client configuration, as an administrator of the fresh machine would have it.
mirrors | while read -r uri suite; do
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main"
done >"$tree/etc/apt/sources.list"
apt-config dump Acquire | grep -v '^Acquire::IndexTargets' >"$tree/etc/apt/apt.conf.d/80host"
for path in /etc/apt/auth.conf /etc/apt/auth.conf.d /etc/hosts /etc/resolv.conf /etc/pip.conf /etc/xdg/pip \
            "$HOME/.config/pip" "$HOME/.pip" "$HOME/.m2/settings.xml" "$HOME/.m2/settings-security.xml"; do
  [ -e "$path" ] || continue
  target=$tree${path/#"$HOME"//root}
  mkdir -p "$(dirname "$target")"
  cp -rL "$path" "$(dirname "$target")/"
done
# All authorities the host trusts. As local ones, so that they are still there once packages have made
# the bundle and Java's trust store anew.
mkdir -p "$tree/usr/local/share/ca-certificates"
if [ -e /etc/ssl/certs/ca-certificates.crt ]; then
  awk -v folder="$tree/usr/local/share/ca-certificates" \
    '/BEGIN CERTIFICATE/ { file = sprintf("%s/host-%03d.crt", folder, ++count) } file { print >file } /END CERTIFICATE/ { close(file); file = "" }' \
    /etc/ssl/certs/ca-certificates.crt
fi
carried=()
while IFS= read -r name; do
  # A folder of wheels is the host's own.
  if [ "$name" != PIP_FIND_LINKS ]; then carried+=("$name=${!name}"); fi
done < <(compgen -e | grep -iE '^((https?|no|all|ftp)_proxy|PIP_.*|MAVEN_OPTS|JAVA_TOOL_OPTIONS|SSL_CERT_FILE|SSL_CERT_DIR)$' || true)

mkdir -p "$tree/source"
mount --rbind /dev "$tree/dev"
mount -t proc proc "$tree/proc"
mount -t sysfs -o ro sys "$tree/sys"
mount --bind -o ro "$root" "$tree/source"
inside() {
  chroot "$tree" /usr/bin/env -i HOME=/root USER=root LANG=C.UTF-8 TERM=dumb DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ${carried[@]+"${carried[@]}"} "$@"
}
inside update-ca-certificates >/dev/null 2>&1
base=$(megabytes --one-file-system --exclude=./source .)
tree_seconds=$((SECONDS - start))

say "A clean clone of $(git -C "$root" -c safe.directory='*' rev-parse --short HEAD)"
inside git config --global --add safe.directory '*'
inside git clone --quiet file:///source /root/grounds

status=0
ticks=$(getconf CLK_TCK)
# Seconds of processor time that ended children took: what a busy machine does not distort.
processor_seconds() { local fields; read -ra fields </proc/self/stat; processor=$(((fields[15] + fields[16]) / ticks)); }
timed() {  # name of a variable for the seconds, another with _cpu; the command
  local begin=$SECONDS variable=$1 processor before
  shift
  processor_seconds
  before=$processor
  "$@" || { echo "fresh.sh: failed with $?: $*" >&2; status=1; }
  processor_seconds
  printf -v "$variable" %s "$((SECONDS - begin))"
  printf -v "${variable}_cpu" %s "$((processor - before))"
}
say "scripts/quickstart.sh"
timed quickstart_seconds inside bash -c 'cd /root/grounds && scripts/quickstart.sh'
say "scripts/test.sh $tier"
timed test_seconds inside bash -c "cd /root/grounds && scripts/test.sh $tier"
say "scripts/quickstart.sh again, without network"
export -f inside
timed again_seconds unshare --net bash -c "$(declare -p tree carried); inside bash -c 'cd /root/grounds && scripts/quickstart.sh'"

minutes() { awk -v seconds="$1" 'BEGIN { printf "%.1f", seconds / 60 }'; }
say "What it takes"
cat <<REPORT
quickstart.sh        $(minutes "$quickstart_seconds") min, $(minutes "$quickstart_seconds_cpu") of processor time   (the tree before it: $tree_seconds s)
test.sh $tier         $(minutes "$test_seconds") min, $(minutes "$test_seconds_cpu") of processor time
quickstart.sh again  $again_seconds s, without network
system               $(megabytes --one-file-system --exclude=./source --exclude=./root --exclude=./tmp --exclude=./var/cache/apt .) MB   ($base MB of it before)
packages kept by apt $(megabytes var/cache/apt) MB
SDK and models       $(megabytes root/.cache/grounds) MB
Maven's cache        $(megabytes root/.m2) MB
compiler cache       $(megabytes root/.cache/ccache) MB
checkout and build   $(megabytes root/grounds) MB
cores                $(nproc)
REPORT
exit "$status"
