/** `learner mode`: what the path learner may do in a group. */
import type { Documents } from '../lineage.ts'
import type { SteeringMode } from '../steering.ts'
import { type Edit, refusedEdit, replaceDocument, specOf, unknownDocument } from './edit.ts'

export interface ModeVerb {
  /** Name of a PathGroup or an EntryGroup. */
  readonly group: string
  readonly mode: SteeringMode
  /** Mode canary: places of a PathGroup, prefixes of an EntryGroup; absent: those that are written already. */
  readonly canary?: readonly string[]
}

export function setMode(documents: Documents, { group: name, mode, canary }: ModeVerb): Edit {
  for (const kind of ['PathGroup', 'EntryGroup'] as const) {
    const spec = specOf(documents, kind, name)
    if (spec === undefined) continue
    return replaceDocument(documents, { kind, name, spec: { ...spec, mode, ...(canary !== undefined && { canary }) } })
  }
  return refusedEdit(unknownDocument(documents, 'PathGroup', name))
}
