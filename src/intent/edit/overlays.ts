/** Drain, override, freeze, and what lifts them. Ids and times are arguments. */
import { parsePrefix } from '../../bgp/prefix.ts'
import { buildIntent } from '../build.ts'
import { type DocumentChange, type Kind, documentKey } from '../document.ts'
import type { Documents } from '../lineage.ts'
import { placesOf } from '../places.ts'
import { type Spec, labelProblem } from '../schema.ts'
import { type WrittenAttributes, readAttributes } from './attributes.ts'
import { type Edit, edited, namesOf, refusedEdit, replaceDocument, sameSpec, specOf, unknownDocument } from './edit.ts'
import { unknownPlace, readSelectors } from './selectors.ts'

interface OverlaySpan {
  /** Name of the document that is made. */
  readonly id: string
  /** Milliseconds since the epoch, as all times here. */
  readonly startedAtMs: number
  readonly expiresAtMs?: number
}

/** Exactly one of the three. */
export interface DrainedPlace {
  readonly at?: string
  readonly speaker?: string
  readonly neighbor?: string
}

export interface DrainVerb extends OverlaySpan {
  readonly target: DrainedPlace
  /** Marked GRACEFUL_SHUTDOWN that long, seconds. Default: the Network's `drainSeconds`. */
  readonly graceSeconds?: number
  /** As written: it stays marked until its traffic is below this. */
  readonly untilIdle?: {
    readonly below: string
    readonly atMostSeconds?: number
    /** Traffic now, by name of the POP or neighbor. */
    readonly from: Readonly<Record<string, number>>
  }
  /** Communication with which the sessions of what is drained are shut down. */
  readonly shutdown?: string
  readonly forced?: boolean
}

export function drain(documents: Documents, { id, target, ...rest }: DrainVerb): Edit {
  const problem = idProblem(documents, 'Drain', id) ?? targetProblem(documents, target)
  if (problem !== undefined) return refusedEdit(problem)
  const { network } = buildIntent(documents, 0).intent
  const graceSeconds = rest.graceSeconds ?? network?.drainSeconds ?? 2
  return replaceDocument(documents, { kind: 'Drain', name: id, spec: { target, ...rest, graceSeconds } })
}

/** The traffic of drains that wait for that was seen to be gone. */
export function markIdle(documents: Documents, ids: readonly string[], idleAtMs: number): Edit {
  const changes: DocumentChange[] = []
  for (const id of ids) {
    const spec = specOf(documents, 'Drain', id)
    if (spec === undefined) return refusedEdit(unknownDocument(documents, 'Drain', id))
    const edit = replaceDocument(documents, { kind: 'Drain', name: id, spec: { ...spec, idleAtMs } })
    if (!edit.ok) return edit
    changes.push(...edit.changes)
  }
  return edited(changes)
}

/** Lifts a drain by its id, or every drain of exactly this place. */
export function undrain(
  documents: Documents,
  lifted: { readonly id: string } | { readonly target: DrainedPlace },
): Edit {
  if ('id' in lifted) return lift(documents, 'Drain', [lifted.id])
  const problem = targetProblem(documents, lifted.target)
  if (problem !== undefined) return refusedEdit(problem)
  const ids = namesOf(documents, 'Drain').filter((id) =>
    sameSpec(specOf(documents, 'Drain', id)?.target, lifted.target),
  )
  const place = lifted.target.at ?? lifted.target.speaker ?? lifted.target.neighbor
  return ids.length === 0 ? refusedEdit(`nothing drains ${place}`) : lift(documents, 'Drain', ids)
}

export interface OverrideVerb extends OverlaySpan {
  readonly prefix: string
  /** Where; absent: wherever the prefix is announced. */
  readonly at?: readonly string[]
  /** Toward this one; absent: toward all. */
  readonly neighbor?: string
  readonly attributes: WrittenAttributes
  readonly forced?: boolean
}

