#!/usr/bin/env bash
# docker-compose.yml, whole: builds the images, brings it up, plays scenarios over it, takes it down.
#
#   deploy/test-compose.sh [SCENARIO...]       default: publish planned-move pop-crash, of test/lab
#
# Fails, and says so, where there is no engine or no compose. IMAGES=keep builds nothing; IMAGES=debootstrap makes the
# base here, for an engine that reaches no registry. KEEP=1 leaves it up.
set -euo pipefail
cd "$(dirname "$0")/.."
source deploy/container-engine.sh

if docker compose version >/dev/null 2>&1; then compose=(docker compose)
elif command -v docker-compose >/dev/null; then compose=(docker-compose)
else give_up 'docker compose is missing: apt-get install docker-compose (Debian 12) or docker-compose-plugin'
fi
compose+=(--project-name herald-test)

build_images
[[ ${KEEP:-} ]] || trap '"${compose[@]}" down --volumes --timeout 2 >/dev/null 2>&1 || true' EXIT
"${compose[@]}" up --detach
(($#)) || set -- publish planned-move pop-crash
node test/lab/play-in-containers.ts compose herald-test "$@"
