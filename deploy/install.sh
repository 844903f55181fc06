#!/usr/bin/env bash
# Installs what Herald's demo and tests need and what is missing, and nothing else. Idempotent: run it twice, interrupt
# it, run it beside itself. Debian 12 or 13, Node 20 or newer with npm, root or sudo.
#
#   deploy/install.sh
#
# 1. Look: what is missing, and may it be installed? If not, say so in one sentence before anything is touched.
# 2. Debian packages, without starting their services or touching those that run.
# 3. Programs of other suites, unpacked under .cache beside whatever the machine has: gobgpd 4.8 and 3.36, promtool, and
#    FRR 8.4 where the machine's is another, because gobgpd speaks to no later zebra.
# 4. npm packages by lockfile, Node 24 among them.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'install: %s\n' "$*"; }
give_up() { printf 'install: %s\n' "$*" >&2; exit 1; }

# The machine's own Node runs npm: the one in node_modules may be half there, and npm ci removes it.
PATH=${PATH//"$PWD/node_modules/.bin:"/}:/usr/sbin:/sbin

mkdir -p .cache 2>/dev/null && [[ -w . && -w .cache ]] || give_up "cannot write to $PWD: run as its owner"
exec 9>.cache/install.lock
flock --nonblock 9 || { say 'another one is installing here; waiting for it'; flock 9; }

# --- 1. look ------------------------------------------------------------------------------------------------------
command -v npm >/dev/null || give_up 'npm is missing: install Node 20 or newer with npm'
major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
((major >= 20)) || give_up "Node 20 or newer is missing (found: $(node --version 2>/dev/null || echo none))"

packages=()
need() { command -v "$1" >/dev/null || packages+=("$2"); }
need redis-server redis-server
need bird bird2
need /usr/lib/frr/zebra frr
need ip iproute2
need traceroute traceroute
need openssl openssl
need fping fping
need ping iputils-ping
need pkill procps
need python3 python3
[[ -e /etc/ssl/certs/ca-certificates.crt ]] || packages+=(ca-certificates)

promtool=0
[[ -x .cache/prometheus/promtool ]] || promtool=1

suites=()
for suite in forky trixie; do
  [[ -x .cache/gobgp/$suite/gobgpd && -x .cache/gobgp/$suite/gobgp ]] || suites+=("$suite")
done

# Everything of the lockfile is there in its version; what is optional may be missing.
npm_is_current() {
  [[ -x node_modules/.bin/node ]] && node - <<'JS' 2>/dev/null
const { existsSync, readFileSync } = require('node:fs')
const packages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages
const there = packages('node_modules/.package-lock.json')
const current = Object.entries(packages('package-lock.json')).every(
  ([path, { version, optional, devOptional }]) =>
    path === '' ||
    (there[path] ? there[path].version === version && existsSync(`${path}/package.json`) : optional || devOptional),
)
process.exit(current ? 0 : 1)
JS
}

as_root=()
if ((${#packages[@]} + ${#suites[@]} + promtool)); then
  command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
    give_up "not a Debian: install ${packages[*]} and GoBGP (.cache/gobgp/{forky,trixie}/{gobgpd,gobgp}) yourself"
fi
if ((${#packages[@]} && EUID != 0)); then
  command -v sudo >/dev/null || give_up "root or sudo is missing, to install: ${packages[*]}"
  sudo -v || give_up "sudo was refused, which is needed to install: ${packages[*]}"
  as_root=(sudo)
fi

# --- 2. Debian packages ---------------------------------------------------------------------------------------------
# No service of a new package starts: Herald runs these programs itself, and their ports may be somebody else's. The
# policy (Debian Policy 9.3.3.1) names these services only, and denies only while this script lives, so that kill -9
# leaves nothing behind that matters. A policy that is there already is asked as well, and put back.
policy=/usr/sbin/policy-rc.d
saved=$policy.before-herald

restore_policy() {
  if [[ -e $policy ]] && grep -q 'herald/deploy/install' "$policy"; then
    "${as_root[@]}" rm -f "$policy"
    [[ ! -e $saved ]] || "${as_root[@]}" mv "$saved" "$policy"
  fi
}

deny_services() {
  restore_policy # of a run that was killed
  trap restore_policy EXIT
  [[ ! -e $policy ]] || "${as_root[@]}" mv "$policy" "$saved"
  "${as_root[@]}" install -m 755 /dev/stdin "$policy" <<POLICY
#!/bin/sh
# herald/deploy/install: may be removed
case "\$1" in redis-server*|bird*|frr*) kill -0 $$ 2>/dev/null && exit 101 ;; esac
[ ! -x $saved ] || exec $saved "\$@"
exit 0
POLICY
}

# What it says is shown where it fails only.
apt() {
  local said
  said=$("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 \
    -o DPkg::Lock::Timeout=300 "$@" 2>&1) || { printf '%s\n' "$said" >&2; give_up "apt-get $1 failed"; }
}

if ((${#packages[@]})); then
  say "Debian packages: ${packages[*]}"
  deny_services
  apt update
  apt install --no-install-recommends "${packages[@]}"
  restore_policy
  # Nor at the next boot; the packages came just now, so nobody relies on their services.
  for package in "${packages[@]}"; do
    case $package in
      redis-server) "${as_root[@]}" systemctl --quiet disable redis-server 2>/dev/null || true ;;
      bird2) "${as_root[@]}" systemctl --quiet disable bird 2>/dev/null || true ;;
      frr) "${as_root[@]}" systemctl --quiet disable frr 2>/dev/null || true ;;
    esac
  done
fi

# --- 3. programs of other suites -------------------------------------------------------------------------------------
for suite in "${suites[@]}"; do
  say "gobgpd of Debian $suite, in .cache/gobgp/$suite only"
  deploy/fetch-debian.sh "$suite" ".cache/gobgp/$suite" gobgpd gobgpd gobgp
done

if ((promtool)); then
  say "promtool of Debian's prometheus, in .cache/prometheus only"
  deploy/fetch-debian.sh bookworm .cache/prometheus prometheus promtool
fi

frr_version=$(/usr/lib/frr/zebra --version 2>/dev/null | awk 'NR == 1 { print $3 }' || true)
if [[ $frr_version != 8.* && ! -x .cache/frr/zebra ]]; then
  say 'FRR of Debian bookworm, in .cache/frr only'
  deploy/fetch-debian.sh bookworm .cache/frr frr,libyang2 \
    vtysh libfrr.so.0 libyang.so.2 staticd bgpd ospfd ospf6d zebra
fi

# --- 4. npm packages ------------------------------------------------------------------------------------------------
if ! npm_is_current; then
  say 'npm packages, as in package-lock.json'
  npm ci --no-fund --no-audit --loglevel=error
  npm_is_current || give_up 'npm did not install what package-lock.json says: are install scripts switched off?'
fi
