/** How far drains have come, from documents, traffic and what was read back of the speakers concerned. */
import { type PlaceTraffic, drainTraffic } from '../health/drain-idle.ts'
import type { TrafficFigures } from '../health/traffic.ts'
import { inventoryOf } from '../intent/compile/inventory.ts'
import { OverlayTime, graceEndsAtMs } from '../intent/compile/overlay-time.ts'
import { trafficPlaceName } from '../intent/drain-places.ts'
import type { Drain, DrainTarget, Intent, SpeakerId } from '../intent/model.ts'
import { idleBoundText } from '../intent/schema/quantity.ts'
import { type SpeakerTable, stillAnnounced, stillSent } from '../plan/drained.ts'
import type { SpeakerState, Store } from '../store/store.ts'
import { isoTime } from './alarm-view.ts'
import { type Origins, madeBy } from './origin-view.ts'
import type { DrainView } from './wire/drain.ts'

interface Known {
  readonly intent: Intent
  readonly figures: TrafficFigures
  readonly states: ReadonlyMap<SpeakerId, SpeakerState>
  readonly origins: Origins
  readonly nowMs: number
}

export async function readDrains(
  store: Store,
  intent: Intent,
  drains: readonly Drain[],
  nowMs: number,
): Promise<readonly DrainView[]> {
  const [figures, states, origins] = await Promise.all([
    store.health.traffic(),
    store.speakers.states(),
    store.revisions.origins(drains.map(({ id }) => `Drain/${id}` as const)),
  ])
  const known = { intent, figures, states, origins, nowMs }
  return Promise.all(drains.map((drain) => drainView(store, known, drain)))
}

async function drainView(store: Store, known: Known, drain: Drain): Promise<DrainView> {
  const { intent, nowMs } = known
  const time = new OverlayTime(intent.freezes.values(), nowMs)
  const timed = timedStage(drain, time)
  const left = timed === 'leaving' ? await leftOf(store, known, drain) : []
  const sessions = drain.shutdown === undefined ? [] : sessionsOf(known, drain)
  const stage = timed === 'leaving' ? goneStage(left, sessions) : timed
  const traffic = drain.untilIdle === undefined ? [] : drainTraffic(intent, drain, known.figures, nowMs)
  const limitMs = time.idleLimitMs(drain)
  return {
    id: drain.id,
    target: targetView(drain.target),
    stage,
    summary: summaryOf(drain, stage, { time, traffic, left, sessions }),
    startedAt: isoTime(drain.startedAtMs),
    graceEndsAt: isoTime(graceEndsAtMs(drain)),
    ...(drain.expiresAtMs !== undefined && { expiresAt: isoTime(drain.expiresAtMs) }),
    forced: drain.forced,
    ...madeBy(known.origins, `Drain/${drain.id}`),
    ...(drain.untilIdle !== undefined && {
      untilIdle: {
        below: idleBoundText(drain.untilIdle.below),
        ...(limitMs !== undefined && limitMs < Infinity && { atTheLatest: isoTime(limitMs) }),
        ...(drain.idleAtMs !== undefined && { idleAt: isoTime(drain.idleAtMs) }),
        traffic: traffic.map(trafficView),
      },
    }),
    ...(drain.shutdown !== undefined && { shutdown: { communication: drain.shutdown, sessions: [...sessions] } }),
    left: [...left],
  }
}

type Session = NonNullable<DrainView['shutdown']>['sessions'][number]

/** Of all neighbors that are drained whole, as they were last read. */
function sessionsOf({ intent, states }: Known, drain: Drain): readonly Session[] {
  const inventory = inventoryOf(intent)
  const all = inventory.drainedSpeakers(drain).flatMap((speaker) => inventory.neighborsOf(speaker))
  const { target } = drain
  const drained = target.kind === 'neighbor' ? all.filter(({ id }) => id === target.neighbor) : all
  return drained.map(({ id, speaker, address }) => {
    const { status, shut = {} } = states.get(speaker) ?? {}
    if (status?.reach !== 'up' || status.neighbors === undefined) return { neighbor: id, speaker, state: 'unknown' }
    const seen = status.neighbors.find((one) => one.address === address)
    const closed = shut[address] === undefined ? 'by-others' : 'shut'
    return { neighbor: id, speaker, state: seen === undefined ? 'absent' : seen.adminDown ? closed : 'open' }
  })
}

function goneStage(left: DrainView['left'], sessions: readonly Session[]): DrainView['stage'] {
  if (left.length > 0) return 'leaving'
  return sessions.some(({ state }) => state === 'open' || state === 'unknown') ? 'shutting' : 'gone'
}

