/** `prefer … --enter`: at which POP the ASes of an EntryGroup shall enter, or that nobody chooses any more. */
import { buildIntent } from '../build.ts'
import { entryPops } from '../compile/entries.ts'
import { documentKey } from '../document.ts'
import type { EntryGroupId, EntryPreference } from '../entry.ts'
import type { Documents } from '../lineage.ts'
import { listed } from '../nearest.ts'
import type { PopId } from '../model.ts'
import { type Edit, edited, refusedEdit, replaceDocument, unknownDocument } from './edit.ts'

export interface EnterVerb {
  readonly group: string
  /** Absent: nobody chooses. */
  readonly pop?: string
  readonly by: EntryPreference['by']
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number
  readonly expiresAtMs?: number
  readonly reason: string
}

/** One EntryPreference a group, called like it. Preferring what is preferred changes nothing. */
export function enter(documents: Documents, { group, pop, by, ...said }: EnterVerb): Edit {
  const { intent } = buildIntent(documents, 0)
  const found = intent.entryGroups.get(group as EntryGroupId)
  if (found === undefined) return refusedEdit(unknownDocument(documents, 'EntryGroup', group))
  const before = [...intent.entryPreferences.values()].find((one) => one.group === group)
  if (pop === undefined) {
    if (before === undefined) return refusedEdit(`no entry is preferred for ${group}`)
    const key = documentKey({ kind: 'EntryPreference', name: before.id })
    return edited([{ key, before: documents.get(key), after: undefined }])
  }
  if (!documents.has(documentKey({ kind: 'Pop', name: pop })))
    return refusedEdit(unknownDocument(documents, 'Pop', pop))
  const pops = entryPops(intent, found)
  if (!pops.has(pop as PopId))
    return refusedEdit(`no AS of ${group} is attached at ${pop}; they are at ${listed([...pops].sort()) || 'none'}`)
  const same = before?.pop === pop && before.by === by && before.expiresAtMs === said.expiresAtMs
  if (same && (before.expiresAtMs ?? Infinity) > said.startedAtMs) return edited([])
  const spec = { group, pop, by, ...said }
  return replaceDocument(documents, { kind: 'EntryPreference', name: before?.id ?? group, spec })
}
