/**
 * Apply: makes one speaker right. Holds the speaker's apply lease, and in this order
 *   1. BGP runs (started where Herald configures the daemon) and the export policy is there, verified;
 *      a daemon that had lost it is taken for restarted: all standing targets are applied again;
 *   2. announcements, then withdrawals, of everything decided above the applied generation;
 *   3. the RIB is read back and stored as observed;
 *   4. neighbors that Herald manages are added, changed or deleted, after their routes, and sessions are shut or opened
 *      as drains say;
 *   5. every established neighbor's adj-out is read until it agrees; where it does not that is noted, and asked again at
 *      the next apply, to which the watchdog wakes;
 *   6. the proof of each revision is noted, and the applied generation rises.
 * Nothing is retried here: the watchdog wakes the speaker again where it lags.
 */
import type { Logger } from 'pino'
import type { Address } from '../bgp/address.ts'
import { type Path, attributesOf } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import { OperationError } from '../bgp/operation-error.ts'
import type { DesiredSpeaker } from '../intent/desired.ts'
import type { SpeakerId } from '../intent/model.ts'
import { listed } from '../intent/nearest.ts'
import type { ObservedRoute } from '../plan/observed.ts'
import { noteForeignPaths } from '../plan/trouble.ts'
import { offersOf } from '../speaker/offers.ts'
import { observe } from '../speaker/ownership.ts'
import type { CallOptions, Speaker } from '../speaker/speaker.ts'
import type { Lease, Store, StoredTarget } from '../store/store.ts'
import { proveAdjOut } from './adj-out.ts'
import type { Connections } from './connections.ts'
import type { Doorbell } from './doorbell.ts'
import { ensureNeighbors } from './neighbors.ts'
import { type Condition, prepareOnce } from './prepare.ts'
import { recordHearing, recordProof } from './proof.ts'
import { ensureSessions, forgetSessions } from './sessions.ts'

const leaseTtlMs = 6000
/** Shorter than the lease, so that a call cannot outlive the right to make it. */
const callDeadlineMs = 4000
/** Reading changes nothing, and a whole RIB takes its time. */
const readDeadlineMs = 20_000
/** Paths a batch: between batches the lease is looked at. */
const batchPaths = 20_000
const readBackEachUpTo = 2000

export interface ApplyDeps {
  readonly store: Store
  readonly doorbell: Doorbell
  readonly connections: Connections
  readonly logger: Logger
  readonly clock: () => number
  readonly observeApply: (seconds: number, outcome: 'ok' | 'failed') => void
}

export async function applySpeaker(deps: ApplyDeps, speaker: SpeakerId): Promise<void> {
  const lease = await deps.store.leases.acquire(`apply:${speaker}`, leaseTtlMs)
  if (lease === undefined) return
  const started = performance.now()
  try {
    await applyHeld(deps, speaker, lease)
    deps.observeApply((performance.now() - started) / 1000, 'ok')
  } catch (error) {
    deps.observeApply((performance.now() - started) / 1000, 'failed')
    if (!(error instanceof OperationError)) throw error
    deps.logger.warn({ speaker, code: error.code, problem: error.message }, 'apply failed; it is woken again')
    await tellTrouble(deps, speaker, error)
  } finally {
    await lease.release()
  }
}

/** What a person must mend is kept, so that plans can say why nothing moves there. */
async function tellTrouble({ store, doorbell }: ApplyDeps, speaker: SpeakerId, error: OperationError): Promise<void> {
  if (!['speaker-policy', 'speaker-refused', 'speaker-unsupported', 'foreign-paths'].includes(error.code)) return
  const note = error.code === 'foreign-paths' ? String(error.cause) : error.message
  const { trouble } = await store.speakers.state(speaker)
  if (trouble === note) return
  await store.speakers.trouble(speaker, note)
  await doorbell.wakePlan()
}

/**
 * Targets are read before the configuration: the planner writes them the other way round, so what a path asks of the
 * export policy (a mark, a treatment) is always known by the time the path is pushed.
 */
async function applyHeld(deps: ApplyDeps, id: SpeakerId, lease: Lease): Promise<void> {
  const { store } = deps
  const options = { deadlineMs: callDeadlineMs, signal: lease.signal }
  for (let condition: Condition = 'ready'; ; condition = 'was-empty') {
    const [head, standing] = await Promise.all([store.revisions.head(), store.targets.pending(id)])
    const { configured, policed } = await store.speakers.state(id)
    if (head === undefined || configured === undefined) return
    const speaker = deps.connections.at(configured)
    const beforeInstall = () => refuseToSilence(speaker, configured, standing.targets, options)
    const found = await prepareOnce(speaker, configured, policed ? options : { ...options, beforeInstall })
    if (found === 'ready')
      return pushStanding(deps, { speaker, configured, condition, epoch: head.epoch }, standing, lease)
    await store.speakers.reapply(id)
  }
}

