/** `traffic`: how much POPs and neighbors have, as whoever measures it told last. */
import type { Command } from 'commander'
import type { TrafficView } from '../api/wire/traffic.ts'
import { amountText } from '../intent/amount.ts'
import { type CliContext, outputOf, withApi } from './cli-context.ts'
import { formatDuration } from './duration.ts'
import { print } from './output.ts'
import { renderTable } from './table.ts'
import { type Terminal, paint } from './terminal.ts'

export function registerTraffic(program: Command, cli: CliContext): void {
  program
    .command('traffic')
    .description('how much traffic POPs and neighbors have, as it was last told (POST /v1/traffic)')
    .addHelpText('after', '\nExample:\n  herald traffic')
    .action(async (_options: unknown, command: Command) => {
      const view = await withApi(cli, command, (api) => api.request<TrafficView>({ path: '/v1/traffic' }))
      print(cli.terminal, outputOf(command), {
        data: view,
        table: () => trafficText(cli.terminal, view),
        names: () => [...view.pops.map(({ pop }) => pop), ...view.neighbors.map(({ neighbor }) => neighbor)],
      })
    })
}

function trafficText(terminal: Terminal, { pops, neighbors, groups }: TrafficView): string {
  if (pops.length === 0 && neighbors.length === 0 && groups.length === 0)
    return 'nobody told any traffic: post {"pops": {"fra": 4.2e9}, "neighbors": {"fra-transit": 3e9}} to /v1/traffic'
  const rows = [
    ...pops.map(({ pop, capacity, ...figure }) => {
      const share = capacity === undefined ? '' : `${Math.round((100 * figure.amount) / capacity)} %`
      return [pop, '', amountText(figure.amount, figure.unit), share, ageText(terminal, figure)]
    }),
    ...neighbors.map(({ pop, neighbor, capacity, ...figure }) => {
      const share = capacity === undefined ? '' : `${Math.round((100 * figure.amount) / capacity)} %`
      return [pop, neighbor, amountText(figure.amount, figure.unit), share, ageText(terminal, figure)]
    }),
    ...groups.map(({ pop, group, ...figure }) => {
      return [pop, `group ${group}`, amountText(figure.amount, figure.unit), '', ageText(terminal, figure)]
    }),
  ]
  return renderTable(['POP', 'OF', 'TRAFFIC', 'OF CAPACITY', 'TOLD'], rows)
}

function ageText(terminal: Terminal, { at, fresh }: { readonly at: string; readonly fresh: boolean }): string {
  const ago = `${formatDuration(Math.max(0, (Date.now() - Date.parse(at)) / 1000))} ago`
  return fresh ? ago : paint(terminal, 'yellow', `${ago}: too old to say anything of now`)
}
