/**
 * The edits of a staged change (G5): what an edit of Prefix documents changes goes out in stages; a stage more; all of it
 * back. Each is one set of changes, so that one revision does it whole or not at all.
 */
import { type DocumentChange, type DocumentKey, documentKey, splitKey } from '../document.ts'
import type { Documents } from '../lineage.ts'
import { listed } from '../nearest.ts'
import type { Spec } from '../schema.ts'
import { prefixesAtMost } from '../schema/rollout.ts'
import { type Edit, edited, refusedEdit, replaceDocument, sameSpec, specOf, unknownDocument } from './edit.ts'

/** What staging adds to an edit. */
export interface Staging extends Omit<Spec<'Rollout'>, 'prefixes' | 'stage' | 'stageAtMs'> {
  readonly id: string
}

/** Why these changes cannot go out in stages, in a sentence with the way out; undefined: they can. */
export function unstageableBecause(changes: readonly DocumentChange[]): string | undefined {
  const others = changes.filter(({ key }) => splitKey(key).kind !== 'Prefix')
  if (others.length > 0)
    return `only changes of Prefix documents go out in stages, and these are others: ${listed(others.map(({ key }) => key))}; apply those first, without --staged`
  const deleted = changes.filter(({ after }) => after === undefined)
  if (deleted.length > 0)
    return `deleting ${listed(deleted.map(({ key }) => key))} is nothing for stages: withdraw it in stages (herald withdraw PREFIX --everywhere --staged), then delete the document`
  if (changes.length > prefixesAtMost)
    return `${changes.length} prefixes are too many for one staged change: change at most ${prefixesAtMost} at once`
  const policies = changes.filter(({ before, after }) => before !== undefined && !samePart(before, after, 'failover'))
  if (policies.length > 0)
    return `"failover" of ${listed(policies.map(({ key }) => key))} changes as well, and who watches a change must not change with it; apply that first, without --staged`
  const adopting = changes.filter(({ before, after }) => !samePart(before, after, 'adopt'))
  if (adopting.length > 0)
    return `"adopt" of ${listed(adopting.map(({ key }) => key))} changes as well, and a path that was taken over has no way back; apply that first, without --staged`
  return undefined
}

/** The same changes, and the Rollout that holds what was before. */
export function stageChanges(documents: Documents, edit: Edit, { id, ...staging }: Staging): Edit {
  if (!edit.ok) return edit
  const problem = unstageableBecause(edit.changes)
  if (problem !== undefined) return refusedEdit(problem)
  const spec = {
    prefixes: edit.changes.map(({ key, before }) => ({
      prefix: splitKey(key).name,
      ...(before !== undefined && { before }),
    })),
    ...staging,
    stage: 1,
    stageAtMs: staging.startedAtMs,
  }
  const rollout = replaceDocument(documents, { kind: 'Rollout', name: id, spec })
  return rollout.ok ? edited([...edit.changes, ...rollout.changes], edit.named) : rollout
}

/** The next stage goes out; after the last one nothing is left to hold, and the Rollout goes. */
export function advanceRollout(documents: Documents, id: string, nowMs: number): Edit {
  const spec = specOf(documents, 'Rollout', id)
  if (spec === undefined) return refusedEdit(unknownDocument(documents, 'Rollout', id))
  if (spec.stage >= spec.stages.length) return edited([deletion(documents, keyOf(id))])
  return replaceDocument(documents, {
    kind: 'Rollout',
    name: id,
    spec: { ...spec, stage: spec.stage + 1, stageAtMs: nowMs },
  })
}

/** Every prefix is as it was before, at once; the Rollout goes. */
export function rollBack(documents: Documents, id: string): Edit {
  const spec = specOf(documents, 'Rollout', id)
  if (spec === undefined) return refusedEdit(unknownDocument(documents, 'Rollout', id))
  const changes: DocumentChange[] = spec.prefixes.flatMap(({ prefix, before: after }) => {
    const key = documentKey({ kind: 'Prefix', name: prefix })
    const before = documents.get(key)
    return sameSpec(before, after) ? [] : [{ key, before, after }]
  })
  return edited([...changes, deletion(documents, keyOf(id))])
}

export interface RolloutNews {
  readonly id: string
  /** `rolled-back`: its prefixes are as they were; `replaced`: it ended together with other changes. */
  readonly what: 'started' | 'stage' | 'done' | 'rolled-back' | 'replaced'
  /** Stages that are out, or were. */
  readonly stage: number
  readonly of: number
}

/** What a set of changes does to staged changes. */
export function rolloutNews(changes: readonly DocumentChange[]): readonly RolloutNews[] {
  return changes.flatMap(({ key, before, after }) => {
    const { kind, name: id } = splitKey(key)
    if (kind !== 'Rollout') return []
    const { stage, stages } = (after ?? before) as Spec<'Rollout'>
    const what = before === undefined ? 'started' : after === undefined ? endOf(changes, before) : 'stage'
    return [{ id, what, stage, of: stages.length } as const]
  })
}

/** True where the changes put back exactly what one or more Rollouts hold, and nothing else. */
export function goesBack(changes: readonly DocumentChange[]): boolean {
  const held = new Map<DocumentKey, unknown>()
  for (const { key, before, after } of changes)
    if (splitKey(key).kind === 'Rollout' && before !== undefined && after === undefined)
      for (const one of (before as Spec<'Rollout'>).prefixes)
        held.set(documentKey({ kind: 'Prefix', name: one.prefix }), one.before)
  if (held.size === 0) return false
  const others = changes.filter(({ key, after }) => splitKey(key).kind !== 'Rollout' || after !== undefined)
  return others.length > 0 && others.every(({ key, after }) => held.has(key) && sameSpec(held.get(key), after))
}

function endOf(changes: readonly DocumentChange[], before: unknown): RolloutNews['what'] {
  const { prefixes } = before as Spec<'Rollout'>
  const own = prefixes.flatMap((one) => {
    const change = changes.find(({ key }) => key === documentKey({ kind: 'Prefix', name: one.prefix }))
    return change === undefined ? [] : [sameSpec(change.after, one.before)]
  })
  if (own.length === 0) return 'done'
  return own.every(Boolean) ? 'rolled-back' : 'replaced'
}

function keyOf(id: string): DocumentKey {
  return documentKey({ kind: 'Rollout', name: id })
}

function deletion(documents: Documents, key: DocumentKey): DocumentChange {
  return { key, before: documents.get(key), after: undefined }
}

/** A list that says nothing is as good as none. */
function samePart(a: unknown, b: unknown, part: 'failover' | 'adopt'): boolean {
  const [was, is] = [a, b].map((spec) => (spec as Partial<Spec<'Prefix'>> | undefined)?.[part] ?? [])
  return sameSpec(was, is)
}
