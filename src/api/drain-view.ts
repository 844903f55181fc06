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
import type { DrainView } from './wire/drain.ts'

interface Known {
  readonly intent: Intent
  readonly figures: TrafficFigures
  readonly states: ReadonlyMap<SpeakerId, SpeakerState>
  readonly nowMs: number
}

export async function readDrains(
  store: Store,
  intent: Intent,
  drains: Iterable<Drain>,
  nowMs: number,
): Promise<readonly DrainView[]> {
  const [figures, states] = await Promise.all([store.health.traffic(), store.speakers.states()])
  const known = { intent, figures, states, nowMs }
  return Promise.all([...drains].map((drain) => drainView(store, known, drain)))
}

async function drainView(store: Store, known: Known, drain: Drain): Promise<DrainView> {
  const { intent, nowMs } = known
  const time = new OverlayTime(intent.freezes.values(), nowMs)
  const timed = timedStage(drain, time)
  const left = timed === 'leaving' ? await leftOf(store, known, drain) : []
  const stage = timed === 'leaving' && left.length === 0 ? 'gone' : timed
  const traffic = drain.untilIdle === undefined ? [] : drainTraffic(intent, drain, known.figures, nowMs)
  const limitMs = time.idleLimitMs(drain)
  return {
    id: drain.id,
    target: targetView(drain.target),
    stage,
    summary: summaryOf(drain, stage, { time, traffic, left }),
    startedAt: isoTime(drain.startedAtMs),
    graceEndsAt: isoTime(graceEndsAtMs(drain)),
    ...(drain.expiresAtMs !== undefined && { expiresAt: isoTime(drain.expiresAtMs) }),
    forced: drain.forced,
    ...(drain.untilIdle !== undefined && {
      untilIdle: {
        below: idleBoundText(drain.untilIdle.below),
        ...(limitMs !== undefined && limitMs < Infinity && { atTheLatest: isoTime(limitMs) }),
        ...(drain.idleAtMs !== undefined && { idleAt: isoTime(drain.idleAtMs) }),
        traffic: traffic.map(trafficView),
      },
    }),
    left: [...left],
  }
}

function timedStage(drain: Drain, time: OverlayTime): Exclude<DrainView['stage'], 'gone'> {
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
}

function summaryOf(drain: Drain, stage: DrainView['stage'], { time, traffic, left }: Facts): string {
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
    case 'gone':
      return `out of traffic ${until}${howGone(drain)}`
    case 'over':
      return 'it has expired, and does nothing'
  }
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
