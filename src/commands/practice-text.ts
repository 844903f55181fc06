/** Practices in words: what would happen, what did, and how long it took. */
import type { PracticeView, RehearsalView } from '../api/wire/practice.ts'
import { amountText } from '../intent/amount.ts'
import { clockText } from './clock-text.ts'
import { detectionText } from './detection-text.ts'
import { formatDuration } from './duration.ts'
import { type Terminal, paint } from './terminal.ts'

export function practiceText(view: PracticeView): string {
  const { state, prefix, pop, author, reason, startedAt, until } = view
  if (state === 'none') return 'No practice was ever run here. What one would do: herald practice PREFIX --pop POP'
  const head = `${state}: ${prefix} at ${pop}, by ${author} (${reason}), ${clockText(startedAt ?? '')} to ${clockText(until ?? '')}`
  const took = tookText(view)
  return [
    head,
    ...(took === undefined ? [] : [took]),
    ...view.refused.map(({ title, message }) => `${title}: ${message}`),
    ...view.revisions.map(revisionText),
  ].join('\n')
}

/** `out 52 ms after it counted as sick; all back 3.9 s after it was well again` */
export function tookText({ outAfterMs, backAfterMs }: PracticeView): string | undefined {
  if (outAfterMs === undefined) return undefined
  const out = `out, proved, ${lastedText(outAfterMs)} after it counted as sick`
  return backAfterMs === undefined ? out : `${out}; all back ${lastedText(backAfterMs)} after it was well again`
}

function lastedText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : formatDuration(ms / 1000)
}

export function revisionText({ revision, command, reason, proof }: PracticeView['revisions'][number]): string {
  const line = proof === undefined ? undefined : detectionText(proof)
  const done = proof?.doneMs === undefined ? '' : `, proved after ${proof.doneMs} ms`
  return `revision ${revision}: ${command} (${reason})${done}${line === undefined ? '' : `\n  ${line}`}`
}

const outcomes = {
  out: ['green', 'would be taken out'],
  refused: ['yellow', 'would be refused'],
  nothing: ['yellow', 'nothing new would be decided'],
} as const

export function rehearsalText(terminal: Terminal, view: RehearsalView): string {
  const { prefix, pop, check, outcome, measures, refused, before, after, stuck, because } = view
  const [color, words] = outcomes[outcome]
  const lines = [`${prefix} at ${pop}, were ${check} to fail there now: ${paint(terminal, color, words)}`]
  if (because !== undefined) lines.push(`  ${because}`)
  for (const { action, place, prepend, reason } of measures)
    lines.push(`  ${action}${prepend === undefined ? '' : ` ${prepend}`} ${place.name}: ${reason}`)
  for (const { title, message, wayOut } of refused) lines.push(`  ${title}: ${message}`, `    way out: ${wayOut}`)
  lines.push(`announced now at ${named(before)}; then at ${named(after)}`)
  if (stuck !== undefined) lines.push(stuck)
  return [...lines, ...trafficLines(view)].join('\n')
}

function trafficLines({ pop, moving, movingUnit, traffic }: RehearsalView): readonly string[] {
  const each = traffic.map(
    ({ pop: at, load, capacity, unit }) => `  ${at} has ${amountText(load, unit)} of ${amountText(capacity, unit)}`,
  )
  if (moving === undefined) return each
  const free = traffic
    .filter(({ unit }) => unit === movingUnit)
    .reduce((sum, { load, capacity }) => sum + Math.max(0, capacity - load), 0)
  const room = traffic.length === 0 ? '' : `; where it stays announced, ${amountText(free, movingUnit)} are free`
  return [`load that moves: at most ${amountText(moving, movingUnit)} (all that ${pop} has)${room}`, ...each]
}

export function named(pops: readonly string[]): string {
  return pops.length === 0 ? 'no POP' : pops.join(', ')
}
