/**
 * `learner approve`: what moves clients between ASes, where MED cannot. Toward lines of ASes that are attached where the
 * traffic enters and not where it shall, the prefix is prepended once more, or given the community with which that AS
 * prefers it less, where the group names one.
 */
import { applyChanges, buildIntent } from '../build.ts'
import { prependToward } from '../check/entry.ts'
import { entryPops, linesAt } from '../compile/entries.ts'
import type { DocumentChange } from '../document.ts'
import type { EntryGroup, EntryGroupId } from '../entry.ts'
import type { Documents } from '../lineage.ts'
import type { Intent, Neighbor, PopId } from '../model.ts'
import { listed } from '../nearest.ts'
import type { WrittenAttributes } from './attributes.ts'
import { type Edit, edited, refusedEdit, unknownDocument } from './edit.ts'
import { publish } from './publish.ts'

export interface DemoteVerb {
  readonly group: string
  /** Where the traffic enters, and where it shall. */
  readonly from: string
  readonly to: string
}

export function demote(documents: Documents, { group: name, from, to }: DemoteVerb): Edit {
  const { intent } = buildIntent(documents, 0)
  const group = intent.entryGroups.get(name as EntryGroupId)
  if (group === undefined) return refusedEdit(unknownDocument(documents, 'EntryGroup', name))
  const lines = demotedLines(intent, group, from as PopId, to as PopId)
  if (lines.length === 0)
    return refusedEdit(`every AS of ${name} that is attached at ${from} is attached at ${to} as well; MED moves it`)
  const changes = new Map<string, DocumentChange>()
  let after = documents
  for (const prefix of group.prefixes) {
    const words: Record<string, WrittenAttributes> = {}
    const full: string[] = []
    for (const line of lines) {
      const announcement = intent.prefixes.get(prefix)
      const pop = intent.speakers.get(line.speaker)?.pop
      if (announcement === undefined || pop === undefined) continue
      const community = group.demote.get(line.asn)
      const prepend = prependToward(announcement, pop, line) + 1
      const known = announcement.neighbors.get(line.id)?.communities ?? []
      if (community !== undefined) words[line.id] = { communities: [...known, community] }
      else if (prepend <= 3) words[line.id] = { prepend: prepend as 1 | 2 | 3 }
      else full.push(line.id)
    }
    if (full.length > 0)
      return refusedEdit(
        `${prefix} is prepended three times toward ${listed(full)} already; write a community of these ASes as demote in EntryGroup/${name}`,
      )
    const edit = publish(after, { prefix, at: [], neighbors: words })
    if (!edit.ok) return edit
    for (const change of edit.changes) changes.set(change.key, change)
    after = applyChanges(after, edit.changes)
  }
  return edited([...changes.values()])
}

/** In id order. */
export function demotedLines(intent: Intent, group: EntryGroup, from: PopId, to: PopId): readonly Neighbor[] {
  const there = new Set(linesAt(intent, group, to).map(({ asn }) => asn))
  const asns = new Set(linesAt(intent, group, from).flatMap(({ asn }) => (there.has(asn) ? [] : asn)))
  return [...entryPops(intent, group)]
    .flatMap((pop) => linesAt(intent, group, pop))
    .filter(({ asn }) => asns.has(asn))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
}
