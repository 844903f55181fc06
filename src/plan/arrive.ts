/**
 * A site that desired state names. In this order:
 *   1. another program's path of the prefix is there: hands off, unless a person lets Herald adopt it;
 *   2. G7 and G8 once more, whatever review said: an unowned prefix or a LOCAL_PREF outside its band is not announced;
 *   3. the speaker refused just this path: asking again changes nothing;
 *   4. the decision differs: decide anew (announce, change, adopt), reachable or not;
 *   5. the decision stands: on its way, proved, or to be repaired where the RIB differs.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { DesiredSite } from '../intent/desired.ts'
import type { ActionKind, Held } from './action.ts'
import type { Draft, Standing } from './draft.ts'
import { reopening } from './shut-sessions.ts'
import { readTrouble } from './trouble.ts'
import { type SiteView, hasForeignPath, isDecided, isProved } from './site-view.ts'

export function planArrival(
  draft: Draft,
  prefix: Prefix,
  desired: DesiredSite,
  site: SiteView,
  exportProblem: string | undefined,
): Standing {
  if (isProved(site, desired.attributes)) return holdUnproved(draft, prefix, 'announce', site) ? 'held' : 'proved'
  return (
    holdForeignPath(draft, prefix, desired, site) ??
    holdUnexportable(draft, prefix, desired, site, exportProblem) ??
    holdRefused(draft, prefix, desired, site) ??
    decide(draft, prefix, desired, site) ??
    followDecision(draft, prefix, desired, site)
  )
}

/**
 * Where Herald already announces, a foreign path on its own identifier 0 is its own path altered by hand, which is
 * drift and not somebody else's property. What was last read counts even where the speaker cannot be reached now: a
 * decision would be pushed over the foreign path as soon as it can.
 */
function holdForeignPath(draft: Draft, prefix: Prefix, desired: DesiredSite, site: SiteView): Standing | undefined {
  if (!draft.guards.foreignPath || !hasForeignPath(site)) return undefined
  if (draft.input.fleet.adopting(prefix, site.speaker)) return undefined
  if (site.target?.kind === 'announce' && site.observed?.identifier === 0) return undefined
  return holdForeign(draft, prefix, wantedOf(desired, site), site)
}

export function holdForeign(draft: Draft, prefix: Prefix, wanted: Held['wanted'], site: SiteView): Standing {
  draft.hold(
    'foreign-path',
    prefix,
    site,
    wanted,
    `${site.speaker} holds a path of ${prefix} that is not Herald's; adopt it, or delete it there, to let Herald announce.`,
  )
  return 'held'
}

function holdUnexportable(
  draft: Draft,
  prefix: Prefix,
  desired: DesiredSite,
  site: SiteView,
  exportProblem: string | undefined,
): Standing | undefined {
  const wanted = wantedOf(desired, site)
  if (draft.guards.export && exportProblem !== undefined) {
    draft.hold('export', prefix, site, wanted, exportProblem)
    return 'held'
  }
  const bandProblem = draft.guards.band ? draft.bandProblem(desired.attributes) : undefined
  if (bandProblem === undefined) return undefined
  draft.hold('band', prefix, site, wanted, bandProblem)
  return 'held'
}

function holdRefused(draft: Draft, prefix: Prefix, desired: DesiredSite, site: SiteView): Standing | undefined {
  if (!site.applied || !isDecided(site, desired.attributes)) return undefined
  const words = draft.input.fleet.refused(site.speaker, prefix)
  if (words === undefined) return undefined
  draft.hold(
    'speaker-refused',
    prefix,
    site,
    wantedOf(desired, site),
    `${site.speaker} refused this path: "${words}"; it is asked again when the attributes change.`,
  )
  return 'held'
}