function timedStage(drain: Drain, time: OverlayTime): Exclude<DrainView['stage'], 'gone' | 'shutting'> {
  const stage = time.drainStage(drain)
  if (stage === undefined) return drain.startedAtMs > time.nowMs ? 'scheduled' : 'over'
  if (stage === 'gone') return 'leaving'
  return time.nowMs < graceEndsAtMs(drain) ? 'marked' : 'waiting'
}

async function leftOf(store: Store, { intent, states }: Known, drain: Drain): Promise<DrainView['left']> {
  const { network } = intent
  if (network === undefined) return []
  const neighbor = drain.target.kind === 'neighbor' ? intent.neighbors.get(drain.target.neighbor) : undefined
  const left: DrainView['left'] = []
  for (const speaker of inventoryOf(intent).drainedSpeakers(drain)) {
    const table = await readTable(store, speaker, states.get(speaker)?.applied ?? 0)
    const prefixes =
      neighbor === undefined ? stillAnnounced(table, network.asn) : stillSent(table, network.asn, neighbor)
    const reach = states.get(speaker)?.status?.reach ?? 'unknown'
    if (prefixes.size > 0) left.push({ speaker, announcements: prefixes.size, reach })
  }
  return left
}

async function readTable(store: Store, speaker: SpeakerId, applied: number): Promise<SpeakerTable> {
  const [targets, observed, unproved] = await Promise.all([
    store.targets.all(speaker),
    store.observations.all(speaker),
    store.observations.unproved(speaker),
  ])
  return { applied, targets: new Map(targets.map((one) => [one.prefix, one])), observed, unproved }
}

interface Facts {
  readonly time: OverlayTime
  readonly traffic: readonly PlaceTraffic[]
  readonly left: DrainView['left']
  readonly sessions: readonly Session[]
}

function summaryOf(drain: Drain, stage: DrainView['stage'], { time, traffic, left, sessions }: Facts): string {
  const until = drain.expiresAtMs === undefined ? 'until somebody lifts it' : `until ${isoTime(drain.expiresAtMs)}`
  switch (stage) {
    case 'scheduled':
      return `begins at ${isoTime(drain.startedAtMs)}`
    case 'marked':
      return `marked GRACEFUL_SHUTDOWN until ${isoTime(graceEndsAtMs(drain))} at least`
    case 'waiting': {
      const limitMs = time.idleLimitMs(drain) ?? Infinity
      const held = time.frozenUntilMs() === undefined ? '' : ', once the freeze is over'
      const latest = limitMs === Infinity ? ', once the freeze is over' : `${held}; at the latest ${isoTime(limitMs)}`
      const words = traffic.length === 0 ? 'nothing there has traffic' : traffic.map((one) => one.words).join('; ')
      return `marked GRACEFUL_SHUTDOWN, and goes when its traffic is gone${latest}: ${words}`
    }
    case 'leaving': {
      const places = left.map(({ speaker, announcements, reach }) =>
        reach === 'up' ? `${announcements} at ${speaker}` : `${announcements} at ${speaker}, which cannot be reached`,
      )
      return `to be gone, and announcements are left: ${places.join('; ')} (herald plan says why)`
    }
    case 'shutting': {
      const open = sessions.filter(({ state }) => state === 'open' || state === 'unknown')
      return `nothing is announced there any more; sessions are being shut: ${open.map(({ neighbor }) => neighbor).join(', ')}`
    }
    case 'gone':
      return `out of traffic${shutWords(sessions)} ${until}${howGone(drain)}`
    case 'over':
      return 'it has expired, and does nothing'
  }
}

function shutWords(sessions: readonly Session[]): string {
  const shut = sessions.filter(({ state }) => state === 'shut').length
  return shut === 0 ? '' : `, with ${shut === 1 ? '1 session' : `${shut} sessions`} shut,`
}

function howGone({ untilIdle, idleAtMs }: Drain): string {
  if (untilIdle === undefined) return ''
  return idleAtMs === undefined
    ? '; it waited as long as it may, and nobody saw its traffic gone'
    : `; its traffic was gone at ${isoTime(idleAtMs)}`
}

function targetView(target: DrainTarget): DrainView['target'] {
  switch (target.kind) {
    case 'site':
      return { at: target.at }
    case 'speaker':
      return { speaker: target.speaker }
    case 'neighbor':
      return { neighbor: target.neighbor }
  }
}

type TrafficView = NonNullable<DrainView['untilIdle']>['traffic'][number]

function trafficView({ place, state, figure, below, unit, words }: PlaceTraffic): TrafficView {
  return {
    place: trafficPlaceName(place),
    state,
    ...(figure !== undefined && { amount: figure.amount, at: isoTime(figure.atMs) }),
    ...(below !== undefined && { below }),
    ...(unit !== undefined && { unit }),
    words,
  }
}
