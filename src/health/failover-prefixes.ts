/**
 * What people's intent says of every prefix that automation may touch: the part of a failover decision's input that comes
 * from documents. Compiled without what automation itself laid on, so that a decision never reads its own echo.
 *
 * Thousands of prefixes ask for the same sites; what is worked out for one is shared (intent/compile/shape shares its
 * answers, and those are the keys here). It is kept for as long as intent and time leave it true, so that a decision
 * that a sample asks for does not pay for it.
 */
import type { Family } from '../bgp/family.ts'
import { attributesOf } from '../bgp/path.ts'
import { type Prefix, prefixFamily } from '../bgp/prefix.ts'
import { type Moment, compilePrefix } from '../intent/compile.ts'
import { halfOf } from '../intent/compile/floor.ts'
import { inventoryOf } from '../intent/compile/inventory.ts'
import type { DesiredPrefix, DesiredSite } from '../intent/desired.ts'
import type { Intent, Neighbor, NeighborId, PopId, SpeakerId } from '../intent/model.ts'
import type { Failover, FailoverPolicy } from '../intent/monitoring.ts'
import { neighborsOf, selectPops } from '../intent/select.ts'
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
 * @param down lines whose session was seen not to be established: a POP that has no other is heard by nobody
 */
export function failoverPrefixes(
  intent: Intent,
  moment: Moment,
  announcedAt: (prefix: Prefix) => ReadonlySet<PopId>,
  down: ReadonlySet<NeighborId>,
): readonly PrefixState[] {
  const unheard = new Map<PrefixState['lines'], ReadonlySet<PopId>>()
  return knownOf(intent, moment).states.map((state) => {
    const announced = announcedAt(state.prefix)
    if (down.size === 0) return { ...state, announced }
    const { lines } = state
    const nobody = unheard.get(lines) ?? unheardOn(lines, down)
    unheard.set(lines, nobody)
    return { ...state, announced: nobody.isDisjointFrom(announced) ? announced : announced.difference(nobody) }
  })
}

/** POPs all of whose lines are down. One without lines is not looked at: who hears it is in no document. */
function unheardOn(lines: PrefixState['lines'], down: ReadonlySet<NeighborId>): ReadonlySet<PopId> {
  const pops = new Set<PopId>()
  for (const [pop, heard] of lines) if (heard.length > 0 && heard.every((line) => down.has(line))) pops.add(pop)
  return pops
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
  const standby = new Standby(intent, share, moment)
  const states: Documented[] = []
  let announcements = 0
  let untilMs = Infinity
  for (const announcement of intent.prefixes.values()) {
    const { prefix, failover: policy } = announcement
    const compiled = compilePrefix(people, prefix, moment)
    if (compiled === undefined) continue
    const { desired } = share.heardOf(compiled)
    announcements += desired.size
    untilMs = Math.min(untilMs, compiled.changesAtMs ?? Infinity)
    if (policy === undefined) continue
    const { backup, backupNamed, lines } = standby.of(compiled, policy)
    const { intended } = compiled
    // As review has it (plan/review-loss): a floor that people wrote below half is for people, and one above holds in every stage.
    const floor = Math.max(compiled.floor, halfOf(intended.size), announcement.floor ?? 0)
    const isCover = covers.has(prefix)
    states.push({ prefix, policy, floor, intended, desired, backup, backupNamed, lines, isCover })
  }
  states.sort((a, b) => (a.prefix < b.prefix ? -1 : 1))
  return { epoch: moment.epoch, fromMs: moment.nowMs, untilMs, states, announcements }
}

/** Where a prefix is heard, by what people say. */
interface Heard {
  /** POPs that announce it to somebody: one where people silenced the last line is as good as drained. */
  readonly desired: ReadonlySet<PopId>
  readonly lines: PrefixState['lines']
}

/** What many prefixes have in common, while one intent is worked out. */
class Shared {
  readonly #intent: Intent
  readonly #heard = new Map<DesiredPrefix['sites'], Record<Family, Heard | undefined>>()

  constructor(intent: Intent) {
    this.#intent = intent
  }

