/** `alerts`: what Alertmanager or Grafana told, and what of it leads nowhere. */
import type { Command } from 'commander'
import type { AlertListView } from '../api/wire/alert.ts'
import { clockText } from './clock-text.ts'
import { type CliContext, outputOf, withApi } from './cli-context.ts'
import { print } from './output.ts'
import { renderTable } from './table.ts'
import { type Terminal, paint } from './terminal.ts'

export function registerAlerts(program: Command, cli: CliContext): void {
  program
    .command('alerts')
    .description('what Alertmanager or Grafana told (POST /v1/alerts/alertmanager), and what of it leads nowhere')
    .addHelpText('after', '\nExample:\n  herald alerts')
    .action(async (_options: unknown, command: Command) => {
      const alerts = await withApi(cli, command, (api) => api.request<AlertListView>({ path: '/v1/alerts' }))
      print(cli.terminal, outputOf(command), {
        data: alerts,
        table: () => alertsText(cli.terminal, alerts),
        names: () => alerts.places.map(({ mapping, subject }) => `${mapping}/${subject}`),
      })
    })
}

function alertsText(terminal: Terminal, { places, unmapped }: AlertListView): string {
  const rows = places.map(({ mapping, subject, prefix, firing, since, summary }) => [
    firing > 0 ? paint(terminal, 'red', `${firing} firing`) : paint(terminal, 'green', 'resolved'),
    clockText(since),
    mapping,
    prefix === undefined ? subject : `${subject} (${prefix})`,
    summary,
  ])
  const table =
    rows.length === 0 ? 'Nothing was told.' : renderTable(['STATE', 'SINCE', 'MAPPING', 'ABOUT', 'WHAT'], rows)
  const nowhere = unmapped.map(({ at, labels, problem }) => {
    const told = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
    return `${paint(terminal, 'yellow', 'leads nowhere')} ${clockText(at)} {${told.join(', ')}}\n  ${problem}`
  })
  return nowhere.length === 0 ? table : [table, '', ...nowhere].join('\n')
}
