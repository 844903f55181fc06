/** Documents as they are written in manifests, put in place as a whole; removal never without explicit words (G4). */
import { type Prefix, parsePrefix } from '../../bgp/prefix.ts'
import { type Document, type DocumentChange, type DocumentKey, documentKey, splitKey } from '../document.ts'
import type { Documents } from '../lineage.ts'
import { keepMasked } from '../redact.ts'
import { readDocument } from '../schema.ts'
import { type Edit, changesTo, edited, refusedEdit, unknownDocument } from './edit.ts'

/** Operations of the moment, not part of what manifests describe: pruning leaves them alone. */
const overlays: ReadonlySet<string> = new Set([
  'Drain',
  'Override',
  'Failover',
  'Preference',
  'EntryPreference',
  'Rollout',
  'Freeze',
])

/**
 * Every incoming document is created or replaced. With `prune`, documents of the kinds that come in and are not among
 * them are deleted, overlays excepted. Documents may be as written; a masked password stands for the one there is.
 */
export function applyDocuments(
  documents: Documents,
  incoming: readonly Document[],
  { prune }: { readonly prune: boolean },
): Edit {
  if (incoming.length === 0 && prune)
    return refusedEdit(
      'nothing was given to apply, and pruning would delete everything; delete documents by name instead',
    )
  const changes: DocumentChange[] = []
  const given = new Set<DocumentKey>()
  const problems: string[] = []
  for (const document of incoming) {
    const key = documentKey(document)
    const read = readDocument(document)
    if (given.has(key)) problems.push(`${key} is given twice; keep one`)
    else if (read.ok) changes.push(...changesTo(documents, key, keepMasked(read.document, documents.get(key)).spec))
    else problems.push(...read.findings.map(({ pointer, message }) => `${key}${pointer}: ${message}`))
    given.add(key)
  }
  if (problems.length > 0) return refusedEdit(problems.join('; '))
  if (prune) changes.push(...pruned(documents, given))
  return edited(changes)
}

/** Deletes documents by name. */
export function removeDocuments(documents: Documents, keys: readonly DocumentKey[]): Edit {
  const named: Prefix[] = []
  const changes: DocumentChange[] = []
  for (const key of new Set(keys)) {
    const { kind, name } = splitKey(key)
    if (!documents.has(key)) return refusedEdit(unknownDocument(documents, kind, name))
    const prefix = kind === 'Prefix' ? parsePrefix(name) : undefined
    if (prefix?.ok === true) named.push(prefix.value)
    changes.push({ key, before: documents.get(key), after: undefined })
  }
  return edited(changes, named)
}

function pruned(documents: Documents, given: ReadonlySet<DocumentKey>): readonly DocumentChange[] {
  const kinds = new Set([...given].map((key) => splitKey(key).kind))
  const changes: DocumentChange[] = []
  for (const [key, before] of documents) {
    const { kind } = splitKey(key)
    if (!given.has(key) && kinds.has(kind) && !overlays.has(kind)) changes.push({ key, before, after: undefined })
  }
  return changes
}
