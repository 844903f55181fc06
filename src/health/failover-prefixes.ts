/**
 * What people's intent says of every prefix that automation may touch: the part of a failover decision's input that comes
 * from documents. Compiled without what automation itself laid on, so that a decision never reads its own echo.
 */
import type { Prefix } from '../bgp/prefix.ts'
import { type Moment, compilePrefix } from '../intent/compile.ts'
import type { Announcement, Intent, NeighborId, PopId } from '../intent/model.ts'
import { neighborsOf, selectPops, speakersAt } from '../intent/select.ts'
import type { PrefixState } from './failover-input.ts'

/**
 * Prefixes with a failover policy, in order of name.
 * @param announcedAt POPs where a prefix is in the RIB, read back; a POP that cannot be read is not among them
 */
export function failoverPrefixes(
  intent: Intent,
  moment: Moment,
  announcedAt: (prefix: Prefix) => ReadonlySet<PopId>,
): readonly PrefixState[] {
  const people = peopleOnly(intent)
  const covers = new Set<Prefix>()
  for (const { failover } of intent.prefixes.values()) if (failover?.cover !== undefined) covers.add(failover.cover)
  const found: PrefixState[] = []
  for (const announcement of intent.prefixes.values()) {
    const { failover, prefix } = announcement
    if (failover === undefined) continue
    const desired = compilePrefix(people, prefix, moment)
    if (desired === undefined) continue
    const backup = selectPops(intent, failover.backup)
    const pops = new Set<PopId>()
    for (const { pop } of desired.sites.values()) pops.add(pop)
    found.push({
      prefix,
      policy: failover,
      floor: desired.floor,
      desired: pops,
      announced: announcedAt(prefix),
      backup,
      lines: linesOf(intent, announcement, pops.union(backup)),
      isCover: covers.has(prefix),
    })
  }
  return found.sort((a, b) => (a.prefix < b.prefix ? -1 : 1))
}

/** Announcements, one a prefix and POP, that people want: what G2 counts in shares of. */
export function countAnnouncements(intent: Intent, moment: Moment): number {
  const people = peopleOnly(intent)
  let count = 0
  for (const prefix of intent.prefixes.keys()) {
    const pops = new Set<PopId>()
    for (const { pop } of compilePrefix(people, prefix, moment)?.sites.values() ?? []) pops.add(pop)
    count += pops.size
  }
  return count
}

const stripped = new WeakMap<Intent, Intent>()

function peopleOnly(intent: Intent): Intent {
  if (intent.failovers.size === 0) return intent
  let people = stripped.get(intent)
  if (people === undefined) {
    people = { ...intent, failovers: new Map() }
    stripped.set(intent, people)
  }
  return people
}

/** Lines toward which nobody withholds it in the documents. */
function linesOf(
  intent: Intent,
  { neighbors }: Announcement,
  pops: ReadonlySet<PopId>,
): ReadonlyMap<PopId, readonly NeighborId[]> {
  const lines = new Map<PopId, readonly NeighborId[]>()
  for (const pop of pops) {
    const heard = speakersAt(intent, [pop])
      .flatMap(({ id }) => neighborsOf(intent, id))
      .filter(({ id, kind, attributes }) => {
        if (kind === 'internal') return false
        return (neighbors.get(id)?.announce ?? attributes.announce) !== false
      })
    lines.set(
      pop,
      heard.map(({ id }) => id),
    )
  }
  return lines
}
