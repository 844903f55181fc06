/**
 * Neighbors that Herald manages. They are added after the paths, so that a neighbor's first End-of-RIB comes after
 * everything it should hear (RFC 4724). What was added, and how, is remembered in Redis: one whose document went is
 * deleted, one whose document changed is deleted and added again (its session resets). Neighbors of gobgpd's own file
 * are never touched. One that asks for BFD of a daemon
 * that has none is left as it is, and said to be so: a session without BFD is worth more than none.
 */
import type { Address } from '../bgp/address.ts'
import { OperationError } from '../bgp/operation-error.ts'
import type { DesiredSpeaker } from '../intent/desired.ts'
import type { Neighbor } from '../intent/model.ts'
import { listed } from '../intent/nearest.ts'
import type { CallOptions, NeighborConfig, Speaker, SpeakerNeighbor } from '../speaker/speaker.ts'
import type { Store } from '../store/store.ts'
import type { Condition } from './prepare.ts'

/** Answers the neighbors there were before anything was changed. */
export async function ensureNeighbors(
  store: Store,
  speaker: Speaker,
  configured: DesiredSpeaker,
  condition: Condition,
  options: CallOptions,
): Promise<readonly SpeakerNeighbor[]> {
  const { added, shut } = await store.speakers.state(configured.speaker)
  if (configured.neighbors.length === 0 && Object.keys({ ...added, ...shut }).length === 0) return []
  const neighbors = await speaker.neighbors(options)
  const present = new Set(neighbors.map(({ address }) => address))
  const wanted = new Map(
    configured.neighbors.filter(({ managed }) => managed).map((neighbor) => [neighbor.address, neighbor]),
  )
  const unable = await withoutBfd(speaker, [...wanted.values()], options)
  const next = Object.fromEntries(Object.entries(added).filter(([address]) => present.has(address as Address)))
  let noted = JSON.stringify(added)
  const note = async (): Promise<void> => {
    if (JSON.stringify(next) === noted) return
    await store.speakers.noteAdded(configured.speaker, next)
    noted = JSON.stringify(next)
  }
  try {
    for (const { address } of neighbors) {
      const before = added[address]
      const neighbor = wanted.get(address)
      if (before === undefined) continue // not added by Herald
      if (neighbor !== undefined && unable.includes(neighbor)) continue // its session is worth more than the change
      if (neighbor !== undefined && before === fingerprint(neighbor)) continue
      await speaker.deleteNeighbor(address, options)
      present.delete(address)
      delete next[address]
    }
  } finally {
    await note()
  }
  // Noted first: one that is noted and not there is added next time, one that is there and not noted is not Herald's.
  const missing = [...wanted.values()].filter(
    (neighbor) => !present.has(neighbor.address) && !unable.includes(neighbor),
  )
  for (const neighbor of missing) next[neighbor.address] = fingerprint(neighbor)
  await note()
  await addNeighbors(store, speaker, configured, missing, condition, options)
  if (unable.length > 0)
    throw new OperationError(
      'speaker-unsupported',
      `GoBGP 3 has no BFD, which ${listed(
        unable.map(({ id }) => `Neighbor/${id}`),
        3,
      )} asks for: take spec.session.bfd away, or run GoBGP 4 there`,
    )
  return neighbors
}

/** One whose session a drain has shut is added shut, so that it never comes up; noted before, as every session that is. */
async function addNeighbors(
  store: Store,
  speaker: Speaker,
  configured: DesiredSpeaker,
  missing: readonly Neighbor[],
  condition: Condition,
  options: CallOptions,
): Promise<void> {
  const shut = missing.filter(({ id }) => configured.shut?.[id] !== undefined)
  if (shut.length > 0) {
    const { shut: noted } = await store.speakers.state(configured.speaker)
    const notes = shut.flatMap(({ id, address }) => {
      const drain = configured.shut?.[id]?.drain
      return drain === undefined ? [] : [[address, { drain }]]
    })
    await store.speakers.noteShut(configured.speaker, { ...Object.fromEntries(notes), ...noted })
  }
  for (const neighbor of missing) {
    const config = neighborConfig(neighbor, condition === 'was-empty')
    await speaker.addNeighbor(shut.includes(neighbor) ? { ...config, shut: true } : config, options)
  }
}

/** Neighbors that the daemon cannot have as they are wanted: BFD came with GoBGP 4. */
async function withoutBfd(
  speaker: Speaker,
  wanted: readonly Neighbor[],
  options: CallOptions,
): Promise<readonly Neighbor[]> {
  const asking = wanted.filter(({ session }) => session.bfd !== undefined)
  if (asking.length === 0) return []
  return (await speaker.global(options)).api === 'gobgp-v3' ? asking : []
}

function fingerprint(neighbor: Neighbor): string {
  return JSON.stringify(neighborConfig(neighbor, false))
}

function neighborConfig({ address, asn, families, session }: Neighbor, restarting: boolean): NeighborConfig {
  return { address, asn, families, ...session, restarting }
}
