# What the start programs of all images share; sourced, never run.
#
# A node's process 1 starts each of its daemons once, writes /run/<process>.pid, and then only waits: a daemon that
# dies stays dead, until `/run/start <process>` starts it again. That is how the lab fails and heals a process.
# Runs alike in a container and in namespaces of its own; /run, /tmp and /var/log are the node's own in both.
set -euo pipefail
export PATH=$PATH:/usr/lib/frr:/usr/sbin:/sbin

self=$(readlink -f "$0")
say() { printf '%s: %s\n' "${HOSTNAME:-$(hostname)}" "$*" >&2; }
give_up() { say "$*"; exit 1; }

# Waits for a command to succeed: until SECONDS WHAT COMMAND...
until_true() {
  local tries=$(($1 * 20)) what=$2
  shift 2
  until "$@" 2>/dev/null; do
    ((tries-- > 0)) || give_up "waited in vain for $what"
    sleep 0.05
  done
}

# Starts a daemon in the foreground of nobody: launch NAME COMMAND...
launch() {
  local name=$1 pid=''
  shift
  # $(<file) of bash keeps quiet about nothing: the file may not be there.
  [[ ! -s /run/$name.pid ]] || pid=$(<"/run/$name.pid")
  if [[ $pid ]] && kill -0 "$pid" 2>/dev/null; then
    give_up "$name runs already, as process $pid"
  fi
  setsid "$@" >>"/var/log/$name.log" 2>&1 </dev/null &
  echo $! >"/run/$name.pid"
}

# Probes for the controller at HERALD_URL, as the Agent document HERALD_AGENT, with the token HERALD_TOKEN.
start_agent() {
  [[ ${HERALD_AGENT:-} ]] || give_up 'no agent runs here: HERALD_AGENT does not name one'
  # What measures runs before what is measured; where that is not allowed, at the priority of all.
  launch agent nice -n -10 herald agent
}

# Writes /proc/sys; containers without privileges have it from their engine instead, so a refusal is no error here.
set_kernel() { { echo "$2" >"/proc/sys/net/$1"; } 2>/dev/null || true; }

# Addresses are used at once (no duplicate address detection), stay when a link goes down, and IPv6 is on, which
# container engines turn off where their own network has none.
prepare_host() {
  rm -f /run/*.pid /run/started # of a container that ran before
  ip link set lo up 2>/dev/null || true # containers have it up, and may lack the right
  local scope
  for scope in all default lo eth0; do
    set_kernel "ipv6/conf/$scope/disable_ipv6" 0
  done
  for scope in /proc/sys/net/ipv6/conf/*; do
    scope=ipv6/conf/${scope##*/}
    set_kernel "$scope/accept_dad" 0
    set_kernel "$scope/accept_ra" 0
    set_kernel "$scope/keep_addr_on_down" 1
  done
  ln -sf "$self" /run/start
  # Commands of the node's environment, for engines that have no `exec` as containerlab has (docker compose).
  [[ -z ${SETUP:-} ]] || bash -euc "$SETUP" || give_up 'SETUP failed'
}

# Packets may come in on one link and leave by another; traces ask faster than the kernel likes to answer.
prepare_router() {
  # A router's packets never leave by a network of the engine.
  ip route flush exact default 2>/dev/null || true
  ip -6 route flush exact default 2>/dev/null || true
  prepare_host
  set_kernel ipv4/ip_forward 1
  set_kernel ipv4/conf/all/rp_filter 0
  set_kernel ipv4/conf/default/rp_filter 0
  set_kernel ipv4/icmp_ratelimit 0
  set_kernel ipv4/fib_multipath_hash_policy 1
  set_kernel ipv6/conf/all/forwarding 1
  set_kernel ipv6/conf/default/forwarding 1
  set_kernel ipv6/icmp/ratelimit 0
  [[ $(</proc/sys/net/ipv4/ip_forward) == 1 ]] || give_up 'the kernel does not forward IPv4: a router needs privileges'
}

# The first address of eth0, the management network.
management_address() {
  ip -4 -oneline address show dev eth0 | awk '{ sub("/.*", "", $4); print $4; exit }'
}
has_management_address() { [[ $(management_address) ]]; }

# Processes of FRR run as the user frr, which they insist on; in a user namespace that has root alone, as root, which
# must then be in their group. /etc is the node's own there.
start_frr() {
  local daemon user=frr group=frr options always
  if ! install -d -o frr -g frr -m 755 /run/frr /var/log/frr 2>/dev/null; then
    user=root group=root
    mkdir -p /run/frr /var/log/frr
    sed -i 's/^\(frrvty:[^:]*:[^:]*:\).*/\1root/' /etc/group
  fi
  for daemon in "$@"; do
    options=${daemon}_options
    # zebra replaces an IPv6 route by deleting and adding it, and loses what passes in between, unless it is told to.
    case $daemon in zebra) always=--v6-rr-semantics ;; *) always='' ;; esac
    rm -f "/run/frr/$daemon.vty" # of one that was killed
    # shellcheck disable=SC2086 # options are words
    launch "$daemon" "$daemon" --user "$user" --group "$group" $always ${!options:--A 127.0.0.1}
    until_true 10 "$daemon" test -S "/run/frr/$daemon.vty"
  done
}

# Waits until somebody ends the node, then asks the daemons to go.
stay() {
  trap 'kill $(cat /run/*.pid 2>/dev/null) 2>/dev/null; exit 0' TERM INT
  touch /run/started
  while :; do
    sleep infinity &
    wait $! || true
  done
}