interface Prepared {
  readonly speaker: Speaker
  readonly configured: DesiredSpeaker
  readonly condition: Condition
  readonly epoch: number
}

async function pushStanding(
  deps: ApplyDeps,
  { speaker, configured, condition, epoch }: Prepared,
  { decided, targets }: Awaited<ReturnType<Store['targets']['pending']>>,
  lease: Lease,
): Promise<void> {
  const { store } = deps
  const options = { deadlineMs: callDeadlineMs, signal: lease.signal }
  const { incarnation, ...work } = await push(speaker, configured, lease, targets)
  const pushedAtMs = deps.clock()
  const seen = await readBack(speaker, configured, epoch, targets, lease)
  const ribAtMs = deps.clock()
  if (speaker.incarnation() !== incarnation)
    throw new OperationError('speaker-unreachable', `${configured.speaker} was lost while it was pushed to`)
  await Promise.all([
    store.observations.record(configured.speaker, seen),
    store.observations.refuse(configured.speaker, refusals(targets, work.refused)),
  ])
  const neighbors = await ensureNeighbors(store, speaker, configured, condition, options)
  const back = await ensureSessions({ store, speaker, configured, neighbors, nowMs: deps.clock(), options })
  const heard = await newlyHeard(store, configured.speaker, back, targets)
  const asked = [...targets, ...heard, ...(await disagreeing(store, configured.speaker, [...targets, ...heard]))]
  const expectations = { configured, targets: asked, refused: work.refused }
  const adjOut = await proveAdjOut(speaker, neighbors, expectations, lease.signal, deps.clock)
  if (!lease.held()) throw new OperationError('lease-lost', `apply lease of ${configured.speaker} was lost`)
  const words = new Map(asked.map(({ prefix }) => [prefix, adjOut.problems.get(prefix)]))
  await store.observations.unprove(configured.speaker, words)
  await recordProof(store, configured.speaker, targets, { pushedAtMs, ribAtMs, adjOut })
  await recordHearing(store, configured.speaker, heard, adjOut)
  await forgetSessions(store, configured.speaker, back)
  await store.speakers.applied(lease.fence, configured.speaker, decided)
  if (asked.length === 0 && back.length === 0) return
  await deps.doorbell.wakePlan()
  deps.logger.info(
    { speaker: configured.speaker, announce: work.announced, withdraw: work.withdrawn, refused: work.refused.size },
    'applied',
  )
}

/** What stands at a speaker of which sessions are back that a drain had shut down: all of it, beside what was just pushed. */
async function newlyHeard(
  store: Store,
  speaker: SpeakerId,
  back: readonly Address[],
  pushed: readonly StoredTarget[],
): Promise<readonly StoredTarget[]> {
  if (back.length === 0) return []
  const just = new Set(pushed.map(({ prefix }) => prefix))
  return (await store.targets.all(speaker)).filter(({ prefix }) => !just.has(prefix))
}

/** Standing decisions, beside those just pushed, that some neighbor's adj-out disagreed with before. */
async function disagreeing(
  store: Store,
  speaker: SpeakerId,
  pushed: readonly StoredTarget[],
): Promise<readonly StoredTarget[]> {
  const unproved = await store.observations.unproved(speaker)
  if (unproved.size === 0) return []
  const just = new Set(pushed.map(({ prefix }) => prefix))
  const prefixes = [...unproved.keys()].filter((prefix) => !just.has(prefix))
  const standing = await store.targets.of(speaker, prefixes)
  // Where nothing is decided any more there is nothing to disagree with.
  const decided = new Set(standing.map(({ prefix }) => prefix))
  const settled = prefixes.filter((prefix) => !decided.has(prefix))
  await store.observations.unprove(speaker, new Map(settled.map((prefix) => [prefix, undefined])))
  return standing
}

/**
 * The export policy rejects what is not ours, so installing it would silence another program's announcements at the
 * next session reset. On a daemon that Herald never policed they are adopted first, or deleted by who made them.
 */
