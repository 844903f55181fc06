import { type DocumentChange, type DocumentKey, splitKey } from '../intent/document.ts'
import { redactDocument } from '../intent/redact.ts'
import type { DocumentDiff } from './wire/change.ts'

/** One document before and after, as the API shows it. */
export function documentDiff({ key, before, after }: DocumentChange): DocumentDiff {
  return {
    document: key,
    change: before === undefined ? 'create' : after === undefined ? 'delete' : 'change',
    ...(before !== undefined && { before: shownSpec(key, before) }),
    ...(after !== undefined && { after: shownSpec(key, after) }),
  }
}

/** A spec as the API shows it: passwords masked. */
export function shownSpec(key: DocumentKey, spec: unknown): unknown {
  return redactDocument({ ...splitKey(key), spec }).spec
}
