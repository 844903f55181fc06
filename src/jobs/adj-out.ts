/**
 * The proof toward neighbors (G10): every established neighbor's adj-out is read until it says what the targets say:
 * an announced prefix is there, unless its path says not to tell that neighbor; a withdrawn one is not, and a steering
 * route never is. An adj-out is computed, so it says nothing of a neighbor from which a restarting daemon still holds
 * everything back.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Address } from '../bgp/address.ts'
import { mark, neighborNumber } from '../bgp/mark.ts'
import { attributesOf } from '../bgp/path.ts'
import { type Prefix, prefixFamily } from '../bgp/prefix.ts'
import type { DesiredSpeaker } from '../intent/desired.ts'
import type { Neighbor } from '../intent/model.ts'
import { isStillSent } from '../plan/drained.ts'
import type { CallOptions, Speaker, SpeakerNeighbor } from '../speaker/speaker.ts'
import type { StoredTarget } from '../store/store.ts'

const agreeWithinMs = 2000
const firstLookAgainMs = 2
const deferringLookMs = 50
/** GoBGP computes a whole adj-out for one prefix of it: about 0.6 s at 100,000 paths, and more when several are asked. */
const callDeadlineMs = 15_000
const eachUpTo = 1000

export interface AdjOutProof {
  /** Established neighbors that were asked. */
  readonly neighbors: number
  /** When the last of them agreed; absent where none is established or one never agreed. */
  readonly atMs?: number
  /** In words, for each prefix that some established neighbor is not sent as decided. */
  readonly problems: ReadonlyMap<Prefix, string>
}

/** What was pushed to the speaker: what its neighbors should be sent, or no longer. */
export interface Pushed {
  readonly configured: DesiredSpeaker
  readonly targets: readonly StoredTarget[]
  readonly refused: ReadonlyMap<Prefix, string>
}

interface Expected {
  readonly present: ReadonlySet<Prefix>
  readonly absent: ReadonlySet<Prefix>
}

export async function proveAdjOut(
  speaker: Speaker,
  neighbors: readonly SpeakerNeighbor[],
  { configured, targets, refused }: Pushed,
  signal: AbortSignal,
  clock: () => number,
): Promise<AdjOutProof> {
  const none = new Map<Prefix, string>()
  if (targets.length === 0) return { neighbors: 0, problems: none }
  const options = { deadlineMs: callDeadlineMs, signal }
  const established = establishedOf(neighbors)
  const asked = configured.neighbors.filter(({ address }) => established.has(address))
  const deferring = await deferringOf(speaker, neighbors, options)
  const answers = await Promise.all(
    asked.map(async (neighbor) => {
      const wanted = expected(configured, neighbor, targets, refused)
      const held = deferring.has(neighbor.address)
      return { neighbor, problems: held ? heldBack(neighbor, wanted) : await agree(speaker, neighbor, wanted, signal) }
    }),
  )
  const disagreeing = answers.filter(({ problems }) => problems.size > 0)
  if (disagreeing.length > 0) {
    // A session that went down meanwhile has an empty adj-out: that proves nothing, and hears everything when it is back.
    const still = establishedOf(await speaker.neighbors(options))
    const real = disagreeing.filter(({ neighbor }) => still.has(neighbor.address))
    const problems = new Map(real.flatMap(({ problems }) => [...problems]))
    return { neighbors: asked.length - disagreeing.length, problems }
  }
  return { neighbors: asked.length, problems: none, ...(asked.length > 0 && { atMs: clock() }) }
}

function establishedOf(neighbors: readonly SpeakerNeighbor[]): ReadonlySet<Address> {
  return new Set(neighbors.filter(({ state }) => state === 'established').map(({ address }) => address))
}

