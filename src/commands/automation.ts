/** `automation` and `go`: what it does by itself, what it refuses and how to get further; and a person's word that lets it. */
import type { Command } from 'commander'
import type { AutomationView, GoView, RefusalView } from '../api/wire/automation.ts'
import { clockText } from './clock-text.ts'
import { type CliContext, outputOf, withApi } from './cli-context.ts'
import { Quit, exitCode } from './exit-code.ts'
import { print } from './output.ts'
import { count } from './plural.ts'
import { renderTable } from './table.ts'
import { type Terminal, paint } from './terminal.ts'
import { reasonOf } from './write.ts'

export function registerAutomation(program: Command, cli: CliContext): void {
  program
    .command('automation')
    .description('what automation has laid on top, what it refuses, by which guard, and the way out')
    .addHelpText('after', '\nExample:\n  herald automation')
    .action(async (_options: unknown, command: Command) => {
      const state = await withApi(cli, command, (api) => api.request<AutomationView>({ path: '/v1/automation' }))
      print(cli.terminal, outputOf(command), {
        data: state,
        table: () => automationText(cli.terminal, state),
        names: () => state.standing.map(({ id }) => id),
      })
    })

  program
    .command('go')
    .description(
      'you looked, and what is sick is really down: lifts the breaker (G2) and the correlation brake (G3) for it',
    )
    .option('-r, --reason <text>', 'how you know (asked for on a terminal)')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nFloors, capacity and freezes still hold.\n\nExample:\n  herald go --reason "three POPs lost power, confirmed by phone"',
    )
    .action(async (options: GoOptions, command: Command) => sayGo(cli, command, options))
}

interface GoOptions {
  readonly reason?: string
  readonly yes?: boolean
}

async function sayGo(cli: CliContext, command: Command, { yes, ...said }: GoOptions): Promise<void> {
  const reason = await reasonOf(cli, said)
  await withApi(cli, command, async (api) => {
    if (cli.terminal.interactive && yes !== true) {
      const { refusals } = await api.request<AutomationView>({ path: '/v1/automation' })
      const held = refusals.filter(({ guard }) => guard === 'breaker' || guard === 'correlation')
      cli.terminal.err(
        held.length === 0
          ? 'Neither the breaker (G2) nor the correlation brake (G3) refuses anything now.'
          : `${goList(held)}\n`,
      )
      const answer = await cli.terminal.ask('Is what is sick really down? It loses its traffic. [y/N] ')
      if (!/^y(es)?$/i.test(answer.trim())) throw new Quit(exitCode.refused)
    }
    const heard = await api.request<GoView>({ method: 'POST', path: '/v1/automation/go', body: { reason } })
    print(cli.terminal, outputOf(command), {
      data: heard,
      table: () => goText(heard),
      names: () => heard.believed.map(({ prefix, place }) => `${prefix} ${place.name}`),
    })
  })
}

/** What the word lifts, which is not always anything. */
export function goText({ at, believed }: GoView): string {
  const what =
    believed.length === 0
      ? 'neither the breaker (G2) nor the correlation brake (G3) refused anything, so that it changes nothing now'
      : `it lifts what refused\n${goList(believed)}`
  return `go: what is sick by ${clockText(at)} is believed; ${what}\nSee: herald automation, herald history`
}

function goList(held: readonly RefusalView[]): string {
  const places = Map.groupBy(held, ({ place }) => place.name)
  return [...places]
    .map(([place, its]) => `  ${place}: ${count(its.length, 'prefix', 'prefixes')}, ${its[0]?.subject}`)
    .join('\n')
}

const stateColors = { watching: 'green', acting: 'yellow', held: 'red' } as const
const shownAtMost = 40

function automationText(terminal: Terminal, state: AutomationView): string {
  const { suspicion, breaker, freeze, standing, refusals, lastHour, goAt } = state
  const head = [`${paint(terminal, stateColors[state.state], state.state)}: ${state.summary}`]
  if (freeze !== undefined)
    head.push(
      `frozen by ${freeze.names.join(', ')}${freeze.until === undefined ? '' : `, until ${clockText(freeze.until)}`}`,
    )
  if (suspicion !== undefined) head.push(`suspected since ${clockText(suspicion.since)}: ${suspicion.pops.join(', ')}`)
  if (breaker !== undefined)
    head.push(`breaker open since ${clockText(breaker.openedAt)}, until ${clockText(breaker.until)}`)
  if (goAt !== undefined) head.push(`a person last said go at ${clockText(goAt)}`)
  const { out, back, changed, activated, popsOut } = lastHour
  head.push(
    `within the last hour: ${out} taken out, ${back} brought back, ${changed} changed, ${count(activated, 'backup')} activated` +
      (popsOut.length === 0 ? '' : `; of the last 5 min: ${popsOut.join(', ')}`),
  )
  return [head.join('\n'), standingText(standing), refusalsText(terminal, refusals)]
    .filter((text) => text !== '')
    .join('\n\n')
}

export function standingText(standing: AutomationView['standing']): string {
  if (standing.length === 0) return ''
  const rows = standing
    .slice(0, shownAtMost)
    .map(({ action, prepend, prefix, place, since, alarm, reason, inForce }) => [
      `${prepend === undefined ? action : `${action} ${prepend}`}${inForce ? '' : ' (not in force)'}`,
      prefix,
      place.name,
      clockText(since),
      alarm,
      reason,
    ])
  const more = standing.length > rows.length ? `\n… and ${standing.length - rows.length} more; -o json shows them` : ''
  return renderTable(['STANDS', 'PREFIX', 'PLACE', 'SINCE', 'ALARM', 'BECAUSE'], rows) + more
}

const wantedWords = { out: 'take out', back: 'bring back', activate: 'activate' } as const

/** Those that say the same are told once, with the places and prefixes they are about. */
function refusalsText(terminal: Terminal, refusals: readonly RefusalView[]): string {
  if (refusals.length === 0) return ''
  const alike = Map.groupBy(refusals, ({ guard, wanted, message }) => `${guard} ${wanted} ${message}`)
  const blocks = [...alike.values()].slice(0, shownAtMost).map((group) => {
    const { title, wanted, message, wayOut, until } = group[0]!
    const end = until === undefined ? '' : ` (until ${clockText(until)})`
    return [
      `${paint(terminal, 'yellow', title)} does not let it ${wantedWords[wanted]} ${placesText(group)}${end}`,
      `  why      ${message}`,
      `  way out  ${wayOut}`,
    ].join('\n')
  })
  if (alike.size > blocks.length) blocks.push(`… and ${alike.size - blocks.length} more; -o json shows them`)
  return blocks.join('\n')
}

const placesAtMost = 6

/** `fra (203.0.113.0/24), ams (4 prefixes)` */
function placesText(group: readonly RefusalView[]): string {
  const places = [...Map.groupBy(group, ({ place }) => place.name)].map(([place, its]) => {
    const about = its.length <= 2 ? its.map(({ prefix }) => prefix).join(', ') : `${its.length} prefixes`
    return `${place} (${about})`
  })
  const more = places.length > placesAtMost ? ` and ${places.length - placesAtMost} more` : ''
  return places.slice(0, placesAtMost).join(', ') + more
}
