/** `prefer`: which path of a group a POP takes, or that BGP chooses by itself again. */
import { markNumber } from '../../bgp/mark.ts'
import { buildIntent } from '../build.ts'
import { documentKey } from '../document.ts'
import type { Documents } from '../lineage.ts'
import { listed } from '../nearest.ts'
import type { PathGroupId, Preference } from '../steering.ts'
import { type Edit, edited, refusedEdit, replaceDocument, unknownDocument } from './edit.ts'

export interface PreferVerb {
  readonly group: string
  readonly pop: string
  /** Absent: none, BGP chooses by itself. */
  readonly path?: string
  readonly by: Preference['by']
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number
  readonly expiresAtMs?: number
  readonly reason: string
}

/** One Preference a group and POP: the one there is changes, or goes. Preferring what is preferred changes nothing. */
export function prefer(documents: Documents, { group, pop, path, by, ...said }: PreferVerb): Edit {
  const { pathGroups, preferences } = buildIntent(documents, 0).intent
  const found = pathGroups.get(group as PathGroupId)
  if (found === undefined) return refusedEdit(unknownDocument(documents, 'PathGroup', group))
  if (!documents.has(documentKey({ kind: 'Pop', name: pop })))
    return refusedEdit(unknownDocument(documents, 'Pop', pop))
  const before = [...preferences.values()].find((one) => one.group === group && one.pop === pop)
  if (path === undefined) {
    if (before === undefined) return refusedEdit(`nothing is preferred for ${group} at ${pop}`)
    const key = documentKey({ kind: 'Preference', name: before.id })
    return edited([{ key, before: documents.get(key), after: undefined }])
  }
  if (!found.paths.has(path))
    return refusedEdit(`${group} has no path "${path.slice(0, 80)}"; known: ${listed([...found.paths.keys()])}`)
  const same = before?.path === path && before.by === by && before.expiresAtMs === said.expiresAtMs
  if (same && (before.expiresAtMs ?? Infinity) > said.startedAtMs) return edited([])
  const spec = { group, pop, path, by, ...said }
  return replaceDocument(documents, { kind: 'Preference', name: before?.id ?? preferenceName(group, pop), spec })
}

const longestName = 63

/** `origin-fra`; shortened, with a hash, where both names are long. */
function preferenceName(group: string, pop: string): string {
  const name = `${group}-${pop}`
  if (name.length <= longestName) return name
  const hash = markNumber(`${group} ${pop}`).toString(16).padStart(8, '0')
  return `${name.slice(0, longestName - 9).replace(/-+$/, '')}-${hash}`
}
