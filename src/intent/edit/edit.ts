/**
 * What an edit is: from the documents as they are to changes, or one sentence why not. Edits are pure; ids and times are
 * arguments. An edit never touches a document that it does not speak of.
 */
import type { Prefix } from '../../bgp/prefix.ts'
import { type Document, type DocumentChange, type DocumentKey, type Kind, documentKey, splitKey } from '../document.ts'
import type { Documents } from '../lineage.ts'
import { didYouMean, listed } from '../nearest.ts'
import { type Spec, readDocument } from '../schema.ts'

export type Edit =
  | {
      readonly ok: true
      readonly changes: readonly DocumentChange[]
      /** Prefixes that the person named for removal. */
      readonly named: readonly Prefix[]
    }
  | { readonly ok: false; readonly problem: string }

export function edited(changes: readonly DocumentChange[], named: readonly Prefix[] = []): Edit {
  return { ok: true, changes, named }
}

export function refusedEdit(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem }
}

/** The spec of a document in the store, by name; undefined where there is none or it cannot be read. */
export function specOf<K extends Kind>(documents: Documents, kind: K, name: string): Spec<K> | undefined {
  const key = documentKey({ kind, name })
  if (!documents.has(key)) return undefined
  const read = readDocument({ kind, name, spec: documents.get(key) })
  return read.ok ? (read.document.spec as Spec<K>) : undefined
}

/** One document becomes this; refused in the schema's words where it cannot. No change where it is that already. */
export function replaceDocument(documents: Documents, document: Document, named: readonly Prefix[] = []): Edit {
  const read = readDocument(document)
  if (!read.ok) return refusedEdit(read.findings.map(({ pointer, message }) => `${pointer}: ${message}`).join('; '))
  return edited(changesTo(documents, documentKey(document), read.document.spec), named)
}

/** No change where the document says that already. */
export function changesTo(documents: Documents, key: DocumentKey, after: unknown): readonly DocumentChange[] {
  const before = documents.get(key)
  return sameSpec(before, after) ? [] : [{ key, before, after }]
}

/** Equal as JSON, whatever the order of fields. */
export function sameSpec(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => sameSpec(item, b[i]))
  const left = Object.entries(a)
  return (
    left.length === Object.keys(b).length &&
    left.every(([field, value]) => Object.hasOwn(b, field) && sameSpec(value, (b as Record<string, unknown>)[field]))
  )
}

export function namesOf(documents: Documents, kind: Kind): readonly string[] {
  return [...documents.keys()]
    .map(splitKey)
    .filter((key) => key.kind === kind)
    .map(({ name }) => name)
}

/** `there is no Pop "fro"; did you mean "fra"?`, or with those there are. */
export function unknownDocument(documents: Documents, kind: Kind, name: string): string {
  const known = namesOf(documents, kind).toSorted()
  const meant = didYouMean(name, known)
  const others = known.length === 0 ? ', nor any other' : `; known: ${listed(known)}`
  return `there is no ${kind} "${name.slice(0, 80)}"${meant === '' ? others : meant}`
}
