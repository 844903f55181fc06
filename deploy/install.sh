#!/usr/bin/env bash
# Installs what Herald's demo and tests need and what is missing, and nothing else. Idempotent; safe to run twice, to
# interrupt and to run again. Debian 12 or 13, Node >= 20 with npm, root or sudo.
#
#   deploy/install.sh
#
# Debian packages go in without starting their services; gobgpd 4.8 and 3.36 are unpacked under .cache/gobgp and touch
# nothing of the machine; npm packages come from the lockfile, Node 24 among them.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'install: %s\n' "$*"; }
give_up() { printf 'install: %s\n' "$*" >&2; exit 1; }

mkdir -p .cache
exec 9>.cache/install.lock
flock 9

# --- what is there -----------------------------------------------------------------------------------------------
command -v npm >/dev/null || give_up 'npm is missing: install Node 20 or newer with npm'
node_major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
((node_major >= 20)) || give_up "Node is missing or too old (found major version $node_major): install Node 20 or newer"

missing=()
need() { command -v "$1" >/dev/null || [[ -x /usr/sbin/$1 ]] || missing+=("$2"); }
need redis-server redis-server
need bird bird2
need ip iproute2
need ping iputils-ping
need openssl openssl
gobgp_missing=()
for suite in forky trixie; do
  [[ -x .cache/gobgp/$suite/gobgpd && -x .cache/gobgp/$suite/gobgp ]] || gobgp_missing+=("$suite")
done

as_root=(env)
if ((EUID != 0)) && ((${#missing[@]})); then
  command -v sudo >/dev/null || give_up "needs root or sudo for: apt-get install ${missing[*]}"
  as_root=(sudo)
fi
if ((${#missing[@]} + ${#gobgp_missing[@]})); then
  command -v apt-get >/dev/null || give_up "needs Debian's apt-get for: ${missing[*]} ${gobgp_missing[*]/#/gobgpd of }"
fi

# --- Debian packages, without starting their services --------------------------------------------------------------
if ((${#missing[@]})); then
  say "Debian packages: ${missing[*]}"
  # No service of a new package starts: Herald runs these programs itself, and port 179 or 6379 may be somebody else's.
  # The policy denies only while this script lives, so that even kill -9 leaves nothing behind that matters.
  policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\n# Written by the installer of Herald; may be removed.\nkill -0 %d 2>/dev/null && exit 101\nexit 0\n' $$ |
      "${as_root[@]}" install -m 755 /dev/stdin "$policy"
  fi
  apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" >/dev/null
  }
  apt update
  apt install --no-install-recommends "${missing[@]}"
  # Nor at the next boot, where systemd runs and the package came just now.
  if [[ -d /run/systemd/system ]]; then
    for package in "${missing[@]}"; do
      case $package in
        redis-server) "${as_root[@]}" systemctl -q disable redis-server ;;
        bird2) "${as_root[@]}" systemctl -q disable bird ;;
      esac
    done
  fi
fi

# --- GoBGP beside whatever the machine has --------------------------------------------------------------------------
for suite in ${gobgp_missing[@]+"${gobgp_missing[@]}"}; do
  say "gobgpd of Debian $suite into .cache/gobgp/$suite"
  deploy/fetch-gobgp.sh "$suite" ".cache/gobgp/$suite"
done

# --- npm packages by lockfile ---------------------------------------------------------------------------------------
stamp=node_modules/.herald-installed
wanted=$(sha256sum package-lock.json | cut -d' ' -f1)
if [[ ! -x node_modules/.bin/node || $(cat "$stamp" 2>/dev/null) != "$wanted" ]]; then
  say 'npm packages by lockfile'
  # Not `npm ci`: it refuses a lockfile from a registry that lacks binaries of other platforms; versions are the same.
  npm install --no-save --no-fund --no-audit --loglevel=error
  printf '%s\n' "$wanted" >"$stamp"
fi
[[ $(node_modules/.bin/node -p 'process.versions.node.split(".")[0]') == 24 ]] ||
  give_up 'the node package did not bring Node 24: remove node_modules and run again'
