/**
 * Sites that announce and that desired state does not name. A withdrawal is the one thing that can take a service off
 * the Internet, so it comes last and has most guards, in this order:
 *   1. what is not ours is left alone: foreign paths silently, paths of another epoch as `stray`;
 *   2. what was withdrawn is followed until it is seen gone, then forgotten;
 *   3. an intent that is empty or has no Network takes nothing away (G4);
 *   4. overlays that nobody forced leave a prefix at its floor: the best of the leaving sites are kept (G1);
 *   5. make before break: every desired site that can be reached is proved (a sick site does not wait for that), and
 *      enough POPs stand;
 *   6. the site is marked GRACEFUL_SHUTDOWN (RFC 8326) for the network's drain time, and seen marked;
 *   7. it is withdrawn, if the plan as a whole does not withdraw too much that nobody named (G4, plan/draft).
 *
 * A site that 4 or 5 keep is kept up: while it stays, it serves.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { DesiredPrefix } from '../intent/desired.ts'
import type { PopId } from '../intent/model.ts'
import { holdBack, holdUnproved } from './arrive.ts'
import { drainOrWithdraw } from './drain-stage.ts'
import type { Draft, Standing } from './draft.ts'
import { isFailedOver, keptPops } from './floor.ts'
import { type SiteView, hasForeignPath, isStanding, neverArrived } from './site-view.ts'

/** A desired site and what became of it in this look. */
export interface Arrival {
  readonly site: SiteView
  readonly standing: Standing
}

export function planDepartures(
  draft: Draft,
  prefix: Prefix,
  desired: DesiredPrefix | undefined,
  arrivals: readonly Arrival[],
  sites: readonly SiteView[],
): void {
  const leaving = sites.filter((site) => isLeaving(draft, prefix, site))
  if (leaving.length === 0 || holdEmptyIntent(draft, prefix, leaving)) return
  const kept = draft.guards.floor ? keptPops(desired, leaving) : new Set<PopId>()
  const making = makeOf(desired, arrivals, leaving, kept)
  for (const site of leaving) {
    if (kept.has(site.pop)) holdFloor(draft, prefix, desired, site, kept)
    else if (draft.guards.makeBeforeBreak && isWaiting(desired, site, making)) holdForMake(draft, prefix, site, making)
    else release(draft, prefix, desired, site, making.standing > 0)
  }
}

/** Sorts out sites that are not ours to take away, or already taken away. */
function isLeaving(draft: Draft, prefix: Prefix, site: SiteView): boolean {
  const { target, observed } = site
  if (target?.kind === 'withdraw') {
    followWithdrawal(draft, prefix, site)
    return false
  }
  if (target?.kind === 'announce') return true
  if (observed?.owner === 'other-epoch' && draft.guards.stray) {
    holdStray(draft, prefix, site)
    return false
  }
  return observed !== undefined && observed.owner !== 'foreign'
}

function release(
  draft: Draft,
  prefix: Prefix,
  desired: DesiredPrefix | undefined,
  site: SiteView,
  othersServe: boolean,
): void {
  if (site.up && site.applied && hasForeignPath(site))
    draft.forget(prefix, site, 'another program replaced the path; it is not ours to withdraw')
  else if (neverArrived(site)) draft.forget(prefix, site, 'it never came into the RIB, so there is nothing to withdraw')
  else drainOrWithdraw(draft, prefix, desired, site, othersServe)
}

/** What was withdrawn is followed until it is seen gone, then forgotten. */
export function followWithdrawal(draft: Draft, prefix: Prefix, site: SiteView): void {
  const { observed } = site
  if (neverArrived(site)) {
    draft.forget(prefix, site, 'it never came into the RIB, so there is nothing to withdraw')
  } else if (!site.up || !site.applied) {
    draft.stand(prefix, holdBack(draft, prefix, 'withdraw', site) ? 'held' : 'moving')
  } else if (observed?.owner !== 'ours' && holdUnproved(draft, prefix, 'withdraw', site)) {
    draft.stand(prefix, 'held')
  } else if (observed?.owner !== 'ours') {
    draft.forget(prefix, site, 'withdrawn, and seen gone')
    if (observed?.owner === 'other-epoch') holdStray(draft, prefix, site)
  } else if (draft.holdFrozen(prefix, site, 'the withdrawn path is again in the RIB')) {
    draft.stand(prefix, 'held')
  } else {
    draft.withdrawAgain(prefix, site, 'withdrawn, and in the RIB again')
    draft.stand(prefix, 'moving')
  }
}

function holdStray(draft: Draft, prefix: Prefix, site: SiteView): void {
  const detail =
    `${site.speaker} holds a path that another Herald store decided and no intent names; it is never withdrawn by` +
    ` itself: publish ${prefix} there to take it over, then withdraw it.`
  draft.hold('stray', prefix, site, 'withdraw', detail)
  draft.stand(prefix, 'held')
}

