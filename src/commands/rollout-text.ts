/** Staged changes for people: what each stage will do, how one that runs goes, how it ended. */
import type { RolloutView, StagedView } from '../api/wire/rollout.ts'
import { clockText } from './clock-text.ts'
import { formatDuration } from './duration.ts'
import { count } from './plural.ts'
import { renderTable } from './table.ts'
import { type Terminal, paint } from './terminal.ts'

const popsAtMost = 8

export function stagedText(terminal: Terminal, staged: StagedView): string {
  const { rollout, stages, settleSeconds, giveUpSeconds, unwatched } = staged
  const head = `Staged as ${rollout}: ${count(stages.length, 'stage')}, each watched for ${formatDuration(settleSeconds)}, rolled back where anything breaks or after ${formatDuration(giveUpSeconds)}.`
  const rows = stages.map(({ pops, ...effect }, i) => [String(i + 1), popsText(pops), effectText(effect)])
  const doubts =
    unwatched.length === 0
      ? []
      : [
          `${paint(terminal, 'yellow', 'warning')} no check watches ${popsText(unwatched)}: only lost sessions are noticed there`,
        ]
  return [head, renderTable(['STAGE', 'POPS', 'ANNOUNCEMENTS'], rows), ...doubts].join('\n')
}

const stateColors = { running: 'cyan', done: 'green', 'rolled-back': 'red', replaced: 'yellow' } as const

export function rolloutsText(terminal: Terminal, rollouts: readonly RolloutView[]): string {
  if (rollouts.length === 0) return 'No change goes out in stages, and none did lately.'
  const rows = rollouts.map((view) => [
    view.id,
    paint(terminal, stateColors[view.state], view.state),
    `${view.stage} of ${view.stages.length}`,
    clockText(view.ended?.at ?? view.stageAt),
    prefixesText(view.prefixes),
    whyText(view),
  ])
  return renderTable(['NAME', 'STATE', 'STAGE', 'SINCE', 'PREFIXES', 'WAITS FOR, OR WHY'], rows)
}

export function rolloutText(terminal: Terminal, view: RolloutView): string {
  const { id, state, stages, author, reason, settleSeconds, giveUpSeconds, startedAt, ungated } = view
  const outWord = state === 'rolled-back' ? 'was out, back' : 'out'
  const rows = stages.map(({ pops, out }, i) => [String(i + 1), out ? outWord : '', popsText(pops)])
  return [
    `${id}: ${paint(terminal, stateColors[state], state)}, of ${author} since ${clockText(startedAt)} (${reason})`,
    prefixesText(view.prefixes),
    renderTable(['STAGE', '', 'POPS'], rows),
    `each watched for ${formatDuration(settleSeconds)}, given up after ${formatDuration(giveUpSeconds)}${ungated ? ', also where no check watches' : ''}`,
    whyText(view),
  ].join('\n')
}

export function whyText({ waitsFor, until, ended }: RolloutView): string {
  if (ended !== undefined) return `revision ${ended.revision} by ${ended.author}: ${ended.reason}`
  return `${waitsFor ?? 'was not looked at yet'}${until === undefined ? '' : ` (until ${clockText(until)})`}`
}

export function popsText(pops: readonly string[]): string {
  const more = pops.length - popsAtMost
  return pops.slice(0, popsAtMost).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function prefixesText(prefixes: readonly string[]): string {
  return prefixes.length <= 3
    ? prefixes.join(', ')
    : `${prefixes.slice(0, 3).join(', ')} and ${prefixes.length - 3} more`
}

function effectText({ adds, changes, takesAway }: Omit<StagedView['stages'][number], 'pops'>): string {
  const parts = [
    [adds, 'announced'],
    [changes, 'changed'],
    [takesAway, 'withdrawn'],
  ] as const
  return parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${number} ${what}`)
    .join(', ')
}
