/** `status` and `accept`: how Herald itself does, and taking a Redis that is not the one it knew. */
import { type Command, Option } from 'commander'
import type { AcceptedStoreView, OverlayView, StatusView } from '../api/wire/status.ts'
import { clockText } from './clock-text.ts'
import { type CliContext, outputOf, usageError, withApi } from './cli-context.ts'
import { Quit, exitCode } from './exit-code.ts'
import { print } from './output.ts'
import { count } from './plural.ts'
import { type Terminal, paint } from './terminal.ts'

export function registerStatus(program: Command, cli: CliContext): void {
  program
    .command('status')
    .description(
      'how the fleet and the controller do; exits 1 where Redis or a speaker is not well, and says which and why',
    )
    .addHelpText('after', '\nExample:\n  herald status')
    .action(async (_options: unknown, command: Command) => {
      const status = await withApi(cli, command, (api) => api.request<StatusView>({ path: '/v1/status' }))
      print(cli.terminal, outputOf(command), {
        data: status,
        table: () => statusText(cli.terminal, status),
        names: () => [String(status.revision)],
      })
      const unwell = !status.ready.ready || status.storeProblem !== undefined || status.unwell.length > 0
      if (unwell) throw new Quit(exitCode.refused)
    })

  program
    .command('accept')
    .alias('accept-state')
    .description(
      'take Redis as it is now for the true state, after it was rolled back, emptied or exchanged (needs admin)',
    )
    .addOption(new Option('-r, --reason <text>', 'why').makeOptionMandatory())
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  herald accept --reason "restored from the backup of 02:00"')
    .action(async (options: { readonly reason: string; readonly yes?: boolean }, command: Command) => {
      await accept(cli, command, options)
    })
}

async function accept(
  cli: CliContext,
  command: Command,
  { reason, yes }: { readonly reason: string; readonly yes?: boolean },
): Promise<void> {
  if (reason.trim() === '') throw usageError('every change has a reason; say why with --reason')
  if (cli.terminal.interactive && yes !== true) {
    const answer = await cli.terminal.ask('Herald will decide from this Redis as it is now. Accept it? [y/N] ')
    if (!/^y(es)?$/i.test(answer.trim())) throw new Quit(exitCode.refused)
  }
  const accepted = await withApi(cli, command, (api) =>
    api.request<AcceptedStoreView>({ method: 'POST', path: '/v1/store/accept', body: { reason } }),
  )
  print(cli.terminal, outputOf(command), {
    data: accepted,
    table: () => `accepted: revision ${accepted.revision} of epoch ${accepted.epoch}`,
    names: () => [String(accepted.revision)],
  })
}

const namedAtMost = 20

function statusText(terminal: Terminal, status: StatusView): string {
  const { speakers, ready } = status
  const state = ready.ready ? paint(terminal, 'green', 'ready') : paint(terminal, 'red', 'not ready')
  const lines = [
    `herald ${status.version}: ${state}, revision ${status.revision}, epoch ${status.epoch}`,
    `${count(status.prefixes, 'prefix', 'prefixes')}, ${count(status.pops, 'POP')}, ${count(speakers.up, 'speaker')} up, ${speakers.unknown} unknown, ${speakers.behind} with decisions on their way`,
  ]
  for (const { name, ok, detail } of ready.checks) if (!ok) lines.push(`${paint(terminal, 'red', name)}: ${detail}`)
  if (status.storeProblem !== undefined) lines.push(paint(terminal, 'red', status.storeProblem))
  for (const { speaker, pop, reach, problem } of status.unwell.slice(0, namedAtMost))
    lines.push(
      `${paint(terminal, 'yellow', `${speaker} at ${pop} ${reach === 'up' ? 'is not right' : 'is unknown'}`)}: ${problem}`,
    )
  if (status.unwell.length > namedAtMost)
    lines.push(`… and ${status.unwell.length - namedAtMost} more; see: herald show speaker`)
  if (status.alarms.firing.length > 0) lines.push(`${paint(terminal, 'red', 'alarms')}: ${alarmsText(status.alarms)}`)
  if (status.automation.state !== 'watching')
    lines.push(
      `${paint(terminal, 'yellow', 'automation')} is ${status.automation.state}: ${status.automation.summary}; see: herald automation`,
    )
  if (status.frozen.length > 0) lines.push(paint(terminal, 'yellow', `frozen: ${overlaysText(status.frozen)}`))
  if (status.drains.length > 0) lines.push(`drains: ${overlaysText(status.drains)}`)
  if (status.rollouts.length > 0) lines.push(`staged changes: ${status.rollouts.join(', ')}`)
  if (status.overrides.length > 0) lines.push(`overrides: ${overlaysText(status.overrides)}`)
  if (status.preferences.length > 0) lines.push(`preferences: ${overlaysText(status.preferences)}`)
  if (status.practices.length > 0) lines.push(`practice: ${overlaysText(status.practices)}`)
  return lines.join('\n')
}

/** `2 firing (dns/service/fra/dns, …), 1 acknowledged; see: herald alarms` */
function alarmsText({ firing, acknowledged }: StatusView['alarms']): string {
  const named = firing.slice(0, 3).join(', ') + (firing.length > 3 ? ', …' : '')
  const known = acknowledged.length === 0 ? '' : `, ${acknowledged.length} acknowledged`
  return `${firing.length} firing (${named})${known}; see: herald alarms`
}

function overlaysText(overlays: readonly OverlayView[]): string {
  const until = (time: string | undefined) => (time === undefined ? 'until it is lifted' : `until ${clockText(time)}`)
  const name = (overlay: OverlayView) =>
    overlay.about === undefined ? overlay.name : `${overlay.name} (${overlay.about})`
  const by = ({ madeBy }: OverlayView) => (madeBy === undefined ? '' : ` by ${madeBy.author}: ${madeBy.reason}`)
  return overlays.map((overlay) => `${name(overlay)} ${until(overlay.until)}${by(overlay)}`).join('; ')
}
