/**
 * Steering: at a speaker, a destination is reached over the neighbor that a Preference chooses. A steering route is a
 * local path with that neighbor's next hop, above every learned route and below every service (G8), with a mark of its
 * own that the export policy rejects. In this order:
 *   1. another program's path of the destination is there: hands off;
 *   2. a speaker that cannot be reached: what it is offered is not known, so nothing moves;
 *   3. not offered by the chosen neighbor, outranked by a better relationship, or by a route above the band: no steering
 *      route, at once; what BGP chooses by itself stands beneath it;
 *   4. a freeze (G11): nothing is added or repaired but by a person's later word; what 3 takes away goes all the same;
 *   5. decided anew, or the decision stands: proved, on its way, refused, or repaired.
 *
 * It is no announcement: floors, drain stages and make-before-break are not about it, and G4 does not count it.
 */
import { noExport } from '../bgp/community.ts'
import { mark, steeredEpoch } from '../bgp/mark.ts'
import { inBand, steeredBand, steeredLocalPref } from '../bgp/neighbor.ts'
import { type AttributesKey, attributesKey, attributesOf } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import { compileSteering, steeringChangesAtMs } from '../intent/compile/steering.ts'
import { freezeSince } from '../intent/compile.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { DesiredSteering } from '../intent/steering.ts'
import type { HeldReason } from './action.ts'
import { holdBack, holdForeign, holdUnproved } from './arrive.ts'
import type { Draft, Standing } from './draft.ts'
import { followWithdrawal } from './leave.ts'
import type { Offer } from './observed.ts'
import { type SiteView, hasForeignPath, isDecided, isProved, viewSite } from './site-view.ts'

/** Plans the steering of one destination; answers the speakers where the prefix is a matter of steering. */
export function planSteering(draft: Draft, prefix: Prefix, announcing: ReadonlySet<SpeakerId>): ReadonlySet<SpeakerId> {
  const { intent, moment, fleet } = draft.input
  const changesAtMs = steeringChangesAtMs(intent, prefix, moment.nowMs)
  if (changesAtMs !== undefined) draft.lookAgainAt(prefix, changesAtMs)
  const taken = new Set<SpeakerId>()
  for (const wanted of compileSteering(intent, prefix, moment.nowMs)) {
    taken.add(wanted.speaker)
    draft.stand(prefix, steer(draft, wanted, viewSite(intent, fleet, prefix, wanted.speaker)))
  }
  for (const speaker of [...fleet.siteSpeakers(prefix)].sort()) {
    if (taken.has(speaker) || announcing.has(speaker)) continue
    const site = viewSite(intent, fleet, prefix, speaker)
    if (!isSteered(draft, site)) continue
    taken.add(speaker)
    draft.stand(prefix, letGo(draft, prefix, site))
  }
  return taken
}

function steer(draft: Draft, wanted: DesiredSteering, site: SiteView): Standing {
  const { destination, via } = wanted
  if (draft.guards.foreignPath && hasForeignPath(site)) return holdForeign(draft, destination, 'announce', site)
  if (draft.guards.steerUnknown && !site.up) {
    const detail = `${site.speaker} cannot be reached, so what it is offered is not known: nothing moves until it answers.`
    draft.hold('speaker-unknown', destination, site, 'announce', detail)
    return 'held'
  }
  const offers = draft.input.fleet.offers(site.speaker, destination)
  const offer = offers.find(({ neighbor }) => neighbor === via)
  const problem = problemOf(draft, wanted, offers, offer)
  if (problem !== undefined) return standDown(draft, wanted, site, problem)
  const attributes = steeringAttributes(draft, offer?.nextHop ?? via)
  if (!isDecided(site, attributes) || viaOf(site) !== via) return decide(draft, wanted, site, attributes, offers)
  return followDecision(draft, wanted, site, attributes)
}

interface Problem {
  readonly reason: Extract<HeldReason, 'not-offered' | 'outranked' | 'band'>
  readonly detail: string
}

function problemOf(
  { guards }: Draft,
  { destination, neighbor, candidates, speaker, path }: DesiredSteering,
  offers: readonly Offer[],
  offer: Offer | undefined,
): Problem | undefined {
  const own = 'so BGP chooses by itself'
  if (guards.offered && offer === undefined)
    return {
      reason: 'not-offered',
      detail: `${neighbor} does not offer ${destination} to ${speaker}, ${own}; ${path} is used as soon as it does.`,
    }
  const above = offers.find(({ localPref }) => localPref >= steeredBand.min)
  if (guards.band && above !== undefined)
    return {
      reason: 'band',
      detail:
        `${above.neighbor} offers ${destination} to ${speaker} with LOCAL_PREF ${above.localPref}, not below the band of` +
        ` steered routes (${steeredBand.min} to ${steeredBand.max}, G8), ${own}.`,
    }
  const better = offers.find(
    ({ neighbor: from, localPref }) => !candidates.has(from) && localPref > (offer?.localPref ?? 0),
  )
  if (guards.outranked && better !== undefined)
    return {
      reason: 'outranked',
      detail:
        `${better.neighbor}, which is none of the group's paths, offers ${destination} to ${speaker} with LOCAL_PREF` +
        ` ${better.localPref}, above ${offer?.localPref} of ${neighbor}: another relationship comes first (G8), ${own}.`,
    }
  return undefined
}