async function refuseToSilence(
  speaker: Speaker,
  configured: DesiredSpeaker,
  targets: readonly StoredTarget[],
  options: CallOptions,
): Promise<void> {
  const taken = new Set(targets.map(({ prefix }) => prefix))
  const seen = observe(await speaker.rib('all', options), configured.asn, 0)
  const foreign = [...seen].flatMap(([prefix, { owner }]) =>
    owner === 'foreign' && !taken.has(prefix) ? [prefix] : [],
  )
  if (foreign.length === 0) return
  foreign.sort() // so that the same trouble has the same words
  const what = `another program announces ${listed(foreign, 3)} at ${configured.speaker}, and Herald's export policy would silence it`
  throw new OperationError('foreign-paths', what, { cause: noteForeignPaths(foreign) })
}

interface Pushed {
  readonly announced: number
  readonly withdrawn: number
  readonly refused: ReadonlyMap<Prefix, string>
  /** Of the daemon that was pushed to, before the first path. */
  readonly incarnation: number
}

async function push(
  speaker: Speaker,
  { speaker: id }: DesiredSpeaker,
  lease: Lease,
  targets: readonly StoredTarget[],
): Promise<Pushed> {
  const announce: Path[] = []
  const withdraw: Prefix[] = []
  const incarnation = speaker.incarnation()
  const unoffered = await findUnoffered(speaker, targets, lease)
  for (const { prefix, target } of targets) {
    if (target.kind === 'announce' && !unoffered.has(prefix))
      announce.push({ prefix, identifier: 0, attributes: target.attributes })
    else withdraw.push(prefix)
  }
  const refused = new Map<Prefix, string>()
  const options = { deadlineMs: callDeadlineMs, signal: lease.signal }
  for (let from = 0; from < announce.length; from += batchPaths) {
    assertHeld(lease, id)
    const batch = announce.slice(from, from + batchPaths)
    for (const { prefix, message } of await speaker.announce(batch, options)) refused.set(prefix, message)
  }
  for (let from = 0; from < withdraw.length; from += batchPaths) {
    assertHeld(lease, id)
    const batch = withdraw.slice(from, from + batchPaths)
    await speaker.withdraw(
      batch.map((prefix) => ({ prefix, identifier: 0 })),
      options,
    )
  }
  return { announced: announce.length - refused.size, withdrawn: withdraw.length, refused, incarnation }
}

/**
 * Steering routes that the neighbor they follow does not offer now. A decision may be older than the offer (a daemon
 * that restarted has no neighbors yet), and a route that nobody offers is never put into a RIB: it is withdrawn instead.
 */
async function findUnoffered(
  speaker: Speaker,
  targets: readonly StoredTarget[],
  lease: Lease,
): Promise<ReadonlySet<Prefix>> {
  const steered = new Map<Prefix, { readonly via: Address; readonly nextHop: Address }>()
  for (const { prefix, target } of targets)
    if (target.kind === 'announce' && target.via !== undefined)
      steered.set(prefix, { via: target.via, nextHop: attributesOf(target.attributes).nextHop })
  if (steered.size === 0) return new Set()
  const paths = await speaker.rib([...steered.keys()], { deadlineMs: readDeadlineMs, signal: lease.signal })
  const offers = offersOf(paths, steered.keys())
  const unoffered = [...steered].filter(
    ([prefix, { via, nextHop }]) =>
      offers.get(prefix)?.some((offer) => offer.neighbor === via && offer.nextHop === nextHop) !== true,
  )
  return new Set(unoffered.map(([prefix]) => prefix))
}

/** The speaker's words about each path it was given; undefined where it took it, which forgets earlier words. */
function refusals(
  targets: readonly StoredTarget[],
  refused: ReadonlyMap<Prefix, string>,
): ReadonlyMap<Prefix, string | undefined> {
  return new Map(targets.map(({ prefix }) => [prefix, refused.get(prefix)]))
}

function assertHeld(lease: Lease, speaker: SpeakerId): void {
  if (!lease.held()) throw new OperationError('lease-lost', `apply lease of ${speaker} was lost`)
}

async function readBack(
  speaker: Speaker,
  { asn }: DesiredSpeaker,
  epoch: number,
  targets: readonly StoredTarget[],
  lease: Lease,
): Promise<ReadonlyMap<Prefix, ObservedRoute | undefined>> {
  if (targets.length === 0) return new Map()
  const prefixes = targets.map(({ prefix }) => prefix)
  const options = { deadlineMs: readDeadlineMs, signal: lease.signal }
  const paths = await speaker.rib(prefixes.length <= readBackEachUpTo ? prefixes : 'all', options)
  const found = observe(paths, asn, epoch)
  return new Map(prefixes.map((prefix) => [prefix, found.get(prefix)]))
}
