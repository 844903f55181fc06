/**
 * Places where an AS may enter: the POPs of an EntryGroup where every prefix that would be moved is to be announced, and
 * heard by a line of the group. What makes MED pointless or unwise for the moment is told as `waiting`: a POP that does not
 * announce just now, because its speaker restarts, is no reason to change anything.
 */
import type { Prefix } from '../../bgp/prefix.ts'
import { attributesOf } from '../../bgp/path.ts'
import { flapBudget } from '../../health/failover-limits.ts'
import type { FailoverMemory } from '../../health/failover-input.ts'
import { subjectKey } from '../../health/subject.ts'
import { isFresh } from '../../health/traffic.ts'
import { type Moment, compilePrefix } from '../../intent/compile.ts'
import { entryPops, linesAt, movedPrefixes } from '../../intent/compile/entries.ts'
import { inventoryOf } from '../../intent/compile/inventory.ts'
import { OverlayTime } from '../../intent/compile/overlay-time.ts'
import { enter } from '../../intent/edit.ts'
import type { EntryGroup } from '../../intent/entry.ts'
import type { Intent, Neighbor, PopId } from '../../intent/model.ts'
import { isAllOut } from '../../intent/rollout.ts'
import { inOrder } from '../../intent/select.ts'
import { pinnedSettings } from '../../learning/pinned.ts'
import type { PlannerView } from '../planner.ts'
import type { EntryBook } from './entry-book.ts'
import { type Loads, capacityOfLines, demandOf } from './loads.ts'
import type { Spot, SpotArm, SpotEdit } from './spot.ts'

type View = Pick<PlannerView, 'intent' | 'epoch' | 'announcedAt'>

/** What was seen longer ago says nothing of now. */
const sightMs = 120_000

/** @param ledger what failover did lately: it changes attributes of the same lines (G15) */
export function entrySpots(
  view: View,
  book: EntryBook,
  ledger: FailoverMemory['ledger'],
  loads: Loads,
): readonly Spot[] {
  const { intent } = view
  const { nowMs } = loads
  const time = new OverlayTime(intent.freezes.values(), nowMs)
  return inOrder(intent.entryGroups).flatMap((group) => {
    if (group.mode === 'off' || group.check === undefined) return []
    const prefixes = group.mode === 'shadow' ? group.prefixes : movedPrefixes(group, 'learner')
    const moment = { epoch: view.epoch, nowMs }
    const entrances = entrancesOf(intent, group, prefixes, moment)
    const preference = [...intent.entryPreferences.values()].find((one) => one.group === group.id && time.inForce(one))
    if (entrances.length < 2) return []
    const entersAt = book.seen(group.id, nowMs - sightMs).entersAt ?? undefined
    const waiting =
      entersAt === undefined
        ? 'no vantage point says where it enters'
        : waitingFor(view, group, entrances, { prefixes, ledger, nowMs })
    const pinned = pinnedSettings(group.learning)
    const demandBps = entersAt === undefined ? undefined : demandOf(group.id, entersAt as PopId, loads)
    const spot: Spot = {
      subject: { entry: group.id },
      mode: group.mode,
      canaries: [],
      arms: entrances.map((entrance) => armOf(intent, group, entrance, loads)),
      bgpChoice: entersAt,
      inUse: entersAt,
      preference: preference && { ...preference, path: preference.pop },
      ...(waiting !== undefined && { waiting }),
      attached: Object.fromEntries(entrances.map(({ pop, lines }) => [pop, [...new Set(lines.map(({ asn }) => asn))]])),
      mayEnter: [...entryPops(intent, group)].sort(),
      seen: (sinceMs) => book.seen(group.id, sinceMs),
      ...(pinned !== undefined && { pinned }),
      ...(demandBps !== undefined && { demandBps }),
      edit: editOf(group),
    }
    return [spot]
  })
}

interface Entrance {
  readonly pop: PopId
  /** That hear every prefix; not empty. */
  readonly lines: readonly Neighbor[]
  /** Prepends toward them, without doubles. */
  readonly prepends: readonly number[]
}

/** What the lines carry, or else the POP as a whole. */
function armOf({ pops }: Intent, { check }: EntryGroup, { pop, lines }: Entrance, loads: Loads): SpotArm {
  const { figures, nowMs } = loads
  const whole = pops.get(pop)?.capacity
  const figure = figures.pops.get(pop)
  const loadBps = figure !== undefined && isFresh(figure, nowMs) ? figure.amount : undefined
  const ofPop =
    whole?.unit === 'bit/s' ? { limitBps: whole.amount, ...(loadBps !== undefined && { loadBps }) } : undefined
  const capacity = capacityOfLines(lines, loads) ?? ofPop
  return {
    candidate: { path: pop, kind: lines[0]!.kind, ...(capacity !== undefined && { capacity }) },
    measure: check && subjectKey({ kind: 'path', pop, path: check }),
  }
}

