/** Catchments as the API shows them. */
import { type Prefix, mostSpecific } from '../bgp/prefix.ts'
import { type CatchmentMove, moveState, movedAtMs } from '../health/catchment-move.ts'
import type { CatchmentLine } from '../health/catchment.ts'
import { vantageTasks } from '../health/vantage-tasks.ts'
import type { Intent, PopId } from '../intent/model.ts'
import type { Proof } from '../store/proof.ts'
import type { ToldCatchment } from '../store/sight.ts'
import type { CatchmentProofView, CatchmentView } from './wire/catchment.ts'

/** Undefined: it is not known yet, or there was nothing to see. */
export function catchmentProofView({ catchment, acceptedAtMs, speakers }: Proof, intent: Intent) {
  if (catchment !== undefined) return moveView(catchment, acceptedAtMs)
  if (speakers.size === 0 || vantageTasks(intent).length > 0) return undefined
  return moveView({ acceptedAtMs, prefixes: [], vantages: [] }, acceptedAtMs)
}

function moveView(move: CatchmentMove, acceptedAtMs: number): CatchmentProofView {
  const after = (atMs: number | undefined): number | undefined =>
    atMs === undefined ? undefined : Math.round(atMs - acceptedAtMs)
  const { prefixes, vantages } = move
  return {
    state: moveState(move),
    movedMs: after(movedAtMs(move)),
    prefixes: prefixes.map(({ left, joined, movedAtMs: atMs, ...rest }) => {
      return { ...rest, left: [...left], joined: [...joined], movedMs: after(atMs) }
    }),
    vantages: vantages.map(({ agent, lastOldAtMs, firstNewAtMs, ...rest }) => {
      return { ...rest, vantage: agent, lastOldMs: after(lastOldAtMs), firstNewMs: after(firstNewAtMs) }
    }),
  }
}

/** Of announced prefixes. @param only this prefix */
export function catchmentView(told: ToldCatchment | undefined, intent: Intent, only?: Prefix): CatchmentView {
  const byPrefix = Map.groupBy(told?.lines ?? [], ({ target }) =>
    mostSpecific(target, (prefix) => intent.prefixes.has(prefix)),
  )
  const prefixes = [...byPrefix].flatMap(([prefix, lines]) =>
    prefix === undefined || (only !== undefined && prefix !== only)
      ? []
      : [{ prefix, shares: sharesOf(lines), vantages: lines.map((line) => lineView(line, intent)) }],
  )
  return {
    ...(told !== undefined && { asOf: new Date(told.atMs).toISOString() }),
    prefixes: prefixes.toSorted((a, b) => a.prefix.localeCompare(b.prefix, 'en', { numeric: true })),
  }
}

function sharesOf(lines: readonly CatchmentLine[]): CatchmentView['prefixes'][number]['shares'] {
  const counts = new Map<PopId, number>()
  for (const { state, pop } of lines)
    if (state === 'named' && pop !== undefined) counts.set(pop, (counts.get(pop) ?? 0) + 1)
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  return [...counts]
    .map(([pop, vantages]) => ({ pop, share: vantages / total, vantages }))
    .toSorted((a, b) => b.share - a.share || (a.pop < b.pop ? -1 : 1))
}

function lineView({ agent, sinceMs, ...rest }: CatchmentLine, { agents }: Intent) {
  const place = agents.get(agent)?.place
  return {
    vantage: agent,
    ...(place?.kind === 'vantage' && {
      ...(place.region !== undefined && { region: place.region }),
      ...(place.label !== undefined && { label: place.label }),
    }),
    ...rest,
    ...(sinceMs !== undefined && { since: new Date(sinceMs).toISOString() }),
  }
}
