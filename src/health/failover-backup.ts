/**
 * POPs that announce a prefix only on failure. They are activated in the decision that takes a POP out, and also where a
 * guard keeps a sick POP because too few are left: as soon as they are read back, that guard may let it go (make before
 * break). They are let go when nothing is out any more and every POP that people want announces, read back.
 */
import type { FailoverOverlay } from '../intent/edit/failover.ts'
import type { PopId } from '../intent/model.ts'
import { verdictAlarmId } from './alarm.ts'
import type { FailoverDraft } from './failover-draft.ts'
import { type No, cycleDueAtMs, frozen, suspected } from './failover-guards.ts'
import type { PrefixState } from './failover-input.ts'
import type { Sick } from './failover-out.ts'
import { verdictKey } from './verdict.ts'

/** As long as a speaker that answers needs for an announcement many times over. */
const readBackWithinMs = 5000

/** @param sick places of this prefix that are sick now */
export function followBackups(draft: FailoverDraft, state: PrefixState, sick: readonly Sick[]): void {
  const cause = sick.find(({ place, verdict }) => place.kind === 'pop' && state.desired.has(verdict.pop))
  const lost = [...draft.lostPops(state)].some((pop) => state.desired.has(pop))
  if (cause !== undefined || lost) for (const pop of [...state.backup].toSorted()) activate(draft, state, pop, cause)
  else release(draft, state)
}

/** A backup was activated and is not read back yet: until when it is waited for, ms since the epoch; undefined: none is. */
export function backupDueAtMs(draft: FailoverDraft, { prefix, announced }: PrefixState): number | undefined {
  const { nowMs } = draft.input
  for (const overlay of draft.overlaysOf(prefix)) {
    const { place, action } = overlay
    if (place.kind !== 'pop' || action !== 'activate' || announced.has(place.pop)) continue
    const dueAtMs = (draft.startedAtMs(overlay) ?? nowMs) + readBackWithinMs
    if (dueAtMs > nowMs) return dueAtMs
  }
  return undefined
}

function activate(draft: FailoverDraft, state: PrefixState, pop: PopId, cause: Sick | undefined): void {
  const { prefix } = state
  const place = { kind: 'pop', pop } as const
  if (draft.at(prefix, place) !== undefined || state.desired.has(pop)) return
  const origin = cause === undefined ? causeStanding(draft, state) : causeOf(cause)
  if (origin === undefined) return
  const no = frozen(draft) ?? suspected(draft) ?? notWell(draft, state, pop)
  if (no !== undefined) draft.refuse({ ...no, wanted: 'activate', prefix, place, subject: origin.subject })
  else
    draft.lay(
      { prefix, place, action: 'activate', ...origin, reason: `backup of ${origin.pop}: ${origin.reason}` },
      { pop, what: 'activate', weight: 0 },
    )
}

/** A backup that is sick, or of which nothing is known, would be no help. */
function notWell(draft: FailoverDraft, { policy }: PrefixState, pop: PopId) {
  const { all } = draft.input.verdicts
  const place = { kind: 'pop', pop } as const
  const known = policy.checks.map((check) => all.get(verdictKey(check, place))).filter((one) => one !== undefined)
  const unclear = known.find(({ state }) => state !== 'healthy')
  if (!draft.guards.unknown || (known.length > 0 && unclear === undefined)) return undefined
  const why = unclear?.reason ?? 'nothing probes it'
  return { guard: 'unknown', message: `the backup ${pop} is not activated: ${why}` } as const
}

/** Lets backups go, where all that people want is there again. */
function release(draft: FailoverDraft, state: PrefixState): void {
  const active = [...draft.overlaysOf(state.prefix)].filter(({ action }) => action === 'activate')
  if (active.length === 0 || frozen(draft) !== undefined) return
  const busy = [...draft.overlaysOf(state.prefix)].some((overlay) => standsIn(state, overlay))
  if (busy || !state.desired.isSubsetOf(state.announced)) return
  for (const overlay of active) {
    const { place, prefix, subject } = overlay
    if (place.kind !== 'pop') continue
    const no = notSpared(draft, state, place.pop)
    if (no === undefined) draft.lift(overlay, { pop: place.pop, what: 'back', weight: 0 })
    else draft.refuse({ ...no, wanted: 'back', prefix, place, subject })
  }
}

/** True where it is laid on a POP that documents name: what lies elsewhere takes nothing away that a backup stands in for. */
function standsIn({ intended, lines }: PrefixState, { place, action }: FailoverOverlay): boolean {
  if (action === 'activate') return false
  if (place.kind === 'pop') return intended.has(place.pop)
  for (const [pop, heard] of lines) if (heard.includes(place.neighbor)) return intended.has(pop)
  return false
}

/** People may have drained so much meanwhile that the floor (G1) rests on the backup; G15 as for any place. */
function notSpared(draft: FailoverDraft, state: PrefixState, pop: PopId): No | undefined {
  const { guards, input } = draft
  // A place that the policy names no more announces nothing: only its document is left.
  const left = draft.countWithout(state, pop)
  if (guards.floor && state.backupNamed.has(pop) && left < state.floor && !state.desired.has(pop)) {
    const message = `the backup ${pop} stays: ${state.prefix} would be left at ${left} of the ${state.floor} POPs of its floor (G1)`
    return { guard: 'floor', message }
  }
  const untilMs = cycleDueAtMs(draft, state.prefix, { kind: 'pop', pop })
  if (untilMs <= input.nowMs) return undefined
  return { guard: 'flap', message: `the backup ${pop} stays: it was let go less than 20 min ago (G15)`, untilMs }
}

type Origin = Pick<FailoverOverlay, 'subject' | 'alarm' | 'reason'> & { readonly pop: string }

function causeOf({ verdict }: Sick): Origin {
  const { pop, check, subject, reason } = verdict
  return { pop, subject, alarm: verdictAlarmId(check, subject), reason }
}

function causeStanding(draft: FailoverDraft, { prefix }: PrefixState): Origin | undefined {
  for (const { place, action, subject, alarm, reason } of draft.overlaysOf(prefix))
    if (place.kind === 'pop' && action !== 'activate') return { pop: place.pop, subject, alarm, reason }
  return undefined
}