function entrancesOf(
  intent: Intent,
  group: EntryGroup,
  prefixes: readonly Prefix[],
  moment: Moment,
): readonly Entrance[] {
  const pops = [...entryPops(intent, group)].sort()
  return pops.flatMap((pop) => {
    const heard = linesAt(intent, group, pop).flatMap((line) => {
      const prepends = prefixes.map((prefix) => prependHeard(intent, prefix, line, moment))
      return prepends.includes(undefined) ? [] : [{ line, prepends: prepends as readonly number[] }]
    })
    if (heard.length === 0) return []
    const prepends = [...new Set(heard.flatMap((one) => one.prepends))]
    return [{ pop, lines: heard.map(({ line }) => line), prepends }]
  })
}

const prependMarks = [undefined, 'prepend1', 'prepend2', 'prepend3'] as const

/** How often a prefix is prepended toward a line; undefined: the line does not hear it. */
function prependHeard(intent: Intent, prefix: Prefix, line: Neighbor, moment: Moment): number | undefined {
  const site = compilePrefix(intent, prefix, moment)?.sites.get(line.speaker)
  if (site === undefined) return undefined
  const { largeCommunities } = attributesOf(site.attributes)
  const inventory = inventoryOf(intent)
  if (largeCommunities.includes(inventory.markOf('withhold', line))) return undefined
  const prepend = prependMarks.findLastIndex(
    (mark) => mark !== undefined && largeCommunities.includes(inventory.markOf(mark, line)),
  )
  return Math.max(0, prepend)
}

function waitingFor(
  { intent, announcedAt }: View,
  group: EntryGroup,
  entrances: readonly Entrance[],
  {
    prefixes,
    ledger,
    nowMs,
  }: { readonly prefixes: readonly Prefix[]; readonly ledger: FailoverMemory['ledger']; readonly nowMs: number },
): string | undefined {
  for (const prefix of prefixes) {
    const absent = entrances.find(({ pop }) => !announcedAt(prefix).has(pop))
    if (absent !== undefined) return `${prefix} is not announced at ${absent.pop} now`
  }
  const prepends = new Set(entrances.flatMap((entrance) => entrance.prepends))
  if (prepends.size > 1)
    return `prepends differ between its POPs (${entrances.map((one) => `${one.pop} ${one.prepends.join()}`).join(', ')}), and AS_PATH is compared before MED`
  const staged = prefixes.find((prefix) => isStaged(intent, prefix))
  if (staged !== undefined) return `a change of ${staged} is going out in stages`
  const lines = new Set(entrances.flatMap((entrance) => entrance.lines.map(({ id }) => id)))
  const time = new OverlayTime(intent.freezes.values(), nowMs)
  const overriding = [...intent.overrides.values()].find(
    ({ prefix, neighbor, attributes, ...override }) =>
      attributes.med !== undefined &&
      prefixes.includes(prefix) &&
      (neighbor === undefined || lines.has(neighbor)) &&
      time.inForce(override),
  )
  if (overriding !== undefined) return `a person overrides MED (Override/${overriding.id})`
  const changed = ledger.findLast(
    ({ atMs, prefix, what, place }) =>
      (what === 'change' || what === 'stage') &&
      nowMs - atMs < flapBudget.changeMs &&
      prefixes.includes(prefix) &&
      (place.kind === 'neighbor' ? lines.has(place.neighbor) : entrances.some(({ pop }) => pop === place.pop)),
  )
  if (changed === undefined) return undefined
  const minutes = Math.round((nowMs - changed.atMs) / 60_000)
  return `failover changed ${changed.prefix} at ${changed.pop} ${minutes} minutes ago, and attributes change once in ${flapBudget.changeMs / 60_000} minutes at most (G15) for ${group.id}`
}

function isStaged(intent: Intent, prefix: Prefix): boolean {
  const rollout = inventoryOf(intent).rolloutOf(prefix)
  return rollout !== undefined && !isAllOut(rollout)
}

function editOf({ id: group }: EntryGroup): SpotEdit {
  return {
    make(documents, pop, startedAtMs, reason) {
      const chosen = pop === undefined ? {} : { pop }
      return enter(documents, { group, ...chosen, by: 'learner', startedAtMs, reason })
    },
    command: (pop) => `prefer ${group} ${pop === undefined ? '--none' : `--enter ${pop}`}`,
  }
}