  heardOf({ prefix, sites }: DesiredPrefix): Heard {
    const family = prefixFamily(prefix)
    const byFamily = this.#heard.get(sites) ?? { ipv4: undefined, ipv6: undefined }
    this.#heard.set(sites, byFamily)
    byFamily[family] ??= this.#workOut(sites.values(), family)
    return byFamily[family]
  }

  /** Of lines that carry the family those that the paths, as compiled, are not withheld from. */
  #workOut(sites: Iterable<DesiredSite>, family: Family): Heard {
    const desired = new Set<PopId>()
    const silenced = new Set<PopId>()
    const lines = new Map<PopId, readonly NeighborId[]>()
    for (const { speaker, pop, attributes } of sites) {
      const marks = attributesOf(attributes).largeCommunities
      const all = this.#externalOf(speaker, family)
      const heard = all.filter((line) => !marks.includes(inventoryOf(this.#intent).markOf('withhold', line)))
      lines.set(pop, [...(lines.get(pop) ?? []), ...heard.map(({ id }) => id)])
      if (all.length > 0 && heard.length === 0) silenced.add(pop)
      else desired.add(pop)
    }
    for (const pop of silenced) if (!desired.has(pop)) lines.delete(pop)
    return { desired, lines }
  }

  #externalOf(speaker: SpeakerId, family: Family): readonly Neighbor[] {
    return neighborsOf(this.#intent, speaker).filter(
      ({ kind, families }) => kind !== 'internal' && families.includes(family),
    )
  }
}

/**
 * Where backups would be heard, were all of them activated: compiled like anything else, so that one which people have
 * drained or silenced is no help, and is not counted as one.
 */
class Standby {
  readonly #intent: Intent
  readonly #share: Shared
  readonly #moment: Moment
  readonly #named = new Map<string, ReadonlySet<PopId>>()
  readonly #useful = new Map<ReadonlySet<PopId>, Map<ReadonlySet<PopId>, ReadonlySet<PopId>>>()

  constructor(intent: Intent, share: Shared, moment: Moment) {
    const failovers = new Map<string, Failover>()
    for (const { prefix, failover } of intent.prefixes.values())
      for (const pop of failover === undefined ? [] : selectPops(intent, failover.backup)) {
        const id = `${prefix} ${pop}`
        failovers.set(id, { ...activation, id, prefix, place: { kind: 'pop', pop } })
      }
    this.#intent = { ...intent, failovers }
    this.#share = share
    this.#moment = moment
  }

  of(people: DesiredPrefix, { backup }: FailoverPolicy): Pick<PrefixState, 'backup' | 'backupNamed' | 'lines'> {
    const { lines } = this.#share.heardOf(people)
    if (backup.length === 0) return { backup: nowhere, backupNamed: nowhere, lines }
    const compiled = compilePrefix(this.#intent, people.prefix, this.#moment)
    const all = compiled === undefined ? { desired: nowhere, lines } : this.#share.heardOf(compiled)
    const backupNamed = this.#namedBy(backup)
    return { backup: this.#usefulOf(backupNamed, all.desired), backupNamed, lines: all.lines }
  }

  #namedBy(backup: FailoverPolicy['backup']): ReadonlySet<PopId> {
    const key = backup.join(' ')
    const named = this.#named.get(key) ?? selectPops(this.#intent, backup)
    this.#named.set(key, named)
    return named
  }

  #usefulOf(named: ReadonlySet<PopId>, heard: ReadonlySet<PopId>): ReadonlySet<PopId> {
    const known = this.#useful.get(named) ?? new Map<ReadonlySet<PopId>, ReadonlySet<PopId>>()
    this.#useful.set(named, known)
    const useful = known.get(heard) ?? named.intersection(heard)
    known.set(heard, useful)
    return useful
  }
}

const nowhere: ReadonlySet<PopId> = new Set()
const activation = {
  action: 'activate',
  prepend: 3,
  graceSeconds: 0,
  startedAtMs: 0,
  subject: '',
  alarm: '',
  reason: '',
} as const satisfies Partial<Failover>
