/**
 * The last stage of a site: marked GRACEFUL_SHUTDOWN (RFC 8326) while others serve, so that neighbors move their
 * traffic before the path goes, then withdrawn. There is nothing to mark for where the network asks for no drain time,
 * where no other site serves, where the speaker cannot be reached, and where the site was marked long enough already.
 */
import { gracefulShutdown } from '../bgp/community.ts'
import { type AttributesKey, attributesKey, attributesOf, sorted } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { DesiredPrefix } from '../intent/desired.ts'
import { holdBack } from './arrive.ts'
import type { Cause, Draft } from './draft.ts'
import type { SiteView } from './site-view.ts'

export function drainOrWithdraw(
  draft: Draft,
  prefix: Prefix,
  desired: DesiredPrefix | undefined,
  site: SiteView,
  othersServe: boolean,
): void {
  const lost = desired?.lost.get(site.speaker)
  const cause: Cause =
    lost === undefined
      ? { by: 'intent', because: `intent does not name ${site.pop} for ${prefix}` }
      : { by: 'overlay', because: lost.because }
  const drainMs = draft.guards.drainStage ? (draft.input.intent.network?.drainSeconds ?? 0) * 1000 : 0
  const sinceMs = site.target?.kind === 'announce' ? site.target.drainingSinceMs : undefined
  const unmarked = lost?.graced === true ? undefined : unmarkedAttributes(site)
  if (holdBack(draft, prefix, 'withdraw', site)) {
    draft.withdraw(prefix, site, cause, 'held')
  } else if (sinceMs !== undefined && othersServe && holdDraining(draft, prefix, site, sinceMs + drainMs)) {
    return
  } else if (sinceMs === undefined && othersServe && drainMs > 0 && unmarked !== undefined) {
    const because = `${cause.because}; marked GRACEFUL_SHUTDOWN before it goes`
    draft.drain(prefix, site, marked(unmarked), { ...cause, because })
    draft.lookAgainAt(prefix, draft.input.moment.nowMs + drainMs)
  } else {
    draft.withdraw(prefix, site, cause)
  }
}

function holdDraining(draft: Draft, prefix: Prefix, site: SiteView, untilMs: number): boolean {
  const leftMs = untilMs - draft.input.moment.nowMs
  if (leftMs <= 0 && site.applied) return false
  const detail =
    leftMs > 0
      ? `${site.pop} is marked GRACEFUL_SHUTDOWN and is withdrawn in ${leftMs / 1000} s.`
      : `${site.pop} is withdrawn as soon as ${site.speaker} is seen to carry the GRACEFUL_SHUTDOWN mark.`
  draft.hold('draining', prefix, site, 'withdraw', detail)
  draft.stand(prefix, 'moving')
  if (leftMs > 0) draft.lookAgainAt(prefix, untilMs)
  return true
}

/** What the site says now, where that is not marked yet. */
function unmarkedAttributes(site: SiteView): AttributesKey | undefined {
  const now = site.target?.kind === 'announce' ? site.target.attributes : site.observed?.attributes
  return now !== undefined && !attributesOf(now).communities.includes(gracefulShutdown) ? now : undefined
}

function marked(key: AttributesKey): AttributesKey {
  const attributes = attributesOf(key)
  return attributesKey({ ...attributes, communities: sorted([...attributes.communities, gracefulShutdown]) })
}