function decide(draft: Draft, prefix: Prefix, desired: DesiredSite, site: SiteView): Standing | undefined {
  if (isDecided(site, desired.attributes)) return undefined
  if (!site.known && draft.guards.neverRead) return holdNeverRead(draft, prefix, desired, site)
  draft.announce(decisionKind(draft, prefix, site), prefix, site, desired.attributes, desired.because)
  return holdBack(draft, prefix, wantedOf(desired, site), site) ? 'held' : 'moving'
}

function decisionKind(
  draft: Draft,
  prefix: Prefix,
  site: SiteView,
): Extract<ActionKind, 'announce' | 'change' | 'adopt'> {
  if (site.observed?.owner === 'other-epoch') return 'adopt'
  if (site.target?.kind === 'announce') return 'change'
  return hasForeignPath(site) && draft.input.fleet.adopting(prefix, site.speaker) ? 'adopt' : 'announce'
}

function followDecision(draft: Draft, prefix: Prefix, desired: DesiredSite, site: SiteView): Standing {
  if (!site.up || !site.applied) return holdBack(draft, prefix, wantedOf(desired, site), site) ? 'held' : 'moving'
  const found = site.observed === undefined ? 'the path is not in the RIB' : 'another path is in the RIB'
  if (draft.holdFrozen(prefix, site, found)) return 'held'
  const kind = site.observed?.owner === 'other-epoch' ? 'adopt' : 'repair'
  draft.announce(kind, prefix, site, desired.attributes, `the decision stands and ${found}`)
  return 'moving'
}

/**
 * True where the speaker cannot be reached, or not be made right. The decision is written all the same: the worker
 * pushes it as soon as that changes.
 */
export function holdBack(draft: Draft, prefix: Prefix, wanted: Held['wanted'], site: SiteView): boolean {
  const { up, trouble, speaker, documented } = site
  if (!up) {
    const detail = `${speaker} cannot be reached: decided, and pushed and proved when it answers again.`
    const wayOut = ` Its document is gone; if the daemon is, too, say so: herald forget ${speaker}.`
    draft.hold('speaker-unknown', prefix, site, wanted, documented ? detail : detail + wayOut)
    return true
  }
  if (trouble === undefined) return false
  const { reason, words } = readTrouble(trouble, speaker, draft.input.intent)
  draft.hold(reason, prefix, site, wanted, `${speaker} cannot be made right: ${words}.`)
  return true
}

/** Unknown is not empty: another program may announce this very prefix there. */
function holdNeverRead(draft: Draft, prefix: Prefix, desired: DesiredSite, site: SiteView): Standing {
  draft.hold(
    'speaker-unknown',
    prefix,
    site,
    wantedOf(desired, site),
    `${site.speaker} was never read: decided when it answers for the first time.`,
  )
  return 'held'
}

/** G10: true where the RIB is right and a neighbor is not sent what it says. The worker asks again by itself. */
export function holdUnproved(draft: Draft, prefix: Prefix, wanted: Held['wanted'], site: SiteView): boolean {
  const words = draft.guards.adjOut ? draft.input.fleet.unproved(site.speaker, prefix) : undefined
  if (words === undefined) return false
  draft.hold('adj-out', prefix, site, wanted, `${site.speaker} is as decided, but ${words}; it is asked again.`)
  return true
}

/** True where nobody hears the site yet, because its sessions were shut down by a drain that is over. */
export function holdReopening(draft: Draft, prefix: Prefix, site: SiteView): boolean {
  const { intent, moment, fleet } = draft.input
  const noted = draft.guards.adjOut ? fleet.shutSessions(site.speaker) : []
  const awaited = reopening(intent, site.speaker, noted, moment.nowMs)
  if (awaited.length === 0) return false
  const names = awaited.map(({ id }) => id).join(', ')
  draft.hold(
    'reopening',
    prefix,
    site,
    'announce',
    `${site.speaker} is as decided, and is heard when ${names} is established again.`,
  )
  return true
}

function wantedOf({ attributes }: DesiredSite, site: SiteView): Held['wanted'] {
  if (site.target?.kind !== 'announce') return 'announce'
  return isDecided(site, attributes) ? 'repair' : 'change'
}