function holdEmptyIntent(draft: Draft, prefix: Prefix, leaving: readonly SiteView[]): boolean {
  const { intent } = draft.input
  if (!draft.guards.emptyIntent || (intent.network !== undefined && intent.revision > 0)) return false
  const nothing = intent.revision === 0 ? 'The intent is empty (revision 0)' : 'The intent has no Network'
  const detail = `${nothing}, which is taken for a loss and not for a wish; nothing is withdrawn (G4).`
  for (const site of leaving) draft.hold('mass-withdrawal', prefix, site, 'withdraw', detail)
  draft.stand(prefix, 'held')
  return true
}

function holdFloor(
  draft: Draft,
  prefix: Prefix,
  desired: DesiredPrefix | undefined,
  site: SiteView,
  kept: ReadonlySet<PopId>,
): void {
  const why = desired?.lost.get(site.speaker)?.because ?? `${site.pop} is not desired`
  const detail =
    `${why}, but ${prefix} may not go below ${desired?.floor ?? 0} POPs (G1): ${[...kept].join(', ')} stays announced;` +
    ' force the overlay, or publish elsewhere first.'
  draft.hold('floor', prefix, site, 'withdraw', detail)
  draft.stand(prefix, 'held')
  keepUp(draft, prefix, site)
}

/** A site that stays for now goes on serving, so its drift is repaired like that of any other. */
function keepUp(draft: Draft, prefix: Prefix, site: SiteView): void {
  const { target, observed } = site
  if (target?.kind !== 'announce' || !site.up) return
  if (!site.applied) {
    draft.stand(prefix, 'moving')
  } else if (observed?.attributes !== target.attributes) {
    const found = observed === undefined ? 'the path is not in the RIB' : 'another path is in the RIB'
    if (draft.holdFrozen(prefix, site, found)) return
    draft.restore(prefix, site, target, `the site stays for now and ${found}`)
    draft.stand(prefix, 'moving')
  }
}

/** A sick site serves nobody, so it waits for enough others and not for all of them. */
function isWaiting(desired: DesiredPrefix | undefined, site: SiteView, making: Making): boolean {
  if (making.waitsFor === undefined) return false
  return !isFailedOver(desired?.lost.get(site.speaker)) || making.standing < making.required
}

interface Making {
  /** Distinct POPs that serve and stay. */
  readonly standing: number
  /** POPs that must, before anything goes. */
  readonly required: number
  /** What is not there yet, in words; undefined: the make is done, the break may come. */
  readonly waitsFor: string | undefined
  /** True where nobody has to act for it to come. */
  readonly comesByItself: boolean
}

function makeOf(
  desired: DesiredPrefix | undefined,
  arrivals: readonly Arrival[],
  leaving: readonly SiteView[],
  kept: ReadonlySet<PopId>,
): Making {
  const pops = new Set<PopId>()
  for (const { site, standing } of arrivals) if (standing === 'proved') pops.add(site.pop)
  for (const site of leaving) if (kept.has(site.pop) && isStanding(site)) pops.add(site.pop)
  const unproved = arrivals.filter(({ site, standing }) => site.up && standing !== 'proved')
  const required = requiredPops(desired, arrivals)
  const standing = pops.size
  if (unproved.length > 0) {
    const names = unproved.map(({ site }) => site.speaker).join(', ')
    const comesByItself = unproved.every(({ standing: its }) => its === 'moving')
    return { standing, required, waitsFor: `${names} to be proved`, comesByItself }
  }
  if (standing >= required) return { standing, required, waitsFor: undefined, comesByItself: true }
  const waitsFor = `${required - standing} more of the new POPs to be reached and proved (${standing} of ${required} are)`
  return { standing, required, waitsFor, comesByItself: false }
}

/** The floor, as far as forced overlays leave it reachable; 0 where intent wants the prefix nowhere. */
function requiredPops(desired: DesiredPrefix | undefined, arrivals: readonly Arrival[]): number {
  if (desired === undefined) return 0
  if (!desired.floorForced) return desired.floor
  return Math.min(desired.floor, new Set(arrivals.map(({ site }) => site.pop)).size)
}

function holdForMake(draft: Draft, prefix: Prefix, site: SiteView, making: Making): void {
  const detail = `${site.pop} goes on announcing until the new sites stand: waiting for ${making.waitsFor}.`
  draft.hold('waiting-for-make', prefix, site, 'withdraw', detail)
  draft.stand(prefix, making.comesByItself ? 'moving' : 'held')
  keepUp(draft, prefix, site)
}
