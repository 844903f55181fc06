/**
 * The program that turns fresh namespaces into a node: it builds the node's file system over the machine's, says so on
 * descriptor 3, waits for its links, and then becomes the image's start program, process 1 of the node.
 *
 * The machine's root stays below, read-only. Over it lie an overlay on /etc and empty folders that the node alone has.
 * What is mounted from a place that these hide is opened before they are made.
 */
import { dirname } from 'node:path'
import type { ClabNode } from '../clab/topology.ts'

export interface BootPlan {
  readonly node: ClabNode
  /** Text of /etc/hosts. */
  readonly hosts: string
  /** Herald's source tree, which stays readable wherever it lies. */
  readonly tree: string
  readonly environment: Readonly<Record<string, string>>
  /** The image's start program. */
  readonly start: string
}

/** What containers have to themselves and share with nobody. */
const ownFolders = ['/tmp', '/var/tmp', '/var/log', '/dev/shm']
/** State and configuration of daemons: the machine's own is not the node's. */
const daemonFolders = ['frr', 'bird', 'redis', 'herald', 'gobgp']
const tmpfs = (folder: string, size = '512m'): string => `mount -t tmpfs -o mode=755,size=${size} node ${quote(folder)}`

export function bootScript({ node, hosts, tree, environment, start }: BootPlan): string {
  const hidden = [...ownFolders, '/run'].some((folder) => tree.startsWith(`${folder}/`))
  const binds = [...node.binds, ...(hidden ? [{ source: tree, target: tree, writable: false }] : [])]
  return [
    'set -eu',
    'read -r self _ </proc/self/stat',
    'echo "$self" >&3',
    ...binds.map(({ source }, index) => `exec {bind${index}}<${quote(source)}`),
    tmpfs('/run'),
    'mkdir -p /run/lock',
    ...writableOver('/etc'),
    ...writableOver('/var/lib'),
    ...['/etc', '/var/lib'].flatMap((parent) => daemonFolders.map((name) => emptyFolder(`${parent}/${name}`))),
    ...ownFolders.map((folder) => tmpfs(folder)),
    'chmod 1777 /tmp /var/tmp /dev/shm',
    ...binds.flatMap(({ target, writable }, index) => mountBind(`/proc/self/fd/$bind${index}`, target, writable)),
    ...binds.map((_, index) => `exec {bind${index}}<&-`),
    `hostname ${quote(node.name)}`,
    'rm -f /etc/hostname /etc/hosts /etc/resolv.conf',
    `echo ${quote(node.name)} >/etc/hostname`,
    `printf %s ${quote(hosts)} >/etc/hosts`,
    'echo "# no resolver here" >/etc/resolv.conf',
    'mount -t proc proc /proc',
    'mount -t sysfs sysfs /sys 2>/dev/null || :',
    // A user namespace may be refused this; then the machine's permissions protect its files.
    'mount -o remount,bind,ro / 2>/dev/null || :',
    'echo built >&3',
    'read -r _',
    ...network(node),
    'echo ready >&3',
    'exec 3>&- </dev/null',
    'cd /',
    `exec env -i ${Object.entries(environment)
      .map(([name, value]) => quote(`${name}=${value}`))
      .join(' ')} ${[start, ...node.cmd].map(quote).join(' ')}`,
    '',
  ].join('\n')
}

/**
 * Makes a folder of the machine's the node's own to write to. An overlay does, except in the user namespace of an
 * ordinary user, where nothing may be made beside files of users that it does not have: there, links to them lie in a
 * folder of its own.
 */
function writableOver(folder: string): readonly string[] {
  const own = `/run/node${folder}`
  return [
    `mkdir -p ${own}/upper ${own}/work ${own}/lower`,
    `mount -t overlay -o lowerdir=${folder},upperdir=${own}/upper,workdir=${own}/work node ${folder}`,
    `if ! mkdir ${folder}/.node 2>/dev/null; then`,
    `umount ${folder}; mount --bind ${folder} ${own}/lower; mount --bind ${own}/upper ${folder}`,
    `ln -s ${own}/lower/* ${folder}/`,
    `else rmdir ${folder}/.node; fi`,
  ]
}

function emptyFolder(folder: string): string {
  return `[ ! -L ${folder} ] || rm ${folder}; mkdir -p ${folder}; ${tmpfs(folder)}`
}

function mountBind(source: string, target: string, writable: boolean): readonly string[] {
  const place = quote(target)
  return [
    `[ -e ${place} ] || if [ -d ${source} ]; then mkdir -p ${place}; else mkdir -p ${quote(dirname(target))}; : >${place}; fi`,
    // The descriptor is mounted as it is: resolved to a path, it would lead to what hides it.
    `mount --no-canonicalize --bind ${source} ${place}`,
    ...(writable ? [] : [`mount -o remount,bind,ro ${place} 2>/dev/null || :`]),
  ]
}

/** Sysctls are those that containerlab gives to `kind: linux`; links are there, in the machine's order. */
function network({ management, sysctls }: ClabNode): readonly string[] {
  const kernel = {
    'net.ipv6.conf.all.disable_ipv6': '0',
    'net.ipv6.conf.default.disable_ipv6': '0',
    'net.ipv6.conf.all.accept_dad': '0',
    'net.ipv6.conf.default.accept_dad': '0',
    'net.ipv6.conf.all.autoconf': '0',
    'net.ipv6.conf.default.autoconf': '0',
    ...sysctls,
  }
  const addresses = Object.values(management).map((address) => `address add ${address} dev eth0`)
  return [
    ...Object.entries(kernel).map(
      ([name, value]) => `echo ${quote(value)} >/proc/sys/${quote(name.replaceAll('.', '/'))}`,
    ),
    `ip -batch - <<'end'`,
    'link set lo up',
    ...addresses,
    'end',
    // Interfaces come up only now that duplicate address detection (RFC 4862) is off: it takes a second.
    'for device in /sys/class/net/*; do ip link set "${device##*/}" up; done',
  ]
}

/** One word for a POSIX shell. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
