/** From canonical EntryGroup and EntryPreference documents to their values. */
import type { Asn } from '../bgp/asn.ts'
import type { EntryGroup, EntryGroupId, EntryPreference } from './entry.ts'
import type { Spec } from './schema/specs.ts'
import { learningPart } from './steering-of.ts'

export function entryGroupOf(id: EntryGroupId, { demote, learning, ...rest }: Spec<'EntryGroup'>): EntryGroup {
  const demoting = new Map(Object.entries(demote).map(([asn, said]) => [Number(asn) as Asn, said]))
  return { id, ...rest, ...learningPart(learning), demote: demoting }
}

export function entryPreferenceOf(id: string, spec: Spec<'EntryPreference'>): EntryPreference {
  return { id, ...spec }
}
