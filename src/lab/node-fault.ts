/**
 * Failures inside nodes: a process that is killed, a BGP session that its router shuts down, two nodes that no longer
 * reach each other in the management network. All of it is done by commands inside the nodes, so that it is the same
 * however they run.
 */
import type { Failure, LabNode, Output } from './running-lab.ts'

export type NodeFailure = Extract<Failure, { readonly kind: 'process' | 'session' | 'partition' }>

export interface FaultyNodes {
  readonly nodes: readonly Pick<LabNode, 'name' | 'image' | 'managementAddress'>[]
  exec(node: string, command: readonly string[]): Promise<Output>
}

/** @throws where a node refuses, in its words */
export async function failNode(lab: FaultyNodes, failure: NodeFailure): Promise<void> {
  switch (failure.kind) {
    case 'process':
      return run(lab, failure.node, killProcess(failure.process))
    case 'session':
      return run(lab, failure.node, session(lab, failure, 'down'))
    case 'partition':
      return part(lab, failure.nodes, silence)
  }
}

export async function healNode(lab: FaultyNodes, failure: NodeFailure): Promise<void> {
  switch (failure.kind) {
    case 'process':
      return run(lab, failure.node, ['/run/start', failure.process])
    case 'session':
      return run(lab, failure.node, session(lab, failure, 'up'))
    case 'partition':
      return part(lab, failure.nodes, noSilence)
  }
}

/** Image contract: /run/<process>.pid names each process that the image's start program started. */
function killProcess(name: string): readonly string[] {
  const script = `
    for file in "/run/$1.pid" "/run/frr/$1.pid"; do
      [ -s "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null && exit
    done
    there=$(basename -as .pid /run/*.pid /run/frr/*.pid 2>/dev/null | grep -v '[*]' | sort -u | paste -sd, | sed 's/,/, /g')
    echo "no process $1 runs here; there are: \${there:-none}" >&2; exit 1`
  return ['bash', '-c', script, 'kill', name]
}

function session(
  lab: FaultyNodes,
  { node, neighbor }: Extract<Failure, { kind: 'session' }>,
  way: 'up' | 'down',
): readonly string[] {
  const image = nodeOf(lab, node).image
  switch (image) {
    case 'frr': {
      const shutdown = `${way === 'up' ? 'no ' : ''}neighbor ${neighbor} shutdown`
      return ['vtysh', '-c', 'configure terminal', '-c', 'router bgp', '-c', shutdown]
    }
    case 'bird':
      return ['bash', '-c', birdSession, 'session', neighbor, way === 'up' ? 'enable' : 'disable']
    case 'pop':
      return ['gobgp', 'neighbor', neighbor, way === 'up' ? 'enable' : 'disable']
    default:
      throw new Error(`${node} runs ${image}, which has no BGP sessions`)
  }
}

/** BIRD names protocols, not neighbors. */
const birdSession = `
  name=$(birdc -r show protocols all | awk -v wanted="$1" '
    /^[^ ]/ { name = $1 } /Neighbor address:/ { sub(/%.*/, "", $3); if ($3 == wanted) { print name; exit } }')
  [ "$name" ] || { echo "BIRD has no neighbor $1" >&2; exit 1; }
  birdc "$2" "$name"`

/**
 * Each sends what is for the other to a station that nobody is (a locally administered address, IEEE 802), so that it is
 * lost without a word, as in a real partition: an unreachable route would tell the sender at once.
 */
const silence = 'replace "$1" lladdr 02:00:00:00:00:00 nud permanent'
const noSilence = 'delete "$1"'

/** The management network's interface is not eth0 under every engine. */
const neighbor = (words: string): string =>
  `device=$(ip -oneline route get "$1" | sed -E 's/.* dev ([^ ]+).*/\\1/') && ip neighbor ${words} dev "$device"`

async function part(lab: FaultyNodes, [a, b]: readonly [string, string], words: string): Promise<void> {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const)
    await run(lab, from, ['bash', '-c', neighbor(words), 'part', nodeOf(lab, to).managementAddress])
}

async function run({ exec }: FaultyNodes, node: string, command: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await exec(node, command)
  if (code !== 0) throw new Error(`${node}: ${(stderr || stdout).trim() || `${command[0]} exited with ${code}`}`)
}

function nodeOf({ nodes }: FaultyNodes, name: string): FaultyNodes['nodes'][number] {
  const node = nodes.find((candidate) => candidate.name === name)
  if (node === undefined) throw new Error(`the lab has no node ${name}: ${nodes.map((each) => each.name).join(', ')}`)
  return node
}
