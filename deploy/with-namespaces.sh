#!/usr/bin/env bash
# Runs a command where it may make network namespaces: as it is where that works, else as the root of a user
# namespace of its own (the machine's network and files stay what they are), else by sudo.
#
#   deploy/with-namespaces.sh COMMAND [ARGUMENT...]
set -euo pipefail

in_user_namespace=(unshare --user --map-root-user --mount)
unshare --net true 2>/dev/null && exec "$@"
"${in_user_namespace[@]}" unshare --net true 2>/dev/null && exec "${in_user_namespace[@]}" "$@"
command -v sudo >/dev/null && sudo unshare --net true 2>/dev/null && exec sudo --preserve-env env "PATH=$PATH" "$@"
echo 'herald: the lab needs network namespaces: root, sudo, or unprivileged user namespaces (kernel.unprivileged_userns_clone=1)' >&2
exit 1
