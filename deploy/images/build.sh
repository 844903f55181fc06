#!/usr/bin/env bash
# Builds the images of Herald's labs, herald/{bird,frr,pop,host,redis,controller}:latest, out of a clone that is installed.
#
#   deploy/images/build.sh                  on debian:bookworm-slim, which the engine pulls
#   deploy/images/build.sh --debootstrap    on a base made here by debootstrap, for engines that reach no registry
#
# DOCKER_BUILD_OPTIONS is given to every `docker build`, such as --network=host for an engine without a bridge.
set -euo pipefail
cd "$(dirname "$0")/../.."

base=debian:bookworm-slim
if [[ ${1:-} == --debootstrap ]]; then
  base=herald/debian:bookworm
  if ! docker image inspect "$base" >/dev/null 2>&1; then
    command -v debootstrap >/dev/null || { echo 'build: debootstrap is missing: apt-get install debootstrap' >&2; exit 1; }
    root=$(mktemp -d)
    trap 'rm -rf "$root"' EXIT
    chmod 755 "$root"
    echo 'build: a Debian base by debootstrap'
    debootstrap --variant=minbase bookworm "$root" >"$root.log" || { tail -n 5 "$root.log" >&2; exit 1; }
    rm -f "$root.log"
    tar --create --directory "$root" --exclude './var/cache/apt/archives/*.deb' . | docker import - "$base" >/dev/null
  fi
fi

[[ -x node_modules/.bin/node && -x .cache/gobgp/forky/gobgpd ]] ||
  { echo 'build: this clone is not installed yet: run make install' >&2; exit 1; }
for target in frr bird host pop redis controller; do
  echo "build: herald/$target"
  # shellcheck disable=SC2086 # options are words
  docker build --quiet ${DOCKER_BUILD_OPTIONS:-} --build-arg "BASE=$base" --target "$target" \
    --file deploy/images/Dockerfile --tag "herald/$target:latest" . >/dev/null
done
