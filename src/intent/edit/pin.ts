/** `learner pin`, `learner unpin`: settings of the learner written into a group, or taken out, so that it tunes itself again. */
import type { Documents } from '../lineage.ts'
import type { Spec } from '../schema.ts'
import { type Edit, refusedEdit, replaceDocument, specOf, unknownDocument } from './edit.ts'

export interface PinVerb {
  /** Name of a PathGroup or an EntryGroup. */
  readonly group: string
  /** Laid over what is written already; absent: all of it is taken out. */
  readonly learning?: NonNullable<Spec<'PathGroup'>['learning']>
}

export function pin(documents: Documents, { group: name, learning }: PinVerb): Edit {
  for (const kind of ['PathGroup', 'EntryGroup'] as const) {
    const spec = specOf(documents, kind, name)
    if (spec === undefined) continue
    const { learning: before, ...rest } = spec
    if (learning === undefined)
      return before === undefined
        ? refusedEdit(`nothing is pinned for ${name}`)
        : replaceDocument(documents, { kind, name, spec: rest })
    const after = { ...before, ...learning }
    return replaceDocument(documents, { kind, name, spec: { ...rest, learning: after } })
  }
  return refusedEdit(unknownDocument(documents, 'PathGroup', name))
}
