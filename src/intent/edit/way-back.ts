/** The way back: one revision undone, or a whole earlier set of documents restored (G14). */
import { type DocumentChange, type DocumentKey, splitKey } from '../document.ts'
import type { Documents } from '../lineage.ts'
import { type Edit, changesTo, edited, refusedEdit, sameSpec } from './edit.ts'

/** A revision as far as undoing looks at it. */
export interface PastRevision {
  readonly revision: number
  readonly changes: readonly DocumentChange[]
}

/**
 * Takes back what one revision changed, where nobody changed the same documents since. A staged change is taken back
 * whole, whichever stage it has come to, or when all of them are out.
 *
 * @param later revisions after it, so that the one in the way can be named
 */
export function revert(
  documents: Documents,
  changes: readonly DocumentChange[],
  later: readonly PastRevision[] = [],
): Edit {
  const blocked = changes.filter(
    (change) => !startsRollout(change) && !sameSpec(documents.get(change.key), change.after),
  )
  if (blocked.length > 0) return refusedEdit(blocked.map(({ key }) => changedSince(key, later)).join('; '))
  return edited(changes.flatMap(({ key, before }) => changesTo(documents, key, before)))
}

/**
 * Makes the documents what they were: what is not in the earlier set goes, all else is as it was. But what Herald had laid on
 * top by itself was about its own time: what has ended does not come back, and what stands stays as it is now.
 */
export function restoreTo(current: Documents, earlier: Documents): Edit {
  const restored = (key: DocumentKey): unknown => {
    const [was, is] = [earlier.get(key), current.get(key)]
    if (!isHeraldsOwn(key, was)) return was
    return isHeraldsOwn(key, is) ? is : undefined
  }
  const keys = new Set([...earlier.keys(), ...current.keys()])
  return edited([...keys].flatMap((key) => changesTo(current, key, restored(key))))
}

/** A failover, or what the path learner prefers. */
function isHeraldsOwn(key: DocumentKey, spec: unknown): boolean {
  if (spec === undefined) return false
  return splitKey(key).kind === 'Failover' || (spec as { readonly by?: unknown }).by === 'learner'
}

/** Its Rollout moves by itself after that. */
function startsRollout({ key, before }: DocumentChange): boolean {
  return splitKey(key).kind === 'Rollout' && before === undefined
}

function changedSince(key: DocumentKey, later: readonly PastRevision[]): string {
  const blocking = later.findLast(({ changes }) => changes.some((change) => change.key === key))
  const by = blocking === undefined ? 'was changed again since' : `was changed again by revision ${blocking.revision}`
  const first = blocking === undefined ? 'undo what came later first' : `undo revision ${blocking.revision} first`
  return `${key} ${by}; ${first}, or restore an earlier revision as a whole`
}
