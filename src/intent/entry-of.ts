/** From canonical EntryGroup and EntryPreference documents to their values. */
import type { Asn } from '../bgp/asn.ts'
import type { EntryGroup, EntryGroupId, EntryPreference } from './entry.ts'
import type { Spec } from './schema/specs.ts'

export function entryGroupOf(id: EntryGroupId, { demote, ...rest }: Spec<'EntryGroup'>): EntryGroup {
  return { id, ...rest, demote: new Map(Object.entries(demote).map(([asn, said]) => [Number(asn) as Asn, said])) }
}

export function entryPreferenceOf(id: string, spec: Spec<'EntryPreference'>): EntryPreference {
  return { id, ...spec }
}