/** Established neighbors that are still sent nothing once the time is over. */
async function deferringOf(
  speaker: Speaker,
  neighbors: readonly SpeakerNeighbor[],
  options: CallOptions,
): Promise<ReadonlySet<Address>> {
  const giveUpAt = performance.now() + agreeWithinMs
  for (let seen = neighbors; ; seen = await speaker.neighbors(options)) {
    const deferring = establishedOf(seen.filter((neighbor) => neighbor.deferring))
    if (deferring.size === 0 || performance.now() > giveUpAt) return deferring
    await sleep(deferringLookMs, undefined, { signal: options.signal }).catch(() => undefined)
  }
}

function heldBack({ id }: Neighbor, { present, absent }: Expected): ReadonlyMap<Prefix, string> {
  const words = `${id} is sent nothing yet: the daemon restarts and waits for its neighbors (RFC 4724, 4.1)`
  return new Map([...present, ...absent].map((prefix) => [prefix, words]))
}

function expected(
  { asn }: DesiredSpeaker,
  neighbor: Neighbor,
  targets: readonly StoredTarget[],
  refused: ReadonlyMap<Prefix, string>,
): Expected {
  const withheld = mark(asn, 'withhold', neighborNumber(neighbor))
  const present = new Set<Prefix>()
  const absent = new Set<Prefix>()
  for (const { prefix, target } of targets) {
    if (refused.has(prefix) || !neighbor.families.includes(prefixFamily(prefix))) continue
    if (target.kind === 'withdraw' || target.via !== undefined) absent.add(prefix)
    else if (target.attributes.includes(`"${withheld}"`)) absent.add(prefix)
    else if (mayLoop(target.attributes, neighbor)) continue
    else present.add(prefix)
  }
  return { present, absent }
}

/** A path that already has the neighbor's AS in it is not sent to that neighbor (RFC 4271 9.1.2). */
function mayLoop(attributes: Parameters<typeof attributesOf>[0], { asn }: Neighbor): boolean {
  return attributesOf(attributes).asPath.includes(asn)
}

/** What is wrong toward one neighbor once the time is over; empty as soon as it agrees. */
async function agree(
  speaker: Speaker,
  neighbor: Neighbor,
  { present, absent }: Expected,
  signal: AbortSignal,
): Promise<ReadonlyMap<Prefix, string>> {
  const giveUpAt = performance.now() + agreeWithinMs
  const concerned = [...present, ...absent]
  if (concerned.length === 0) return new Map()
  for (let waitMs = firstLookAgainMs; ; waitMs = Math.min(waitMs * 2, 200)) {
    const asked = performance.now()
    const sent = await sentPrefixes(speaker, neighbor.address, concerned, signal)
    const missing = present.difference(sent)
    const lingering = absent.intersection(sent)
    if (missing.size === 0 && lingering.size === 0) return new Map()
    if (performance.now() > giveUpAt) return disagreement(neighbor, missing, lingering)
    // Never busier with asking than with letting the daemon work.
    const tookMs = performance.now() - asked
    await sleep(Math.max(waitMs, tookMs), undefined, { signal }).catch(() => undefined)
  }
}

async function sentPrefixes(
  speaker: Speaker,
  neighbor: Address,
  prefixes: readonly Prefix[],
  signal: AbortSignal,
): Promise<ReadonlySet<Prefix>> {
  const paths = await speaker.adjOut(neighbor, prefixes.length <= eachUpTo ? prefixes : 'all', {
    deadlineMs: callDeadlineMs,
    signal,
  })
  return new Set(paths.map(({ prefix }) => prefix))
}

function disagreement(
  { id }: Neighbor,
  missing: ReadonlySet<Prefix>,
  lingering: ReadonlySet<Prefix>,
): ReadonlyMap<Prefix, string> {
  const words = new Map<Prefix, string>()
  for (const prefix of missing)
    words.set(
      prefix,
      `${id} is not sent ${prefix}: another route may be better there, or a policy of its own rejects it`,
    )
  for (const prefix of lingering) words.set(prefix, `${id}${isStillSent}${prefix}`)
  return words
}
