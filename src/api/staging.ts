/**
 * `staged`: what an edit of Prefix documents changes goes out in stages (G5). The change as a whole has passed review by then;
 * here it is laid out: the effect at each POP, the stages, what is unwell already, and whether anything watches it.
 */
import { type Effect, effectsOf, planStages } from '../health/rollout-stages.ts'
import { type Seen, unwatchedPops, unwellBefore } from '../health/rollout-signs.ts'
import type { Moment } from '../intent/compile.ts'
import { OverlayTime } from '../intent/compile/overlay-time.ts'
import { type DocumentChange, splitKey } from '../intent/document.ts'
import { type Edit, stageChanges } from '../intent/edit.ts'
import { readSelectors } from '../intent/edit/selectors.ts'
import { unstageableBecause } from '../intent/edit/rollout.ts'
import type { Announcement, Intent, PopId } from '../intent/model.ts'
import { listed } from '../intent/nearest.ts'
import { placesOf } from '../intent/places.ts'
import { detectionMs } from '../intent/probers.ts'
import { durationText } from '../intent/schema/quantity.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { Store } from '../store/store.ts'
import type { HeadState } from './heads.ts'
import { ProblemError } from './problem.ts'
import type { StagedView, StagedWish } from './wire/rollout.ts'

/** What staging asks the store about; read before the edit, which is pure. */
export interface StagingFacts extends Seen {
  readonly loads: ReadonlyMap<PopId, number>
}

export async function stagingFacts({ health }: Pick<Store, 'health'>): Promise<StagingFacts> {
  const [all, alarms, traffic] = await Promise.all([health.verdicts(), health.alarms(), health.traffic()])
  const sick = new Map([...all].filter(([, { state }]) => state === 'sick'))
  const loads = new Map([...traffic.pops].map(([pop, { amount }]) => [pop, amount]))
  return { verdicts: { all, sick }, alarms, loads }
}

export interface StagingRequest {
  readonly wish: StagedWish
  readonly facts: StagingFacts
  readonly id: string
  readonly author: string
  readonly reason: string
  /** Guards of the change as a whole were overridden. */
  readonly forced: boolean
}

const defaultSettleMs = 30_000
const defaultGiveUpMs = 600_000

/** What an overlay hides now comes out all at once when that ends, and no stage would watch it. */
function hiddenBy({ overrides, freezes }: Intent, prefixes: readonly string[], { nowMs }: Moment): string {
  const time = new OverlayTime(freezes.values(), nowMs)
  const found = [...overrides.values()].find((one) => prefixes.includes(one.prefix) && time.inForce(one))
  if (found === undefined) return 'repeat it without --staged'
  return `Override/${found.id} lies on top of ${found.prefix}, and what it hides would come out all at once when it ends: first herald clear ${found.id}, or repeat it without --staged`
}

/** @throws a problem where the change cannot go out in stages */
export function stageEdit(
  head: HeadState,
  whole: Intent,
  edit: Extract<Edit, { readonly ok: true }>,
  request: StagingRequest,
  moment: Moment,
): { readonly changes: readonly DocumentChange[]; readonly view: StagedView } {
  const { wish, facts, id, author, reason, forced } = request
  const problem = unstageableBecause(edit.changes)
  if (problem !== undefined) throw new ProblemError(422, 'not-stageable', problem)
  const before = beforeOf(head.intent, edit.changes)
  const effects = effectsOf(head.intent, whole, before.keys(), moment)
  if (effects.size === 0)
    throw new ProblemError(
      422,
      'nothing-to-stage',
      `this changes no announcement anywhere now, so there is nothing for stages; ${hiddenBy(whole, [...before.keys()], moment)}`,
    )
  const canary = canaryOf(whole, effects, wish.canary ?? [])
  const unwell = unwellBefore(head.intent, whole, { before, pops: effects.keys() }, facts, moment)
  const sick = new Set(unwell.map(({ pop }) => pop))
  const stages = planStages(effects, { canary, sick, loads: facts.loads })
  const unwatched = unwatchedPops(whole, { before, stages }, moment)
  const ungated = wish.ungated === true
  if (unwatched.length > 0 && !ungated) throw notGated(unwatched)
  const { settleMs, giveUpMs } = timesOf(whole, before.keys(), wish)
  const staged = stageChanges(head.documents, edit, {
    id,
    stages: stages.map((pops) => [...pops]),
    settle: durationText(settleMs),
    giveUp: durationText(giveUpMs),
    unwell: unwell.map(({ key }) => key).toSorted(),
    ungated,
    forced,
    startedAtMs: moment.nowMs,
    author,
    reason,
  })
  if (!staged.ok) throw new ProblemError(422, 'not-stageable', staged.problem)
  const view = {
    rollout: id,
    stages: stages.map((pops) => stageView(pops, effects)),
    settleSeconds: settleMs / 1000,
    giveUpSeconds: giveUpMs / 1000,
    ungated,
    unwatched: [...unwatched],
  }
  return { changes: staged.changes, view }
}

