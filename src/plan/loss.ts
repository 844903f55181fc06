/**
 * What a change of documents takes away, counted on desired state as it will be once every drain's grace time is over:
 * a drain that only marks for now is counted as the withdrawal it leads to.
 */
import type { Prefix } from '../bgp/prefix.ts'
import { type Moment, affectedPrefixes, compilePrefix } from '../intent/compile.ts'
import type { DesiredPrefix } from '../intent/desired.ts'
import type { DocumentChange } from '../intent/document.ts'
import type { Intent, PopId } from '../intent/model.ts'
import { afterGrace } from './after-grace.ts'

/** One prefix that a change can concern, before and after. */
export interface PrefixLoss {
  readonly prefix: Prefix
  readonly before: DesiredPrefix | undefined
  readonly after: DesiredPrefix | undefined
  /** The floor that counts: a person's own, as the change leaves it, or the one that follows from the POPs intended. */
  readonly floor: number
  /** POPs that announce it. */
  readonly popsBefore: ReadonlySet<PopId>
  readonly popsAfter: ReadonlySet<PopId>
  /** Announcements (one a speaker) that are no more. */
  readonly removes: number
  /** By how many announcements intent alone, without overlays, names fewer. */
  readonly shrinks: number
}

export interface Loss {
  readonly prefixes: readonly PrefixLoss[]
  readonly announcementsBefore: number
  readonly announcementsAfter: number
  readonly removes: number
}

export function lossOf(before: Intent, after: Intent, changes: readonly DocumentChange[], moment: Moment): Loss {
  const was = afterGrace(before, moment.nowMs)
  const will = afterGrace(after, moment.nowMs)
  const affected = affectedPrefixes(before, after, changes)
  const prefixes: PrefixLoss[] = []
  let announcementsBefore = 0
  let announcementsAfter = 0
  for (const prefix of [...new Set([...before.prefixes.keys(), ...after.prefixes.keys()])].sort()) {
    const desiredBefore = compilePrefix(was, prefix, moment)
    announcementsBefore += desiredBefore?.sites.size ?? 0
    if (affected !== 'all' && !affected.has(prefix)) {
      announcementsAfter += desiredBefore?.sites.size ?? 0
      continue
    }
    const desiredAfter = compilePrefix(will, prefix, moment)
    announcementsAfter += desiredAfter?.sites.size ?? 0
    const written = (after.prefixes.get(prefix) ?? before.prefixes.get(prefix))?.floor
    prefixes.push(prefixLoss(prefix, desiredBefore, desiredAfter, written))
  }
  const removes = prefixes.reduce((sum, loss) => sum + loss.removes, 0)
  return { prefixes, announcementsBefore, announcementsAfter, removes }
}

function prefixLoss(
  prefix: Prefix,
  before: DesiredPrefix | undefined,
  after: DesiredPrefix | undefined,
  written: number | undefined,
): PrefixLoss {
  let removes = 0
  for (const speaker of before?.sites.keys() ?? []) if (after?.sites.has(speaker) !== true) removes++
  return {
    prefix,
    before,
    after,
    floor: written ?? after?.floor ?? 0,
    popsBefore: popsOf(before),
    popsAfter: popsOf(after),
    removes,
    shrinks: Math.max(0, namedSites(before) - namedSites(after)),
  }
}

const knownPops = new WeakMap<DesiredPrefix['sites'], ReadonlySet<PopId>>()
const nowhere: ReadonlySet<PopId> = new Set()

/** Prefixes that ask for the same share their sites, and so their POPs. */
export function popsOf(desired: DesiredPrefix | undefined): ReadonlySet<PopId> {
  if (desired === undefined) return nowhere
  let pops = knownPops.get(desired.sites)
  if (pops === undefined) {
    pops = new Set(Array.from(desired.sites.values(), ({ pop }) => pop))
    knownPops.set(desired.sites, pops)
  }
  return pops
}

/** A backup that automation activated is named by nobody: letting it go makes no intent smaller. */
function namedSites(desired: DesiredPrefix | undefined): number {
  if (desired === undefined) return 0
  let count = 0
  for (const { pop } of desired.sites.values()) if (desired.intended.has(pop)) count++
  for (const { pop } of desired.lost.values()) if (desired.intended.has(pop)) count++
  return count
}
