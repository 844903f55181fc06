/** `receivers`: where alarms are told, and how that goes. */
import type { Command } from 'commander'
import type { ReceiverListView, ReceiverView } from '../api/wire/receiver.ts'
import { clockText } from './clock-text.ts'
import { type CliContext, outputOf, withApi } from './cli-context.ts'
import { print } from './output.ts'
import { renderTable } from './table.ts'
import { type Terminal, paint } from './terminal.ts'

export function registerReceivers(program: Command, cli: CliContext): void {
  program
    .command('receivers')
    .description('where alarms are told (webhook, Alertmanager, PagerDuty, Slack), and how that goes')
    .addHelpText('after', '\nExample:\n  herald receivers')
    .action(async (_options: unknown, command: Command) => {
      const { receivers } = await withApi(cli, command, (api) =>
        api.request<ReceiverListView>({ path: '/v1/receivers' }),
      )
      print(cli.terminal, outputOf(command), {
        data: receivers,
        table: () => receiversText(cli.terminal, receivers),
        names: () => receivers.map(({ id }) => id),
      })
    })
}

const stateColors = { new: 'dim', well: 'green', failing: 'red' } as const

function receiversText(terminal: Terminal, receivers: readonly ReceiverView[]): string {
  if (receivers.length === 0) return 'No receivers: nobody is told of alarms. Write Receiver documents.'
  const rows = receivers.map(({ id, kind, host, state, sent, waiting, givenUp, lastSentAt, failure }) => [
    id,
    kind,
    host ?? '(secret or default)',
    paint(terminal, stateColors[state], state),
    String(sent),
    waiting === 0 ? '-' : String(waiting),
    givenUp === 0 ? '-' : String(givenUp),
    lastSentAt === undefined ? 'never' : clockText(lastSentAt),
    failure === undefined ? '' : `${clockText(failure.at)}: ${failure.problem}`,
  ])
  return renderTable(['RECEIVER', 'KIND', 'AT', 'STATE', 'SENT', 'WAITING', 'NOT TOLD', 'LAST', 'PROBLEM'], rows)
}
