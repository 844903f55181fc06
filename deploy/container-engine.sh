# What tests in containers begin with; sourced by deploy/test-*.sh, in the clone's folder.
export PATH=$PWD/node_modules/.bin:$PATH

give_up() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2; exit 1; }

command -v docker >/dev/null || give_up 'docker is missing: apt-get install docker.io'
docker version >/dev/null 2>&1 ||
  give_up "no container engine answers: $(docker version 2>&1 >/dev/null | tail -n 1 || true)"

build_images() {
  case ${IMAGES:-build} in
    keep) ;;
    debootstrap) deploy/images/build.sh --debootstrap ;;
    build) deploy/images/build.sh ;;
    *) give_up "IMAGES=$IMAGES is not known: write build, debootstrap or keep" ;;
  esac
}