/** No steering route while the problem lasts; one that stands is withdrawn at once, frozen or not. */
function standDown(draft: Draft, { destination }: DesiredSteering, site: SiteView, problem: Problem): Standing {
  draft.hold(problem.reason, destination, site, 'announce', problem.detail)
  if (site.target?.kind === 'withdraw') followWithdrawal(draft, destination, site)
  else if (isSteered(draft, site)) {
    draft.unsteer(destination, site, problem.detail.replace(/\.$/, ''))
    return 'moving'
  }
  return 'held'
}

function decide(
  draft: Draft,
  { destination, via, because, startedAtMs, path }: DesiredSteering,
  site: SiteView,
  attributes: AttributesKey,
  offers: readonly Offer[],
): Standing {
  const frozen = draft.guards.freeze ? freezeSince(draft.input.intent, draft.input.moment.nowMs) : undefined
  if (frozen !== undefined && frozen >= startedAtMs) {
    const detail = `A freeze is in force, and ${path} was preferred before it; unfreeze, or prefer it anew, to steer ${destination}.`
    draft.hold('frozen', destination, site, 'announce', detail)
    // What stands meanwhile is held to the same rule as ever: offered, or gone.
    if (!isSteered(draft, site) || isStillOffered(site, offers)) return 'held'
    draft.unsteer(destination, site, 'what it was steered to is not offered any more')
    return 'moving'
  }
  const kind =
    site.observed?.owner === 'other-epoch' ? 'adopt' : site.target?.kind === 'announce' ? 'change' : 'announce'
  draft.steer(kind, destination, site, { to: attributes, via, because })
  return holdBack(draft, destination, 'announce', site) ? 'held' : 'moving'
}

function followDecision(
  draft: Draft,
  { destination, via }: DesiredSteering,
  site: SiteView,
  attributes: AttributesKey,
): Standing {
  if (isProved(site, attributes)) return holdUnproved(draft, destination, 'announce', site) ? 'held' : 'proved'
  if (!site.up || !site.applied) return holdBack(draft, destination, 'announce', site) ? 'held' : 'moving'
  const words = draft.input.fleet.refused(site.speaker, destination)
  if (words !== undefined) {
    draft.hold('speaker-refused', destination, site, 'announce', `${site.speaker} refused this path: "${words}".`)
    return 'held'
  }
  const found = site.observed === undefined ? 'the path is not in the RIB' : 'another path is in the RIB'
  if (draft.holdFrozen(destination, site, found)) return 'held'
  draft.steer('repair', destination, site, { to: attributes, via, because: `the decision stands and ${found}` })
  return 'moving'
}

/** Nothing prefers it any more. */
function letGo(draft: Draft, prefix: Prefix, site: SiteView): Standing {
  if (site.up && site.applied && hasForeignPath(site)) {
    draft.forget(prefix, site, 'another program replaced the path; it is not ours to withdraw')
    return 'moving'
  }
  const back = holdBack(draft, prefix, 'withdraw', site)
  draft.unsteer(prefix, site, 'no preference asks for it; BGP chooses by itself')
  return back ? 'held' : 'moving'
}

/** True where what stands at the site, or was left there by an earlier decision of this store, is a steering route. */
function isSteered({ input: { intent } }: Draft, { target, observed }: SiteView): boolean {
  if (target !== undefined) return target.kind === 'announce' && target.via !== undefined
  if (observed?.owner !== 'ours' || intent.network === undefined) return false
  return steeredEpoch(intent.network.asn, attributesOf(observed.attributes).largeCommunities) !== undefined
}

function viaOf({ target }: SiteView) {
  return target?.kind === 'announce' ? target.via : undefined
}

function isStillOffered({ target }: SiteView, offers: readonly Offer[]): boolean {
  if (target?.kind !== 'announce') return false
  const { nextHop } = attributesOf(target.attributes)
  return offers.some((offer) => offer.neighbor === target.via && offer.nextHop === nextHop)
}

/** NO_EXPORT is a second line: GoBGP does not heed it on local paths, others would, should it ever leak. */
function steeringAttributes({ input: { intent, moment } }: Draft, nextHop: Offer['nextHop']): AttributesKey {
  if (intent.network === undefined) throw new Error('assertion: nothing is steered without a Network')
  if (!inBand(steeredBand, steeredLocalPref)) throw new Error('assertion: steered routes keep to their band')
  return attributesKey({
    origin: 'igp',
    asPath: [],
    nextHop,
    localPref: steeredLocalPref,
    communities: [noExport],
    largeCommunities: [mark(intent.network.asn, 'steered', moment.epoch)],
  })
}
