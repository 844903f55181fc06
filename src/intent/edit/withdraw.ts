/** Withdraw: stop announcing a prefix, at places or everywhere. Its document stays, with all that it says otherwise. */
import { parsePrefix } from '../../bgp/prefix.ts'
import { buildIntent } from '../build.ts'
import type { Documents } from '../lineage.ts'
import { placesOf } from '../places.ts'
import { narrow } from './coverage.ts'
import { type Edit, refusedEdit, replaceDocument, specOf, unknownDocument } from './edit.ts'
import { readSelectors } from './selectors.ts'

export interface Withdraw {
  readonly prefix: string
  /** Where; absent: everywhere. An empty list is refused: nothing is not everything (G4). */
  readonly at?: readonly string[]
}

export function withdraw(documents: Documents, verb: Withdraw): Edit {
  const prefix = parsePrefix(verb.prefix)
  if (!prefix.ok) return refusedEdit(prefix.problem)
  const current = specOf(documents, 'Prefix', prefix.value)
  if (current === undefined) return refusedEdit(unknownDocument(documents, 'Prefix', prefix.value))
  const target = { kind: 'Prefix', name: prefix.value } as const
  if (verb.at === undefined)
    return replaceDocument(documents, { ...target, spec: { ...current, at: [], except: [] } }, [prefix.value])
  if (verb.at.length === 0)
    return refusedEdit(`name at least one place to withdraw ${prefix.value} from, or leave it out for everywhere`)
  const places = placesOf(buildIntent(documents, 0).intent)
  const at = readSelectors(places, verb.at)
  if (!at.ok) return refusedEdit(at.problem)
  const spec = { ...current, ...narrow(places, current, at.value) }
  return replaceDocument(documents, { ...target, spec }, [prefix.value])
}
