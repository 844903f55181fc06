/** Automation as the API shows it: state, brakes, refusals with their way out, and what stands. */
import { suspicionWords } from '../health/correlation.ts'
import { breaker } from '../health/failover-limits.ts'
import type { FailoverMemory, LedgerEntry, Refusal } from '../health/failover-input.ts'
import type { TrafficFigures } from '../health/traffic.ts'
import { guardTitle, wayOut } from '../health/way-out.ts'
import { Failovers } from '../intent/compile/failovers.ts'
import { inventoryOf } from '../intent/compile/inventory.ts'
import { OverlayTime } from '../intent/compile/overlay-time.ts'
import type { Intent } from '../intent/model.ts'
import type { Failover } from '../intent/monitoring.ts'
import { popOfPlace } from '../intent/select.ts'
import type { Store } from '../store/store.ts'
import { isoTime, placeView } from './alarm-view.ts'
import { trafficView } from './traffic-view.ts'
import type { AutomationView, RefusalView } from './wire/automation.ts'

export async function readAutomation(
  { health }: Pick<Store, 'health'>,
  intent: Intent,
  nowMs: number,
): Promise<AutomationView> {
  const [memory, refusals, goAtMs, traffic] = await Promise.all([
    health.memory(),
    health.refusals(),
    health.goAtMs(),
    health.traffic(),
  ])
  return automationView({ intent, memory, refusals, goAtMs, traffic, nowMs })
}

interface AutomationState {
  readonly intent: Intent
  readonly memory: FailoverMemory
  readonly refusals: readonly Refusal[]
  readonly goAtMs: number | undefined
  readonly traffic: TrafficFigures
  readonly nowMs: number
}

function automationView(state: AutomationState): AutomationView {
  const { intent, memory, refusals, goAtMs, traffic, nowMs } = state
  const brakes = {
    ...freezeOf(intent, nowMs),
    ...suspicionOf(memory, goAtMs),
    ...breakerOf(memory, goAtMs, nowMs),
  }
  const standing = standingOf(intent, nowMs)
  return {
    ...summaryOf(brakes, standing.length, refusals.length),
    ...brakes,
    ...(goAtMs !== undefined && { goAt: isoTime(goAtMs) }),
    refusals: refusals.map(refusalView),
    standing: standing.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    lastHour: ledgerOf(memory.ledger, nowMs),
    traffic: trafficView(intent, traffic, nowMs).pops,
  }
}

export function refusalView(refusal: Refusal): RefusalView {
  const { guard, wanted, prefix, place, subject, message, untilMs } = refusal
  return {
    guard,
    title: guardTitle(guard),
    wanted,
    prefix,
    place: placeView(place),
    subject,
    message,
    wayOut: wayOut(refusal),
    ...(untilMs !== undefined && { until: isoTime(untilMs) }),
  }
}

type Brakes = Pick<AutomationView, 'freeze' | 'suspicion' | 'breaker'>

function freezeOf(intent: Intent, nowMs: number): Brakes {
  const time = new OverlayTime(intent.freezes.values(), nowMs)
  const untilMs = time.frozenUntilMs()
  if (untilMs === undefined) return {}
  const names = [...intent.freezes.values()].filter((freeze) => !time.hasExpired(freeze)).map(({ id }) => id)
  return { freeze: { names, ...(untilMs < Infinity && { until: isoTime(untilMs) }) } }
}

function suspicionOf({ suspicion }: FailoverMemory, goAtMs = -Infinity): Brakes {
  if (suspicion === undefined || suspicion.sinceMs <= goAtMs) return {}
  const { sinceMs, pops, of } = suspicion
  return { suspicion: { since: isoTime(sinceMs), pops: [...pops], of, message: suspicionWords(suspicion) } }
}

function breakerOf({ breakerOpenedAtMs }: FailoverMemory, goAtMs = -Infinity, nowMs: number): Brakes {
  if (breakerOpenedAtMs === undefined || breakerOpenedAtMs <= goAtMs) return {}
  const untilMs = breakerOpenedAtMs + breaker.freezeMs
  if (nowMs >= untilMs) return {}
  const message =
    'automation has taken away as much as it may in 5 min and stopped itself (G2); it goes on by itself then, or when a person says go'
  return { breaker: { openedAt: isoTime(breakerOpenedAtMs), until: isoTime(untilMs), message } }
}

function summaryOf(brakes: Brakes, standing: number, refused: number): Pick<AutomationView, 'state' | 'summary'> {
  const { freeze, suspicion, breaker: open } = brakes
  if (freeze !== undefined) return { state: 'held', summary: 'a freeze is in force: automation does nothing (G11)' }
  if (suspicion !== undefined) return { state: 'held', summary: suspicion.message }
  if (open !== undefined) return { state: 'held', summary: open.message }
  if (standing > 0 || refused > 0)
    return {
      state: 'acting',
      summary: `${standing} ${standing === 1 ? 'measure stands' : 'measures stand'}, ${refused} refused or waited for`,
    }
  return { state: 'watching', summary: 'nothing is laid on top, and nothing is refused' }
}

function standingOf(intent: Intent, nowMs: number): readonly StandingView[] {
  const time = new OverlayTime(intent.freezes.values(), nowMs)
  return [...Map.groupBy(intent.failovers.values(), ({ prefix }) => prefix)].flatMap(([prefix, own]) => {
    const announcement = intent.prefixes.get(prefix)
    const laid = announcement && new Failovers(inventoryOf(intent), announcement, time)
    return own.map((one) => {
      const pop = popOfPlace(intent, one.place)
      return standingView(one, pop !== undefined && laid?.inForce(one, pop) === true)
    })
  })
}

type StandingView = AutomationView['standing'][number]

function standingView({ id, prefix, place, action, prepend, startedAtMs, alarm, reason }: Failover, inForce: boolean) {
  return {
    id,
    prefix,
    place: placeView(place),
    action,
    ...(action === 'prepend' && { prepend }),
    since: isoTime(startedAtMs),
    alarm,
    reason,
    inForce,
  }
}

function ledgerOf(ledger: readonly LedgerEntry[], nowMs: number): AutomationView['lastHour'] {
  const lately = ledger.filter(({ atMs }) => nowMs - atMs < 3_600_000)
  const of = (what: LedgerEntry['what']) => lately.filter((entry) => entry.what === what)
  const counted = of('out').filter(({ approved, atMs }) => approved !== true && nowMs - atMs < breaker.windowMs)
  return {
    out: of('out').length,
    back: of('back').length,
    changed: of('change').length,
    activated: of('activate').length,
    popsOut: [...new Set(counted.map(({ pop }) => pop))].toSorted(),
  }
}
