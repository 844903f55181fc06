/** What vantage routers see, as text: routers, prefixes, and whether a change was seen. */
import type { CollectorDetail, RouterProofView, SeenListView, SeenPathView } from '../api/wire/collector.ts'
import { formatDuration } from './duration.ts'
import { count } from './plural.ts'
import { renderTable } from './table.ts'
import { type Terminal, paint } from './terminal.ts'

const rowsAtMost = 20

export function collectorsText(terminal: Terminal, collectors: readonly CollectorDetail[]): string {
  if (collectors.length === 0) return 'No collectors. A Collector document names a router elsewhere that can be asked.'
  const rows = collectors.map((one) => {
    const established = one.neighbors.filter(({ state }) => state === 'established').length
    return [
      one.id,
      [one.region, one.label].filter((part) => part !== undefined).join(', '),
      one.asn === undefined ? '' : String(one.asn),
      paint(terminal, one.reach === 'up' ? 'green' : 'yellow', one.reach),
      `${established}/${one.neighbors.length}`,
      `${one.sees.prefixes}/${one.sees.of}`,
      one.wrongOrigins === 0 ? '-' : paint(terminal, 'red', String(one.wrongOrigins)),
      one.problem ?? '',
    ]
  })
  const headers = ['COLLECTOR', 'WHERE', 'AS', 'REACH', 'SESSIONS', 'SEES', 'WRONG ORIGIN', 'PROBLEM']
  return renderTable(headers, rows)
}

/** One line a prefix, collector and path. */
export function seenText(terminal: Terminal, { prefixes, truncated }: SeenListView, nowMs: number): string {
  const rows = prefixes.flatMap(({ prefix, documented, collectors }) =>
    collectors.flatMap(({ collector, sight, since, paths }) => {
      const age = since === undefined ? '' : formatDuration(Math.max(0, nowMs - Date.parse(since)) / 1000)
      if (paths.length === 0) return [['', prefix, collector, sightWord(terminal, sight), age]]
      const name = documented ? prefix : `${prefix} (no document)`
      return paths.map((path) => [path.best ? '*>' : '*', name, collector, pathText(terminal, path), age])
    }),
  )
  if (rows.length === 0) return 'Nothing to be seen: no Collector document, or no prefix.'
  const table = renderTable(['', 'Network', 'Collector', 'AS_PATH', 'For'], rows)
  return truncated ? `${table}\n… and more; name a prefix` : table
}

function sightWord(terminal: Terminal, sight: SeenListView['prefixes'][number]['collectors'][number]['sight']): string {
  return paint(terminal, sight === 'unknown' ? 'yellow' : 'dim', sight === 'unknown' ? 'unknown' : 'not seen')
}

function pathText(terminal: Terminal, { asPath, origin, wrongOrigin, communities }: SeenPathView): string {
  const path = asPath.length === 0 ? 'local' : asPath.join(' ')
  const marks = communities.length === 0 ? '' : ` [${communities.join(', ')}]`
  return wrongOrigin ? paint(terminal, 'red', `${path}${marks} (AS${origin} is not ours)`) : `${path}${marks}`
}

/** Beneath a route: who sees it. */
export function sightsText(terminal: Terminal, view: SeenListView['prefixes'][number]): string {
  return view.collectors
    .map(({ collector, sight, paths }) => {
      const words =
        paths.length === 0 ? sightWord(terminal, sight) : paths.map((path) => pathText(terminal, path)).join('; ')
      return `   seen by ${collector}: ${words}`
    })
    .join('\n')
}

/** How the routers' part of a proof stands, in one line, and beneath what each saw. */
export function routersText(terminal: Terminal, proof: RouterProofView): string {
  const good = proof.state === 'seen' || proof.state === 'gone'
  const head = paint(terminal, good ? 'green' : 'yellow', `vantage routers: ${routersWords(proof)}`)
  if (proof.routers.length === 0) return head
  const rows = proof.routers
    .slice(0, rowsAtMost)
    .map(({ collector, prefix, now, seenMs, goneMs, changedMs }) => [
      `  ${collector}`,
      prefix,
      now.replace('-', ' '),
      milliseconds(now === 'not-seen' ? goneMs : (seenMs ?? changedMs)),
    ])
  const more = proof.routers.length > rows.length ? [`  … and ${proof.routers.length - rows.length} more`] : []
  return [head, renderTable(['  COLLECTOR', 'PREFIX', 'NOW', 'AFTER'], rows), ...more].join('\n')
}

/** `seen by 2 of 2, the last after 83 ms`, `still seen by rrc1`. */
export function routersWords({ state, atMs, prefixes, routers }: RouterProofView): string {
  const telling = routers.filter(({ now }) => now !== 'unknown')
  const seeing = telling.filter(({ now }) => now === 'seen')
  const last = atMs === undefined ? '' : `, the last after ${atMs} ms`
  const named = (some: readonly { readonly collector: string }[]): string =>
    [...new Set(some.map(({ collector }) => collector))].slice(0, 5).join(', ')
  const of = `${new Set(seeing.map(({ collector }) => collector)).size} of ${new Set(telling.map(({ collector }) => collector)).size}`
  switch (state) {
    case 'watching':
      return `watched, ${of} see it`
    case 'seen':
      return `seen by ${of}${last}`
    case 'gone':
      return `gone at ${count(new Set(telling.map(({ collector }) => collector)).size, 'router')}${last}`
    case 'not-seen':
      return `not seen: ${named(telling.filter(({ now }) => now === 'not-seen'))} could tell`
    case 'still-seen':
      return `still seen by ${named(seeing)}`
    case 'untold':
      return 'unknown: none of them can tell'
    case 'superseded':
      return `not watched to the end: a later change touches ${prefixes.length === 1 ? 'the same prefix' : 'the same prefixes'}`
  }
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '-' : `${value} ms`
}
