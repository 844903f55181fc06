/**
 * What comes back, and in which stages. A place comes back when every check of the policy that watches it says healthy, for
 * the hold-down and undamped; unknown keeps it where it is. Its withdraw cycles have a budget (G15), and so a flapping
 * place stays out longer instead of being taken out less.
 *
 * Coming back goes by prepends, each for a while; these stages are one cycle. Where another POP goes out in the same
 * decision, places that are on their way back are plain at once: the healthy are strengthened in the same tick.
 */
import type { FailoverOverlay } from '../intent/edit/failover.ts'
import type { PopId } from '../intent/model.ts'
import type { FailoverDraft } from './failover-draft.ts'
import { type No, changeDueAtMs, cycleDueAtMs, frozen } from './failover-guards.ts'
import type { PrefixState } from './failover-input.ts'
import { isDamped } from './penalty.ts'
import { type Verdict, placeText, readyAtMs, verdictKey } from './verdict.ts'

/** @param isSick places that some verdict calls sick now  @param hurry another POP goes out in this decision */
export function bringBack(
  draft: FailoverDraft,
  state: PrefixState,
  isSick: (overlay: FailoverOverlay) => boolean,
  hurry: boolean,
): void {
  for (const overlay of Array.from(draft.overlaysOf(state.prefix))) {
    if (overlay.action === 'activate' || isSick(overlay)) continue
    if (draft.startedAtMs(overlay) === undefined) continue
    const no = frozen(draft) ?? notYet(draft, state, overlay, hurry)
    if (no === undefined) advance(draft, state, overlay, hurry)
    else refuseBack(draft, overlay, no)
  }
}

/** True where it is one of the stages of coming back, not what was done about a sickness. */
function isStage(draft: FailoverDraft, { policy }: PrefixState, overlay: FailoverOverlay): boolean {
  if (overlay.action !== 'prepend') return false
  const action = overlay.place.kind === 'pop' ? policy.action : policy.neighborAction
  return action !== 'prepend' || draft.lastAtMs(overlay.prefix, overlay.place, 'stage') > -Infinity
}

function notYet(draft: FailoverDraft, state: PrefixState, overlay: FailoverOverlay, hurry: boolean): No | undefined {
  const { nowMs } = draft.input
  const verdicts = verdictsAt(draft, state, overlay)
  const where = placeText(overlay.place)
  const unclear = verdicts.find(({ state: said }) => said !== 'healthy')
  if (verdicts.length === 0) return unknown(`nothing probes ${where} any more: it stays as it is`)
  if (unclear !== undefined && draft.guards.unknown) return unknown(`${unclear.reason}: ${where} stays as it is`)
  if (isStage(draft, state, overlay)) {
    const dueAtMs = hurry ? -Infinity : stageStartedAtMs(draft, overlay) + state.policy.return.stageMs
    if (nowMs >= dueAtMs) return undefined
    return { guard: 'holdDown', message: `${where} comes back in stages`, untilMs: dueAtMs }
  }
  return notWellForLong(draft, state, verdicts, where) ?? notInBudget(draft, overlay, where)
}

function notWellForLong(
  draft: FailoverDraft,
  { policy }: PrefixState,
  verdicts: readonly Verdict[],
  where: string,
): No | undefined {
  const { nowMs } = draft.input
  if (!draft.guards.holdDown) return undefined
  const holdDownMs = policy.holdDownMs ?? Math.max(...verdicts.map((verdict) => verdict.holdDownMs))
  const untilMs = Math.max(...verdicts.map((verdict) => readyAtMs(verdict, holdDownMs, nowMs)))
  if (untilMs <= nowMs) return undefined
  const damped = verdicts.find(({ penalty }) => isDamped(penalty, nowMs))
  const why =
    damped === undefined
      ? `is well, and must be so for ${holdDownMs / 1000} s`
      : `is well, but has flapped and is damped`
  return { guard: 'holdDown', message: `${where} ${why}`, untilMs }
}

function notInBudget(draft: FailoverDraft, overlay: FailoverOverlay, where: string): No | undefined {
  const { prefix, place, action } = overlay
  const untilMs = action === 'prepend' ? changeDueAtMs(draft, prefix, place) : cycleDueAtMs(draft, prefix, place)
  if (untilMs <= draft.input.nowMs) return undefined
  const what =
    action === 'prepend' ? 'its attributes changed less than 30 min ago' : 'it came back less than 20 min ago'
  return { guard: 'flap', message: `${where} stays as it is: ${what} (G15)`, untilMs }
}

/** One step: into the first stage, into the next, or plain. */
function advance(draft: FailoverDraft, state: PrefixState, overlay: FailoverOverlay, hurry: boolean): void {
  const { prepends, stageMs } = state.policy.return
  const pop = popOf(state, overlay)
  const stage = isStage(draft, state, overlay)
  if (overlay.action === 'prepend' && !stage) {
    draft.lift(overlay, { pop, what: 'change', weight: 0 })
    return
  }
  const prepend = prepends[stage ? prepends.indexOf(overlay.prepend ?? 3) + 1 : 0]
  const what = stage ? 'stage' : 'back'
  if (prepend === undefined || (stage && hurry)) {
    draft.lift(overlay, { pop, what, weight: 0 })
    return
  }
  const { graceSeconds: _, ...rest } = overlay
  const reason = `${placeText(overlay.place)} comes back, prepended ${prepend} ${prepend === 1 ? 'time' : 'times'} for ${stageMs / 1000} s`
  draft.lay({ ...rest, action: 'prepend', prepend, reason }, { pop, what, weight: 0 })
  draft.changesAt(draft.input.nowMs + stageMs)
}

function verdictsAt(draft: FailoverDraft, { policy, prefix }: PrefixState, { place }: FailoverOverlay) {
  const { all } = draft.input.verdicts
  return policy.checks.flatMap((check) =>
    [all.get(verdictKey(check, place)), all.get(verdictKey(check, place, prefix))].filter((one) => one !== undefined),
  )
}

function stageStartedAtMs(draft: FailoverDraft, overlay: FailoverOverlay): number {
  const atMs = draft.lastAtMs(overlay.prefix, overlay.place, 'back', 'stage')
  return atMs > -Infinity ? atMs : (draft.startedAtMs(overlay) ?? draft.input.nowMs)
}

function popOf({ lines }: PrefixState, { place }: FailoverOverlay): PopId {
  if (place.kind === 'pop') return place.pop
  for (const [pop, heard] of lines) if (heard.includes(place.neighbor)) return pop
  return place.neighbor as string as PopId
}

function unknown(message: string): No {
  return { guard: 'unknown', message }
}

function refuseBack(draft: FailoverDraft, { prefix, place, subject }: FailoverOverlay, no: No): void {
  draft.refuse({ ...no, wanted: 'back', prefix, place, subject })
}
