/** What was played, for people: each line of the scenario with what was measured beside it. */
import { type Terminal, paint } from '../../commands/terminal.ts'
import type { Played } from './play.ts'

const textWidth = 64

export function playedText(terminal: Terminal, { line, text, ok, measured, tookMs }: Played): string {
  const mark = ok ? paint(terminal, 'green', '✓') : paint(terminal, 'red', '✗')
  const took = tookMs < 50 ? '' : ` ${paint(terminal, 'dim', `${(tookMs / 1000).toFixed(1)} s`)}`
  const [first = '', ...more] = measured.split('\n')
  const rest = ok ? [] : more.map((words) => `          ${words}`)
  return [`${String(line).padStart(4)} ${mark}  ${text.padEnd(textWidth)}  ${first}${took}`.trimEnd(), ...rest].join(
    '\n',
  )
}
