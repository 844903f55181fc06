/** Catchments as text: who is answered by which POP now, and whether a change was seen to move them. */
import type { CatchmentProofView, CatchmentView } from '../api/wire/catchment.ts'
import { formatDuration } from './duration.ts'
import { count } from './plural.ts'
import { renderTable } from './table.ts'
import { type Terminal, paint } from './terminal.ts'

const rowsAtMost = 20

export const noVantage = 'no vantage point names the POP that answers'

/** How the last stage of a proof stands, in one line, and beneath who moved, or is still where nobody should be. */
export function moveText(terminal: Terminal, catchment: CatchmentProofView): string {
  const color = { moved: 'green', watching: 'yellow', 'not-moved': 'yellow', untold: 'dim', superseded: 'dim' } as const
  const head = paint(terminal, color[catchment.state], `catchment ${moveWords(catchment)}`)
  const left = new Map(catchment.prefixes.map((one) => [one.prefix, one.left]))
  const shown = catchment.vantages.filter(
    ({ prefix, before, after }) => before !== after || left.get(prefix)?.includes(after ?? '') === true,
  )
  if (catchment.state === 'untold' || shown.length === 0) return head
  const rows = shown
    .slice(0, rowsAtMost)
    .map(({ vantage, prefix, before, after, lastOldMs, firstNewMs }) => [
      `  ${vantage}`,
      prefix,
      `${before ?? '-'} → ${after ?? '-'}`,
      lastOldMs === undefined ? '-' : `${lastOldMs} ms`,
      firstNewMs === undefined ? '-' : `${firstNewMs} ms`,
    ])
  const more = shown.length > rows.length ? [`  … and ${shown.length - rows.length} more`] : []
  const headers = ['  VANTAGE', 'PREFIX', 'ANSWERED BY', 'LAST OLD', 'FIRST NEW']
  return [head, renderTable(headers, rows), ...more].join('\n')
}

/** `moved 812 ms after it was accepted`, `not moved: v2 is answered by fra`. */
export function moveWords(catchment: CatchmentProofView): string {
  const { state, movedMs } = catchment
  switch (state) {
    case 'moved':
      return movedMs === undefined
        ? 'as it was: no vantage point had to move'
        : `moved ${movedMs} ms after it was accepted`
    case 'watching':
      return `watched${stillText(catchment)}`
    case 'not-moved':
      return `not moved${stillText(catchment)}`
    case 'untold':
      return `unknown: ${noVantage}`
    case 'superseded':
      return 'not watched to the end: a later change touches the same prefix'
  }
}

/** Who is still answered by a POP of before; who is not any more, as far as that is known yet; or that nobody moved. */
function stillText({ prefixes, vantages }: CatchmentProofView): string {
  const open = new Map(prefixes.flatMap((one) => (one.state === 'moved' ? [] : [[one.prefix, one] as const])))
  const still = vantages.filter(({ prefix, after }) => open.get(prefix)?.left.includes(after ?? '') === true)
  if (still.length > 0) {
    const named = still.slice(0, 5).map(({ vantage, after }) => `${vantage} by ${after}`)
    return `: still answered are ${named.join(', ')}${still.length > 5 ? ` and ${still.length - 5} more` : ''}`
  }
  const gone = vantages.filter(
    ({ prefix, before, after }) => open.has(prefix) && before !== undefined && after !== undefined && before !== after,
  )
  if (gone.length > 0) return `: ${count(gone.length, 'vantage point')} moved, and may still go back`
  const joined = [...new Set([...open.values()].flatMap((one) => one.joined))]
  if (joined.length > 0) return `: no vantage point is answered by ${joined.join(', ')}`
  return ': no vantage point is answered by another POP than before'
}

export function catchmentText(terminal: Terminal, view: CatchmentView, nowMs: number): string {
  if (view.prefixes.length === 0)
    return 'No vantage point looks at an announced prefix. Write an Agent with vantage: true, and a Check with from: vantage and a target inside the prefix.'
  return view.prefixes.map((one) => prefixText(terminal, one, nowMs)).join('\n\n')
}

function prefixText(terminal: Terminal, view: CatchmentView['prefixes'][number], nowMs: number): string {
  const { prefix, shares, vantages } = view
  const told = shares.map(({ pop, share, vantages: its }) => `${pop} ${Math.round(share * 100)} % (${its})`)
  const head = `${prefix}, ${count(vantages.length, 'view')}: ${told.length === 0 ? noVantage : told.join(', ')}`
  const rows = vantages.map(({ vantage, region, label, target, state, pop, name, since }) => [
    vantage,
    [region, label].filter((one) => one !== undefined).join(', '),
    target,
    whoText(terminal, state, pop, name),
    since === undefined ? '' : formatDuration(Math.max(0, nowMs - Date.parse(since)) / 1000),
  ])
  return `${head}\n${renderTable(['VANTAGE', 'WHERE', 'TARGET', 'ANSWERED BY', 'FOR'], rows)}`
}

function whoText(
  terminal: Terminal,
  state: CatchmentView['prefixes'][number]['vantages'][number]['state'],
  pop: string | undefined,
  name: string | undefined,
): string {
  const last = pop === undefined ? '' : `, last by ${pop}`
  switch (state) {
    case 'named':
      return pop ?? ''
    case 'unnamed':
      return name === undefined ? 'does not say' : `"${name}", no POP of that name`
    case 'unanswered':
      return paint(terminal, 'red', `nobody${last}`)
    case 'silent':
      return paint(terminal, 'yellow', `not heard of${last}`)
  }
}
