/**
 * Guards against taking too much away: G1 prefix by prefix, G4 over all announcements. A person may override them, in
 * words and audited, because sometimes that is what has to be done.
 */
import type { Prefix } from '../bgp/prefix.ts'
import { halfOf } from '../intent/compile/floor.ts'
import { documentKey } from '../intent/document.ts'
import type { Intent } from '../intent/model.ts'
import type { Loss, PrefixLoss } from './loss.ts'
import type { Refusal } from './review.ts'

/** A refusal is read by a person: beyond these, prefixes are counted. */
const namedAtMost = 20

/** G1: announced, and after the change announced at too few POPs. */
export function refuseBelowFloor({ prefixes }: Loss, wayOut: string): readonly Refusal[] {
  const refusals: Refusal[] = []
  for (const loss of prefixes) {
    const problem = belowFloor(loss)
    if (problem !== undefined) refusals.push(refusal(loss.prefix, problem, wayOut))
  }
  const unnamed = refusals.slice(namedAtMost)
  if (unnamed.length === 0) return refusals
  const problem = `${unnamed.length} more prefixes would be announced at too few POPs`
  return [...refusals.slice(0, namedAtMost), { ...unnamed[0]!, message: `${problem}; ${wayOut}.` }]
}

function refusal(prefix: Prefix, problem: string, wayOut: string): Refusal {
  return {
    guard: 'G1',
    code: 'below-floor',
    forceable: true,
    document: documentKey({ kind: 'Prefix', name: prefix }),
    message: `${problem}; ${wayOut}.`,
  }
}

function belowFloor({ prefix, before, floor, popsBefore, popsAfter }: PrefixLoss): string | undefined {
  if (popsAfter.size >= popsBefore.size) return undefined
  const was = `${popsBefore.size} (${[...popsBefore].join(', ')})`
  if (popsAfter.size === 0) return `${prefix} would be announced nowhere; now it is at ${was}`
  const intended = before?.intended.size ?? 0
  // Of one POP intended and a backup beside it, one may go.
  const half = halfOf(intended)
  const left = `${prefix} would be announced at ${popsAfter.size === 1 ? '1 POP' : `${popsAfter.size} POPs`} (${[...popsAfter].join(', ')}), now at ${was}`
  if (popsAfter.size < half)
    return `${left}: below ${half}, which is half of the ${intended} POPs intended and at least 2`
  return popsAfter.size < floor ? `${left}: below its floor of ${floor}` : undefined
}

/**
 * G4: nothing is not "delete all". Removal needs words: prefixes that a person named for removal do not count, and the
 * loss of a single prefix is G1's concern.
 */
export function refuseMassRemoval(
  before: Intent,
  after: Intent,
  loss: Loss,
  named: ReadonlySet<Prefix>,
  wayOut: string,
): readonly Refusal[] {
  const refusals: Refusal[] = []
  const refuse = (code: string, message: string): number =>
    refusals.push({ guard: 'G4', code, forceable: true, message: `${message}; ${wayOut}.` })
  if (before.network !== undefined && after.network === undefined)
    refuse('no-network', 'The Network would be gone, and with it every decision')
  if (before.pops.size > 0 && after.pops.size === 0) refuse('no-pops', `All ${before.pops.size} POPs would be gone`)
  const { announcementsBefore, announcementsAfter } = loss
  const shrunk = loss.prefixes.filter(({ prefix, shrinks }) => shrinks > 0 && !named.has(prefix))
  const gone = shrunk.reduce((sum, { shrinks }) => sum + shrinks, 0)
  const percent = before.network?.shrinkPercent ?? 0
  if (announcementsBefore > 0 && announcementsAfter === 0)
    refuse('everything', `All ${announcementsBefore} announcements would be gone`)
  else if (shrunk.length > 1 && gone > (percent / 100) * announcementsBefore)
    refuse(
      'shrinks',
      `${gone} of ${announcementsBefore} announcements (${shrunk.length} prefixes) would go without having been named` +
        ` for removal, more than ${percent} %`,
    )
  return refusals
}
