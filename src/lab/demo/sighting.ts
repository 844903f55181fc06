/**
 * What upstream routers saw of a change, asked of their RIBs while it happens: one sighting a router, with the time at
 * which it had what was wanted. Nothing that Herald says counts here.
 */
import { gracefulShutdown } from '../../bgp/community.ts'
import type { UpstreamRoute } from '../bird-routes.ts'
import type { Upstream } from '../upstream.ts'

export interface Sighting {
  readonly upstream: Upstream
  /** When the RIB was seen to be as wanted, ms since the epoch; undefined: not in time. */
  readonly atMs: number | undefined
  /** For what goes: when it was seen marked GRACEFUL_SHUTDOWN (RFC 8326) before. */
  readonly markedAtMs?: number | undefined
}

const deadlineMs = 15_000

/** Watches until the prefix is there, as it has to be: our AS alone, the session's own next hop, no mark of ours. */
export async function arrival(upstream: Upstream, prefix: string, asn: number): Promise<Sighting> {
  return { upstream, atMs: await seen(upstream, prefix, ([route]) => isProper(route, upstream, asn)) }
}

/** Watches until the prefix is gone, and whether it was marked before. */
export async function departure(upstream: Upstream, prefix: string): Promise<Sighting> {
  let markedAtMs: number | undefined
  const atMs = await seen(upstream, prefix, ([route]) => {
    if (route?.communities.includes(gracefulShutdown) === true) markedAtMs ??= Date.now()
    return route === undefined
  })
  return { upstream, atMs, markedAtMs }
}

/** True where the prefix is in its RIB as it has to be, now. */
export async function has(upstream: Upstream, prefix: string, asn: number): Promise<boolean> {
  const [route] = await upstream.routes(prefix)
  return isProper(route, upstream, asn)
}

function isProper(route: UpstreamRoute | undefined, { links }: Upstream, asn: number): boolean {
  if (route === undefined) return false
  const family = route.prefix.includes(':') ? 'ipv6' : 'ipv4'
  return (
    route.asPath.join(' ') === String(asn) &&
    route.nextHop === links.find((link) => link.family === family)?.speaker &&
    !route.communities.includes(gracefulShutdown) &&
    route.largeCommunities.length === 0
  )
}

async function seen(
  upstream: Upstream,
  prefix: string,
  until: (routes: readonly UpstreamRoute[]) => boolean,
): Promise<number | undefined> {
  try {
    return (await upstream.waitFor({ prefix, until, deadlineMs })).atMs
  } catch {
    return undefined
  }
}