function beforeOf(intent: Intent, changes: readonly DocumentChange[]): ReadonlyMap<Prefix, Announcement | undefined> {
  return new Map(
    changes.map(({ key }) => {
      const prefix = splitKey(key).name as Prefix
      return [prefix, intent.prefixes.get(prefix)]
    }),
  )
}

/** A canary where the change does nothing would prove nothing. */
function canaryOf(intent: Intent, effects: ReadonlyMap<PopId, Effect>, names: readonly string[]): readonly PopId[] {
  const places = placesOf(intent)
  const read = readSelectors(places, names)
  if (!read.ok) throw new ProblemError(422, 'unknown-canary', `canary: ${read.problem}`)
  const pops = [...new Set(read.value.flatMap((selector) => [...places.pops(selector)]))].toSorted()
  const idle = pops.filter((pop) => !effects.has(pop))
  if (idle.length > 0 || (names.length > 0 && pops.length === 0))
    throw new ProblemError(
      422,
      'idle-canary',
      `the change does nothing at ${pops.length === 0 ? listed(names) : listed(idle)}, so no canary can be there; it does something at ${listed([...effects.keys()].toSorted())}`,
    )
  return pops
}

function notGated(unwatched: readonly PopId[]): ProblemError {
  return new ProblemError(
    422,
    'not-gated',
    `nothing would notice that it breaks ${listed(unwatched)}: no Check of the prefix's failover policy is probed there. Name one` +
      ' (spec.failover.checks of the Prefix, and an Agent), or say --ungated: then a stage is read back and watched for lost sessions only',
  )
}

function timesOf(
  intent: Intent,
  prefixes: Iterable<Prefix>,
  { settleSeconds, giveUpSeconds }: StagedWish,
): { readonly settleMs: number; readonly giveUpMs: number } {
  const checks = [...prefixes].flatMap((prefix) => intent.prefixes.get(prefix)?.failover?.checks ?? [])
  const settleMs =
    settleSeconds === undefined ? Math.max(defaultSettleMs, detectionMs(intent, checks)) : settleSeconds * 1000
  const giveUpMs = giveUpSeconds === undefined ? Math.max(defaultGiveUpMs, 2 * settleMs) : giveUpSeconds * 1000
  if (giveUpMs <= settleMs)
    throw new ProblemError(
      422,
      'gives-up-too-soon',
      `a stage would be given up after ${durationText(giveUpMs)}, before it has settled for ${durationText(settleMs)}; give it longer (--give-up), or settle for less (--settle)`,
    )
  return { settleMs, giveUpMs }
}

function stageView(pops: readonly PopId[], effects: ReadonlyMap<PopId, Effect>): StagedView['stages'][number] {
  const sum = { adds: 0, changes: 0, takesAway: 0 }
  for (const pop of pops) {
    const effect = effects.get(pop)
    sum.adds += effect?.adds ?? 0
    sum.changes += effect?.changes ?? 0
    sum.takesAway += effect?.takesAway ?? 0
  }
  return { pops: [...pops], ...sum }
}
