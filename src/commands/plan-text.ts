/** Plans and changes for people: what is done, what is held and why, what to think of. */
import type { ChangeView } from '../api/wire/change.ts'
import type { ActionView, AttributesView, PlanView } from '../api/wire/plan.ts'
import { changedFields } from './changed-fields.ts'
import { stagedText } from './rollout-text.ts'
import { renderTable } from './table.ts'
import { type Terminal, paint } from './terminal.ts'

const signs: Readonly<
  Record<ActionView['kind'], { readonly sign: string; readonly color: 'green' | 'yellow' | 'red' | 'dim' }>
> = {
  announce: { sign: '+', color: 'green' },
  adopt: { sign: '~', color: 'green' },
  change: { sign: '~', color: 'yellow' },
  repair: { sign: '~', color: 'yellow' },
  drain: { sign: '~', color: 'yellow' },
  withdraw: { sign: '-', color: 'red' },
  forget: { sign: '.', color: 'dim' },
}

const shownAtMost = 40

export function planText(terminal: Terminal, plan: PlanView): string {
  const sections = [actionsText(terminal, plan), heldText(terminal, plan), warningsText(terminal, plan)]
  const { planned, of } = plan.prefixes
  if (planned < of) sections.push(`This shows ${planned} of the ${of} prefixes concerned.`)
  const shown = sections.filter((text) => text !== '')
  return shown.length === 0 ? 'Nothing to do: every speaker is as decided.' : shown.join('\n\n')
}

/** `2 to announce, 1 to withdraw` */
export function summaryText(plan: PlanView): string {
  const parts = Object.entries(plan.summary).map(([kind, count]) => `${count} to ${kind}`)
  if (plan.held.length > 0) parts.push(`${plan.held.length} held`)
  return parts.length === 0 ? 'nothing to do' : parts.join(', ')
}

function actionsText(terminal: Terminal, { actions, summary }: PlanView): string {
  if (actions.length === 0) return ''
  const rows = actions.slice(0, shownAtMost).map(({ kind, prefix, pop, speaker, to, because }) => {
    const { sign, color } = signs[kind]
    const what = paint(terminal, color, `${sign} ${kind}`)
    return [what, prefix, pop, speaker, to === undefined ? '' : attributesText(to), because]
  })
  const all = Object.values(summary).reduce((sum, count) => sum + count, 0)
  const more = all > rows.length ? `\n… and ${all - rows.length} more; -o json shows them` : ''
  return renderTable(['ACTION', 'PREFIX', 'POP', 'SPEAKER', 'ATTRIBUTES', 'BECAUSE'], rows) + more
}

function heldText(terminal: Terminal, { held }: PlanView): string {
  if (held.length === 0) return ''
  const rows = held
    .slice(0, shownAtMost)
    .map(({ reason, prefix, pop, speaker, detail }) => [
      paint(terminal, 'yellow', reason),
      prefix,
      pop,
      speaker,
      detail,
    ])
  return renderTable(['HELD', 'PREFIX', 'POP', 'SPEAKER', 'WHY'], rows)
}

function warningsText(terminal: Terminal, { warnings }: PlanView): string {
  const lines = warnings.slice(0, shownAtMost).map(({ prefix, speaker, message }) => {
    const place = speaker === undefined ? prefix : `${prefix} at ${speaker}`
    return `${paint(terminal, 'yellow', 'warning')} ${place}: ${message}`
  })
  if (warnings.length > lines.length)
    lines.push(`… and ${warnings.length - lines.length} more warnings; -o json shows them`)
  return lines.join('\n')
}

/** Before a question, and after a dry run. */
export function changeText(terminal: Terminal, change: ChangeView): string {
  if (change.status === 'unchanged') return `Nothing changes: this is how revision ${change.revision} has it already.`
  const { before, after } = change.announcements
  const counts = `Announcements (prefix, POP): ${before} → ${after}.`
  const forced = change.overridden.length > 0 ? [`Overridden by force: ${change.overridden.join(', ')}.`] : []
  const documents = [...documentLines(terminal, change), ...findingLines(terminal, change)]
  if (change.staged === undefined)
    return [...documents, '', planText(terminal, change.plan), '', counts, ...forced].join('\n')
  const first = ['Stage 1, now:', planText(terminal, change.plan)]
  return [
    ...documents,
    '',
    stagedText(terminal, change.staged),
    '',
    ...first,
    '',
    `When all is out: ${counts}`,
    ...forced,
  ].join('\n')
}

/** What became of which documents, one a line. */
export function documentLines(terminal: Terminal, { changes }: ChangeView): readonly string[] {
  const shown = changes.slice(0, shownAtMost).map(({ document, change: kind, before, after }) => {
    const sign = kind === 'create' ? '+' : kind === 'delete' ? '-' : '~'
    const color = kind === 'create' ? 'green' : kind === 'delete' ? 'red' : 'yellow'
    const fields = changedFields(before, after)
    return paint(terminal, color, `${sign} ${document}`) + (fields === '' ? '' : `: ${fields}`)
  })
  return changes.length > shown.length ? [...shown, `… and ${changes.length - shown.length} more documents`] : shown
}

/** Warnings about documents and about effects; nothing where there are none. */
export function doubtsText(terminal: Terminal, change: ChangeView): string {
  return [...findingLines(terminal, change), warningsText(terminal, change.plan)]
    .filter((text) => text !== '')
    .join('\n')
}

function findingLines(terminal: Terminal, { findings }: ChangeView): readonly string[] {
  return findings.map(
    ({ document, pointer, message }) => `${paint(terminal, 'yellow', 'warning')} ${document}${pointer}: ${message}`,
  )
}

/** What matters of a path in one line: `next hop 192.0.2.1, MED 50, prepended 2`. */
export function attributesText(attributes: AttributesView): string {
  const { nextHop, asPath, med, localPref, communities, largeCommunities } = attributes
  const parts = [`nh ${nextHop}`]
  if (asPath.length > 0) parts.push(`path ${asPath.join(' ')}`)
  if (med !== undefined) parts.push(`med ${med}`)
  if (localPref !== undefined) parts.push(`lp ${localPref}`)
  if (communities.length > 0) parts.push(communities.join(' '))
  if (largeCommunities.length > 0) parts.push(largeCommunities.join(' '))
  return parts.join(', ')
}
