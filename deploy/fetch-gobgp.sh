#!/usr/bin/env bash
# Unpacks gobgpd and gobgp of one Debian suite side by side with whatever the machine has installed; or other programs of
# another package.
#
#   deploy/fetch-gobgp.sh SUITE DEST                      SUITE: bookworm (3.10), trixie (3.36), forky (4.8)
#   deploy/fetch-gobgp.sh SUITE DEST PACKAGE PROGRAM...
#
# The machine's own Debian mirror and key are used through a private source list, lists folder and cache, so
# the machine's apt state is not touched. Signatures are verified by apt. Idempotent: exits at once when DEST
# already holds them all.
set -euo pipefail

suite=${1:?suite: bookworm, trixie or forky}
dest=${2:?destination folder}
package=${3:-gobgpd}
programs=("${@:4}")
((${#programs[@]})) || programs=(gobgpd gobgp)
missing=0
for program in "${programs[@]}"; do [[ -x $dest/$program ]] || missing=1; done
((missing)) || exit 0
[[ $(dpkg --print-architecture 2>/dev/null) ]] || { echo "fetch-gobgp: needs Debian's dpkg and apt" >&2; exit 1; }

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
[[ $uri ]] || { echo "fetch-gobgp: found no Debian archive among the machine's apt sources" >&2; exit 1; }
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $uri $suite main" >"$work/sources.list"

# What the machine does after an update, such as emptying its own cache, is not for here.
printf '#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n' >"$work/apt.conf"
apt_private=(-c "$work/apt.conf" -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts="$work/sources.list.d"
  -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root
  -o Acquire::Languages=none -o Acquire::Retries=3)
fetch() {
  apt-get "${apt_private[@]}" "$@" -qq update && (cd "$work" && apt-get "${apt_private[@]}" "$@" -qq download "$package")
}
if ! fetch >"$work/log" 2>&1; then
  # A mirror that lags behind has an index past its date. Its signature still says that Debian made it.
  grep -q 'Valid-Until\|is expired' "$work/log" && fetch -o Acquire::Check-Valid-Until=false >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; exit 1; }
  echo "fetch-gobgp: the mirror's index of $suite is past its date; took its signed $package all the same" >&2
fi
for deb in "$work"/*.deb; do dpkg-deb -x "$deb" "$work/unpacked"; done

mkdir -p "$dest"
for program in "${programs[@]}"; do
  found=$(find "$work/unpacked" -type f -name "$program" -perm -u+x | head -n 1)
  [[ $found ]] || { echo "fetch-gobgp: no $program in $package of $suite" >&2; exit 1; }
  install -m 755 "$found" "$dest/.$program.new" && mv "$dest/.$program.new" "$dest/$program"
done
