#!/usr/bin/env bash
# The topologies of deploy/containerlab under containerlab itself: builds the images, deploys, plays scenarios, destroys.
#
#   deploy/test-containerlab.sh [TOPOLOGY...]      default: all
#
# Plays publish, planned-move and pop-crash on anycast-2pop, and what test/lab has for the others. Fails, and says so,
# where there is no engine or no containerlab. IMAGES and KEEP are those of deploy/test-compose.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
source deploy/container-engine.sh

command -v containerlab >/dev/null ||
  give_up 'containerlab is missing: https://containerlab.dev/install, version 0.60 or newer'
((EUID == 0)) || give_up 'containerlab wants root'

build_images
current=
destroy() { [[ ! $current || ${KEEP:-} ]] || containerlab destroy --topo "$current" --cleanup >/dev/null 2>&1 || true; }
trap destroy EXIT

(($#)) || set -- anycast-2pop anycast-5pop
for topology in "$@"; do
  if [[ $topology == anycast-2pop ]]; then
    scenarios=(publish planned-move pop-crash)
  else
    mapfile -t scenarios < <(grep -l "^topology $topology\$" test/lab/*.txt | xargs -rn 1 basename -s .txt)
  fi
  ((${#scenarios[@]})) || give_up "test/lab has no scenario for $topology"
  current=deploy/containerlab/$topology/$topology.clab.yml
  containerlab deploy --topo "$current" --reconfigure
  node test/lab/play-in-containers.ts containerlab "$topology" "${scenarios[@]}"
  destroy
  current=
done
