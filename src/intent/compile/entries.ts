/**
 * Compile what steers entry: EntryPreferences in force → the MED of a prefix toward each line of the ASes concerned. Only
 * lines to an AS that is attached at the preferred POP get one: between others MED says nothing.
 */
import type { Asn } from '../../bgp/asn.ts'
import type { Prefix } from '../../bgp/prefix.ts'
import { type EntryGroup, type EntryPreference, entryMed } from '../entry.ts'
import type { Intent, Neighbor, PopId } from '../model.ts'
import { inOrder, neighborsOf, selectPops, speakersAt } from '../select.ts'
import type { OverlayTime } from './overlay-time.ts'

type Inventory = Pick<
  Intent,
  'areas' | 'regions' | 'pops' | 'speakers' | 'neighbors' | 'entryGroups' | 'entryPreferences'
>

/** One preference with what it chooses among. */
export interface LaidEntry {
  readonly preference: EntryPreference
  readonly pops: ReadonlySet<PopId>
  /** ASes that are attached at the preferred POP. */
  readonly asns: ReadonlySet<Asn>
}

/** What is laid on one prefix, in force now. */
export class Entries {
  readonly laid: readonly LaidEntry[]

  constructor(entries: readonly LaidEntry[], time: OverlayTime) {
    this.laid = entries.filter(({ preference }) => time.inForce(preference))
  }

  /** What chooses the MED toward a line at a POP, and the MED; undefined where nothing does. */
  toward({ asn }: Neighbor, pop: PopId): { readonly entry: LaidEntry; readonly med: number } | undefined {
    const entry = this.laid.find(({ pops, asns }) => pops.has(pop) && asns.has(asn))
    if (entry === undefined) return undefined
    return { entry, med: entry.preference.pop === pop ? entryMed.preferred : entryMed.other }
  }
}

/** What is laid on each prefix, started or not, in the order of the preferences' names. */
export function entriesByPrefix(intent: Inventory): ReadonlyMap<Prefix, readonly LaidEntry[]> {
  const byPrefix = new Map<Prefix, LaidEntry[]>()
  for (const preference of inOrder(intent.entryPreferences)) {
    const group = intent.entryGroups.get(preference.group)
    if (group === undefined) continue
    const pops = entryPops(intent, group)
    if (!pops.has(preference.pop)) continue
    const asns = new Set(linesAt(intent, group, preference.pop).map(({ asn }) => asn))
    for (const prefix of movedPrefixes(group, preference.by))
      byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), { preference, pops, asns }])
  }
  return byPrefix
}

/** Prefixes for which a word counts: a person's in every mode, the learner's where the mode lets it move. */
export function movedPrefixes({ mode, prefixes, canary }: EntryGroup, by: EntryPreference['by']): readonly Prefix[] {
  if (by === 'person' || mode === 'auto') return prefixes
  return mode === 'canary' ? prefixes.filter((prefix) => canary.includes(prefix)) : []
}

/** POPs of the group where one of its ASes is attached. */
export function entryPops(intent: Inventory, group: EntryGroup): ReadonlySet<PopId> {
  const pops = selectPops(intent, group.at, group.except)
  return new Set([...pops].filter((pop) => linesAt(intent, group, pop).length > 0))
}

/** Lines to ASes of the group at a POP, in id order. */
export function linesAt(intent: Inventory, { asns }: EntryGroup, pop: PopId): readonly Neighbor[] {
  return speakersAt(intent, [pop])
    .flatMap(({ id }) => neighborsOf(intent, id))
    .filter(({ asn }) => asns.includes(asn))
}
