/**
 * What is sick: which places ask to be taken out, for which prefixes, and taking them out, in the order in which they
 * turned sick. What already stands is neither asked for again nor undone here.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { FailoverOverlay } from '../intent/edit/failover.ts'
import type { FailoverAction, FailoverPlace } from '../intent/monitoring.ts'
import { verdictAlarmId } from './alarm.ts'
import type { FailoverDraft } from './failover-draft.ts'
import { type Loss, type No, changeDueAtMs, refusal } from './failover-guards.ts'
import type { PrefixState } from './failover-input.ts'
import { type Verdict, placeText } from './verdict.ts'

/** A sick place of one prefix, with the verdict that was sick first. */
export interface Sick {
  readonly state: PrefixState
  readonly place: FailoverPlace
  readonly verdict: Verdict
}

/** How often our AS is prepended where the policy's action is `prepend`. */
const sickPrepend = 3

/** In the order in which they turned sick, then by place and prefix. */
export function sickPlaces(draft: FailoverDraft): readonly Sick[] {
  const byCheck = sickByCheck(draft)
  if (byCheck.size === 0) return []
  const found: Sick[] = []
  for (const state of draft.states.values()) {
    const places = new Map<string, Sick>()
    for (const check of state.policy.checks)
      for (const verdict of byCheck.get(check) ?? []) {
        if (!concerns(draft, state, verdict)) continue
        const text = placeText(verdict.place)
        const known = places.get(text)
        if (known === undefined || verdict.sinceMs < known.verdict.sinceMs)
          places.set(text, { state, place: verdict.place, verdict })
      }
    found.push(...places.values())
  }
  return found.sort(byTime)
}

/** Takes a sick place out, or says why not. @returns whether it is out now, or the guard that said no */
export function takeOut(draft: FailoverDraft, sick: Sick): No | undefined {
  const { state, place, verdict } = sick
  const standing = draft.at(state.prefix, place)
  if (isOut(standing, actionOf(sick))) return undefined
  if (place.kind === 'neighbor' && draft.lostPops(state).has(verdict.pop)) return undefined
  const no = refuseChange(draft, sick) ?? refusal(draft, lossOf(draft, sick))
  if (no === undefined) carryOut(draft, sick, standing)
  else refuseOut(draft, sick, no)
  return no
}

function sickByCheck({ input: { verdicts }, guards }: FailoverDraft): ReadonlyMap<string, readonly Verdict[]> {
  if (guards.unknown) return Map.groupBy(verdicts.sick.values(), ({ check }) => check)
  return Map.groupBy(
    [...verdicts.all.values()].filter(({ state }) => state !== 'healthy'),
    ({ check }) => check,
  )
}

/** True where the prefix is, or would be, announced there. */
function concerns(draft: FailoverDraft, { prefix, desired, backup, lines }: PrefixState, verdict: Verdict): boolean {
  const { place } = verdict
  if (verdict.prefix !== undefined && verdict.prefix !== prefix) return false
  if (place.kind === 'neighbor' && lines.get(verdict.pop)?.includes(place.neighbor) !== true) return false
  if (desired.has(verdict.pop)) return true
  return backup.has(verdict.pop) && draft.at(prefix, { kind: 'pop', pop: verdict.pop }) !== undefined
}

function actionOf({ state: { policy }, place }: Sick): Exclude<FailoverAction, 'activate'> {
  return place.kind === 'pop' ? policy.action : policy.neighborAction
}

/** An overlay that is a stage of coming back is not out. */
function isOut(standing: FailoverOverlay | undefined, action: FailoverAction): boolean {
  if (standing === undefined || standing.action === 'activate') return false
  if (standing.action !== 'prepend') return true
  return action === 'prepend' && (standing.prepend ?? sickPrepend) === sickPrepend
}

/** G15 for attributes; a place that is sick is never kept announcing for the sake of calm. */
function refuseChange(draft: FailoverDraft, sick: Sick): No | undefined {
  if (actionOf(sick) !== 'prepend') return undefined
  const untilMs = changeDueAtMs(draft, sick.state.prefix, sick.place)
  if (untilMs <= draft.input.nowMs) return undefined
  const message = `${placeText(sick.place)} stays plain: its attributes were changed less than 30 min ago (G15)`
  return { guard: 'flap', message, untilMs }
}

function lossOf(draft: FailoverDraft, sick: Sick): Loss {
  const { state, place, verdict } = sick
  const { pop } = verdict
  const base = { state, place, pop, approved: verdict.sinceMs <= (draft.input.goAtMs ?? -Infinity) }
  const isBackup = draft.at(state.prefix, place)?.action === 'activate'
  if (isBackup) return { ...base, losesPop: true, weight: 1 }
  if (actionOf(sick) === 'prepend') return { ...base, losesPop: false, weight: 0 }
  if (place.kind === 'pop') return { ...base, losesPop: true, weight: 1 }
  const others = (state.lines.get(pop) ?? []).filter(
    (neighbor) => neighbor !== place.neighbor && !draft.isDown(neighbor),
  )
  const losesPop = others.every(
    (neighbor) => draft.at(state.prefix, { kind: 'neighbor', neighbor })?.action === 'withhold',
  )
  return { ...base, losesPop, weight: 1 / (others.length + 1) }
}

function carryOut(draft: FailoverDraft, sick: Sick, standing: FailoverOverlay | undefined): void {
  const { state, place, verdict } = sick
  const { pop, check, subject, reason } = verdict
  const loss = lossOf(draft, sick)
  const approved = loss.approved ? { approved: true as const } : {}
  if (standing?.action === 'activate') {
    draft.lift(standing, { pop, what: 'out', weight: 1, ...approved })
    return
  }
  const action = actionOf(sick)
  const overlay: FailoverOverlay = {
    prefix: state.prefix,
    place,
    action,
    subject,
    alarm: verdictAlarmId(check, subject),
    reason,
    ...(action === 'prepend' && { prepend: sickPrepend }),
  }
  draft.lay(overlay, { pop, what: action === 'prepend' ? 'change' : 'out', weight: loss.weight, ...approved })
}

function refuseOut(draft: FailoverDraft, { state: { prefix }, place, verdict }: Sick, no: No): void {
  draft.refuse({ ...no, wanted: 'out', prefix, place, subject: verdict.subject })
}

function byTime(a: Sick, b: Sick): number {
  return a.verdict.sinceMs - b.verdict.sinceMs || (orderText(a) < orderText(b) ? -1 : 1)
}

function orderText({ place, state }: { readonly place: FailoverPlace; readonly state: { readonly prefix: Prefix } }) {
  return `${placeText(place)} ${state.prefix}`
}
