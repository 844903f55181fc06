/** Collectors and what they see, as the API shows them. */
import type { Prefix } from '../bgp/prefix.ts'
import { type RouterMove, sightAtMs, sightState } from '../health/router-move.ts'
import { originsOf } from '../health/visibility-alarm.ts'
import { type CollectorView, type SeenPath, sightOf } from '../health/visibility.ts'
import type { Intent } from '../intent/model.ts'
import { inOrder } from '../intent/select.ts'
import type { CollectorStatus } from '../store/collectors.ts'
import type { Store } from '../store/store.ts'
import type { CollectorDetail, RouterProofView, SeenListView, SeenPathView } from './wire/collector.ts'

export interface KnownCollector {
  readonly view: CollectorView
  readonly status: CollectorStatus | undefined
}

/** Those of documents, in order of name, with all they see. */
export async function readCollectors({ collectors }: Pick<Store, 'collectors'>, intent: Intent) {
  const states = await collectors.states([...intent.collectors.keys()])
  return Promise.all(
    inOrder(intent.collectors).map(async ({ id, seenWithinMs }): Promise<KnownCollector> => {
      const { status } = states.get(id) ?? {}
      const established = (status?.neighbors ?? []).filter(({ state }) => state === 'established').length
      const reach = status?.reach ?? 'unknown'
      return { view: { id, seenWithinMs, reach, established, seen: await collectors.seen(id) }, status }
    }),
  )
}

export function collectorView({ view, status }: KnownCollector, intent: Intent): CollectorDetail {
  const { id, seen } = view
  const document = intent.collectors.get(id)
  const origins = originsOf(intent)
  const prefixes = [...intent.prefixes.keys()]
  const wrong = [...seen].filter(([prefix, { paths }]) => paths.some(({ origin }) => !origins(prefix).has(origin)))
  return {
    id,
    endpoint: document?.endpoint ?? '',
    region: document?.region,
    label: document?.label,
    reach: view.reach,
    since: isoTime(status?.sinceMs),
    problem: problemOf(view, status),
    api: status?.api,
    asn: status?.asn,
    routerId: status?.routerId,
    readAt: isoTime(status?.readAtMs),
    neighbors: (status?.neighbors ?? []).map((neighbor) => ({ ...neighbor })),
    sees: {
      prefixes: prefixes.filter((prefix) => sightOf(view, prefix, origins(prefix)) === 'seen').length,
      of: prefixes.length,
    },
    wrongOrigins: wrong.length,
  }
}

function problemOf({ reach, established }: CollectorView, status: CollectorStatus | undefined): string | undefined {
  if (status === undefined) return 'never read yet'
  if (reach === 'unknown') return status.problem ?? 'does not answer'
  return established === 0 ? 'none of its sessions is established, so nobody tells it anything' : undefined
}

const shownAtMost = 5000

/** @param only this prefix; absent: what documents name and what is seen of our space */
export function seenView(collectors: readonly KnownCollector[], intent: Intent, only?: Prefix): SeenListView {
  const origins = originsOf(intent)
  const all = only === undefined ? everyPrefix(collectors, intent) : [only]
  const prefixes = all.slice(0, shownAtMost).map((prefix) => ({
    prefix,
    documented: intent.prefixes.has(prefix),
    collectors: collectors.map(({ view }) => {
      const seen = view.seen.get(prefix)
      return {
        collector: view.id,
        sight: sightOf(view, prefix, origins(prefix)),
        since: isoTime(seen?.sinceMs),
        changedAt: isoTime(seen?.changedAtMs),
        paths: (seen?.paths ?? []).map((path) => pathView(path, origins(prefix))),
      }
    }),
  }))
  return { prefixes, truncated: all.length > prefixes.length }
}

function everyPrefix(collectors: readonly KnownCollector[], { prefixes }: Intent): readonly Prefix[] {
  const seen = collectors.flatMap(({ view }) =>
    [...view.seen].flatMap(([prefix, { paths }]) => (paths.length > 0 ? [prefix] : [])),
  )
  return [...new Set([...prefixes.keys(), ...seen])].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

function pathView({ asPath, origin, communities, from, best }: SeenPath, origins: ReadonlySet<number>): SeenPathView {
  const wrongOrigin = !origins.has(origin)
  return { asPath: [...asPath], origin, wrongOrigin, communities: [...communities], from, best }
}

export function routerProofView(move: RouterMove): RouterProofView {
  const after = (atMs: number | undefined): number | undefined =>
    atMs === undefined ? undefined : Math.round(atMs - move.acceptedAtMs)
  return {
    state: sightState(move),
    atMs: after(sightAtMs(move)),
    prefixes: move.prefixes.map(({ atMs, ...rest }) => ({ ...rest, atMs: after(atMs) })),
    routers: move.routers.map(({ seenAtMs, goneAtMs, changedAtMs, ...rest }) => {
      return { ...rest, seenMs: after(seenAtMs), goneMs: after(goneAtMs), changedMs: after(changedAtMs) }
    }),
  }
}

function isoTime(atMs: number | undefined): string | undefined {
  return atMs === undefined ? undefined : new Date(atMs).toISOString()
}
