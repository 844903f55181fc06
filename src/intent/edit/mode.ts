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

const what = { PathGroup: 'areas, regions or POPs', EntryGroup: 'prefixes of the group' } as const

export function setMode(documents: Documents, { group: name, mode, canary }: ModeVerb): Edit {
  for (const kind of ['PathGroup', 'EntryGroup'] as const) {
    const spec = specOf(documents, kind, name)
    if (spec === undefined) continue
    if (mode === 'canary' && (canary ?? spec.canary ?? []).length === 0)
      return refusedEdit(`say where in ${name} it may move something, with --canary: ${what[kind]}`)
    return replaceDocument(documents, { kind, name, spec: { ...spec, mode, ...(canary !== undefined && { canary }) } })
  }
  return refusedEdit(unknownDocument(documents, 'PathGroup', name))
}
