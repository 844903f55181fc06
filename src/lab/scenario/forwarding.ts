/** How the upstream routers forward to the service, for a scenario that was not answered as it expects. */
import { contains, parsePrefix } from '../../bgp/prefix.ts'
import type { RouteChange } from '../traffic/route-watch.ts'
import type { Stage } from './stage.ts'

/** `203.0.113.0/24: t1 by fra for 10.2 s, t2 by nobody for 12.0 s`, a line for each prefix whose route ever changed. */
export function forwardingText(changes: readonly RouteChange[], nowMs: number): string {
  const byPrefix = Map.groupBy(changes, ({ prefix }) => prefix)
  return Array.from(byPrefix, ([prefix, own]) => {
    const last = new Map(own.map((change) => [change.node, change]))
    const told = [...last.values()].map(
      ({ node, via, atMs }) =>
        `${node} by ${via.join(' and ') || 'nobody'} for ${((nowMs - atMs) / 1000).toFixed(1)} s`,
    )
    return `${prefix}: ${told.join(', ')}`
  }).join('\n')
}

/** The changes of routes to the service, and not to the lab's own links. */
export function serviceRouteChanges({ traffic, routes }: Pick<Stage, 'traffic' | 'routes'>): readonly RouteChange[] {
  const hosts = traffic.addresses.flatMap((address) => {
    const host = parsePrefix(`${address}/${address.includes(':') ? 128 : 32}`)
    return host.ok ? host.value : []
  })
  return routes.changes.filter(({ prefix: text }) => {
    const prefix = parsePrefix(text)
    return prefix.ok && hosts.some((host) => contains(prefix.value, host))
  })
}