export function override(documents: Documents, { id, prefix, at, neighbor, attributes, ...rest }: OverrideVerb): Edit {
  const read = parsePrefix(prefix)
  if (!read.ok) return refusedEdit(read.problem)
  const problem = idProblem(documents, 'Override', id)
  if (problem !== undefined) return refusedEdit(problem)
  if (!documents.has(documentKey({ kind: 'Prefix', name: prefix })))
    return refusedEdit(unknownDocument(documents, 'Prefix', prefix))
  if (neighbor !== undefined && !documents.has(documentKey({ kind: 'Neighbor', name: neighbor })))
    return refusedEdit(unknownDocument(documents, 'Neighbor', neighbor))
  const selectors = readSelectors(placesOf(buildIntent(documents, 0).intent), at ?? [])
  if (!selectors.ok) return refusedEdit(selectors.problem)
  const said = readAttributes(attributes)
  if (!said.ok) return refusedEdit(said.problem)
  const spec = {
    prefix,
    ...(at !== undefined && { at: [...selectors.value] }),
    ...(neighbor !== undefined && { neighbor }),
    attributes: said.value,
    ...rest,
  }
  return replaceDocument(
    documents,
    { kind: 'Override', name: id, spec },
    said.value.announce === false ? [read.value] : [],
  )
}

/** Lifts an override by its id, or every override of a prefix. */
export function clearOverride(
  documents: Documents,
  lifted: { readonly id: string } | { readonly prefix: string },
): Edit {
  if ('id' in lifted) return lift(documents, 'Override', [lifted.id])
  const ids = namesOf(documents, 'Override').filter((id) => specOf(documents, 'Override', id)?.prefix === lifted.prefix)
  return ids.length === 0 ? refusedEdit(`nothing overrides ${lifted.prefix}`) : lift(documents, 'Override', ids)
}

export function freeze(documents: Documents, { id, ...spec }: OverlaySpan): Edit {
  const problem = idProblem(documents, 'Freeze', id)
  return problem === undefined ? replaceDocument(documents, { kind: 'Freeze', name: id, spec }) : refusedEdit(problem)
}

/** Lifts one freeze, or all of them. */
export function unfreeze(documents: Documents, lifted: { readonly id?: string } = {}): Edit {
  const ids = lifted.id === undefined ? namesOf(documents, 'Freeze') : [lifted.id]
  return ids.length === 0 ? refusedEdit('nothing is frozen') : lift(documents, 'Freeze', ids)
}

function lift(documents: Documents, kind: Kind, ids: readonly string[]): Edit {
  const unknown = ids.find((id) => !documents.has(documentKey({ kind, name: id })))
  if (unknown !== undefined) return refusedEdit(unknownDocument(documents, kind, unknown))
  const changes = ids.map((name): DocumentChange => {
    const key = documentKey({ kind, name })
    return { key, before: documents.get(key), after: undefined }
  })
  return edited(changes)
}

/** An overlay is never replaced by another under its name: lift it first, so that the audit shows both. */
function idProblem(documents: Documents, kind: Kind, id: string): string | undefined {
  const problem = labelProblem(id)
  if (problem !== undefined) return problem
  return documents.has(documentKey({ kind, name: id })) ? `there is a ${kind} "${id}" already` : undefined
}

function targetProblem(documents: Documents, target: Spec<'Drain'>['target'] | DrainedPlace): string | undefined {
  const { at, speaker, neighbor } = target
  if ([at, speaker, neighbor].filter((place) => place !== undefined).length !== 1)
    return 'name one of a place (area, region or POP), a speaker and a neighbor'
  if (at !== undefined) {
    const places = placesOf(buildIntent(documents, 0).intent)
    return places.has(at) ? undefined : unknownPlace(places, at)
  }
  const kind = speaker === undefined ? 'Neighbor' : 'Speaker'
  const name = speaker ?? neighbor ?? ''
  return documents.has(documentKey({ kind, name })) ? undefined : unknownDocument(documents, kind, name)
}
