#!/usr/bin/env bash
# Unpacks files of packages of one Debian suite into a folder, side by side with whatever the machine has installed.
#
#   deploy/fetch-debian.sh SUITE DEST PACKAGE[,PACKAGE...] FILE...
#   deploy/fetch-debian.sh forky .cache/gobgp/forky gobgpd gobgpd gobgp
#
# FILE: name of a program, or of a library (*.so.*).
#
# The machine's own Debian mirror and key are used through a private source list, lists folder, status and cache, so
# the machine's apt state is not touched. Signatures are verified by apt. Idempotent: exits at once when DEST
# already holds them all.
set -euo pipefail

suite=${1:?suite: bookworm, trixie or forky}
dest=${2:?destination folder}
packages=${3:?packages, with commas between them}
files=("${@:4}")
missing=0
for file in "${files[@]}"; do [[ -x $dest/$file ]] || missing=1; done
((missing)) || exit 0
[[ $(dpkg --print-architecture 2>/dev/null) ]] || { echo "fetch-debian: needs Debian's dpkg and apt" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/sources.list.d" "$work/unpacked"

# The first Debian archive the machine itself uses, deb822 or one-line format; cloud images name it in a mirror list.
uri=$({ cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } |
  sed -nE 's/^URIs:[[:space:]]*([^[:space:]]+).*/\1/p; s/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+).*/\2/p' |
  while read -r found; do
    case $found in
      mirror+file:*) sed -E 's/[[:space:]].*//' "/${found#mirror+file:*/}" 2>/dev/null ;;
      *) echo "$found" ;;
    esac
  done | grep -E '/debian/?$' | head -n 1 || true)
[[ $uri ]] || { echo "fetch-debian: found no Debian archive among the machine's apt sources" >&2; exit 1; }
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $uri $suite main" >"$work/sources.list"

# What the machine does after an update, such as emptying its own cache, is not for here.
printf '#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n' >"$work/apt.conf"
apt_private=(-c "$work/apt.conf" -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts="$work/sources.list.d"
  -o Dir::State::Lists="$work/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root
  -o Acquire::Languages=none -o Acquire::Retries=3)
# shellcheck disable=SC2086 # packages are words
fetch() {
  apt-get "${apt_private[@]}" "$@" -qq update && (cd "$work" && apt-get "${apt_private[@]}" "$@" -qq download ${packages//,/ })
}
if ! fetch >"$work/log" 2>&1; then
  # A mirror that lags behind has an index past its date. Its signature still says that Debian made it.
  grep -q 'Valid-Until\|is expired' "$work/log" && fetch -o Acquire::Check-Valid-Until=false >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; exit 1; }
  echo "fetch-debian: the mirror's index of $suite is past its date; took its signed $packages all the same" >&2
fi
for deb in "$work"/*.deb; do dpkg-deb -x "$deb" "$work/unpacked"; done

mkdir -p "$dest"
for file in "${files[@]}"; do
  case $file in *.so.*) kind=() ;; *) kind=(-type f -perm -u+x) ;; esac # a library is found by its link
  found=$(find "$work/unpacked" "${kind[@]}" -name "$file" | head -n 1)
  [[ $found ]] || { echo "fetch-debian: no $file in $packages of $suite" >&2; exit 1; }
  install -m 755 "$found" "$dest/.$file.new" && mv "$dest/.$file.new" "$dest/$file"
done
