/**
 * What people's intent says of every prefix that automation may touch: the part of a failover decision's input that comes
 * from documents. Compiled without what automation itself laid on, so that a decision never reads its own echo.
 *
 * Thousands of prefixes ask for the same sites; what is worked out for one is shared (intent/compile/shape shares its
 * answers, and those are the keys here). It is kept for as long as intent and time leave it true, so that a decision
 * that a sample asks for does not pay for it.
 */
import type { Family } from '../bgp/family.ts'
import { type Prefix, prefixFamily } from '../bgp/prefix.ts'
import { type Moment, compilePrefix } from '../intent/compile.ts'
import { inventoryOf } from '../intent/compile/inventory.ts'
import { announcementAt } from '../intent/compile/staged.ts'
import type { DesiredPrefix } from '../intent/desired.ts'
import type { Announcement, Intent, NeighborId, PopId } from '../intent/model.ts'
import type { FailoverPolicy } from '../intent/monitoring.ts'
import { neighborsOf, selectPops, speakersAt } from '../intent/select.ts'
import type { PrefixState } from './failover-input.ts'

/** Everything that documents say; `announced` is what is read back. */
type Documented = Omit<PrefixState, 'announced'>

interface Known {
  readonly epoch: number
  readonly fromMs: number
  /** When time alone changes it. */
  readonly untilMs: number
  readonly states: readonly Documented[]
  readonly announcements: number
}

/**
 * Prefixes with a failover policy, in order of name.
 * @param announcedAt POPs where a prefix is in the RIB, read back; a POP that cannot be read is not among them
 */
export function failoverPrefixes(
  intent: Intent,
  moment: Moment,
  announcedAt: (prefix: Prefix) => ReadonlySet<PopId>,
): readonly PrefixState[] {
  return knownOf(intent, moment).states.map((state) => ({ ...state, announced: announcedAt(state.prefix) }))
}

/** Announcements, one a prefix and POP, that people want: what G2 counts in shares of. */
export function countAnnouncements(intent: Intent, moment: Moment): number {
  return knownOf(intent, moment).announcements
}

const known = new WeakMap<Intent, Known>()

function knownOf(intent: Intent, moment: Moment): Known {
  const before = known.get(intent)
  if (before !== undefined && before.epoch === moment.epoch && before.fromMs <= moment.nowMs)
    if (moment.nowMs < before.untilMs) return before
  const now = workOut(intent, moment)
  known.set(intent, now)
  return now
}

function workOut(intent: Intent, moment: Moment): Known {
  const people = intent.failovers.size === 0 ? intent : { ...intent, failovers: new Map() }
  const covers = new Set<Prefix>()
  for (const { failover } of intent.prefixes.values()) if (failover?.cover !== undefined) covers.add(failover.cover)
  const share = new Shared(intent)
  const states: Documented[] = []
  let announcements = 0
  let untilMs = Infinity
  for (const announcement of intent.prefixes.values()) {
    const { prefix, failover: policy } = announcement
    const compiled = compilePrefix(people, prefix, moment)
    if (compiled === undefined) continue
    const desired = share.popsOf(compiled)
    announcements += desired.size
    untilMs = Math.min(untilMs, compiled.changesAtMs ?? Infinity)
    if (policy === undefined) continue
    const backup = share.backupOf(policy)
    const lines = share.linesOf(announcement, share.union(desired, backup))
    states.push({ prefix, policy, floor: compiled.floor, desired, backup, lines, isCover: covers.has(prefix) })
  }
  states.sort((a, b) => (a.prefix < b.prefix ? -1 : 1))
  return { epoch: moment.epoch, fromMs: moment.nowMs, untilMs, states, announcements }
}

/** What many prefixes have in common, while one intent is worked out. */
class Shared {
  readonly #intent: Intent
  readonly #pops = new Map<DesiredPrefix['sites'], ReadonlySet<PopId>>()
  readonly #backups = new Map<string, ReadonlySet<PopId>>()
  readonly #unions = new Map<ReadonlySet<PopId>, Map<ReadonlySet<PopId>, ReadonlySet<PopId>>>()
  readonly #lines: Record<Family, Map<PopId, readonly NeighborId[]>> = { ipv4: new Map(), ipv6: new Map() }
  readonly #linesOfPops: Record<Family, Map<ReadonlySet<PopId>, PrefixState['lines']>> = {
    ipv4: new Map(),
    ipv6: new Map(),
  }

  constructor(intent: Intent) {
    this.#intent = intent
  }

  popsOf({ sites }: DesiredPrefix): ReadonlySet<PopId> {
    let pops = this.#pops.get(sites)
    if (pops === undefined) {
      pops = new Set(Array.from(sites.values(), ({ pop }) => pop))
      this.#pops.set(sites, pops)
    }
    return pops
  }

  backupOf({ backup }: FailoverPolicy): ReadonlySet<PopId> {
    const key = backup.join(' ')
    const pops = this.#backups.get(key) ?? selectPops(this.#intent, backup)
    this.#backups.set(key, pops)
    return pops
  }

  union(desired: ReadonlySet<PopId>, backup: ReadonlySet<PopId>): ReadonlySet<PopId> {
    if (backup.size === 0) return desired
    const unions = this.#unions.get(desired) ?? new Map<ReadonlySet<PopId>, ReadonlySet<PopId>>()
    this.#unions.set(desired, unions)
    const union = unions.get(backup) ?? desired.union(backup)
    unions.set(backup, union)
    return union
  }

  /** Lines that carry its family, and toward which nobody withholds it in the documents. */
  linesOf({ prefix, neighbors }: Announcement, pops: ReadonlySet<PopId>): PrefixState['lines'] {
    const family = prefixFamily(prefix)
    const linesOfPops = this.#linesOfPops[family]
    const lines = linesOfPops.get(pops) ?? new Map(Array.from(pops, (pop) => [pop, this.#linesAt(pop, family)]))
    linesOfPops.set(pops, lines)
    if (neighbors.size === 0 && inventoryOf(this.#intent).rolloutOf(prefix) === undefined) return lines
    const heard = (pop: PopId, id: NeighborId) =>
      announcementAt(this.#intent, prefix, pop)?.neighbors.get(id)?.announce !== false
    return new Map(Array.from(lines, ([pop, ids]) => [pop, ids.filter((id) => heard(pop, id))]))
  }

  #linesAt(pop: PopId, family: Family): readonly NeighborId[] {
    let lines = this.#lines[family].get(pop)
    if (lines === undefined) {
      lines = speakersAt(this.#intent, [pop])
        .flatMap(({ id }) => neighborsOf(this.#intent, id))
        .filter((neighbor) => neighbor.kind !== 'internal' && neighbor.attributes.announce !== false)
        .filter(({ families }) => families.includes(family))
        .map(({ id }) => id)
      this.#lines[family].set(pop, lines)
    }
    return lines
  }
}
