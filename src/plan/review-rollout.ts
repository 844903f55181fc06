/**
 * Guards around staged changes (G5), for people and automation alike:
 *   1. a prefix that goes out in stages is not changed under way, but by ending the Rollout in the same revision;
 *   2. nobody writes a Rollout by hand: what it holds is put back without question (below), so it must be what stood.
 *      `--staged` makes one, a stage more or its end changes it, and the way back (undo, restore) may bring one back;
 *   3. automation moves a Rollout by one stage, ends it after the last, or puts back what it holds, and writes nothing else.
 * Going back to what stood is refused by no guard on losses: the plan holds the floor (G1) while it goes.
 */
import type { Prefix } from '../bgp/prefix.ts'
import { inventoryOf } from '../intent/compile/inventory.ts'
import { type DocumentChange, splitKey } from '../intent/document.ts'
import { sameSpec } from '../intent/edit/edit.ts'
import { goesBack } from '../intent/edit/rollout.ts'
import type { Intent } from '../intent/model.ts'
import type { Spec } from '../intent/schema.ts'
import type { Refusal } from './review.ts'

/** Author of every revision in which automation moves a staged change. */
export const rolloutAuthor = 'herald:rollout'

export function refuseUnderRollout(
  before: Intent,
  after: Intent,
  changes: readonly DocumentChange[],
): readonly Refusal[] {
  if (before.rollouts.size === 0) return []
  return changes.flatMap(({ key }) => {
    const { kind, name } = splitKey(key)
    const rollout = kind === 'Prefix' ? inventoryOf(before).rolloutOf(name as Prefix) : undefined
    if (rollout === undefined || !after.rollouts.has(rollout.id)) return []
    const { id, stage, stages } = rollout
    const message =
      `${name} is going out in stages (Rollout/${id}, stage ${stage} of ${stages.length}); wait for its end, or first:` +
      ` herald rollout abort ${id}. What cannot wait goes on top: herald override ${name} --at PLACE --withhold, or herald drain PLACE.`
    return [{ guard: 'G5', code: 'rolling-out', forceable: false, document: key, message }]
  })
}

export function refuseHandWritten(changes: readonly DocumentChange[]): readonly Refusal[] {
  return changes
    .filter(
      ({ key, before, after }) => splitKey(key).kind === 'Rollout' && after !== undefined && !isStage(before, after),
    )
    .map(({ key }) => ({
      guard: 'G5',
      code: 'hand-written-rollout',
      forceable: false,
      document: key,
      message: `${key} is not written by hand, because what it holds is put back without question: change the prefix with --staged, and move it with herald rollout advance or abort.`,
    }))
}

export function refuseAllButRollout(changes: readonly DocumentChange[]): readonly Refusal[] {
  if (goesBack(changes)) return []
  const [only] = changes
  if (changes.length === 1 && only !== undefined && isStep(only)) return []
  return changes.map(({ key }) => ({
    guard: 'G5',
    code: 'not-a-stage',
    forceable: false,
    document: key,
    message: `Automation moves a staged change by one stage, ends it, or puts back what it holds; what it wants of ${key} is none of that.`,
  }))
}

function isStep({ key, before, after }: DocumentChange): boolean {
  if (splitKey(key).kind !== 'Rollout' || before === undefined) return false
  if (after !== undefined) return isStage(before, after)
  const { stage, stages } = before as Spec<'Rollout'>
  return stage === stages.length
}

function isStage(before: unknown, after: unknown): boolean {
  if (before === undefined) return false
  const [was, is] = [before, after] as [Spec<'Rollout'>, Spec<'Rollout'>]
  return is.stage === was.stage + 1 && sameSpec({ ...was, stage: is.stage, stageAtMs: is.stageAtMs }, is)
}
