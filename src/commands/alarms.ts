/** `alarms` and `ack`: what is wrong, for how long, what automation did about it; and that a person knows. */
import { type Command, Option } from 'commander'
import type { AlarmDetailView, AlarmListView, AlarmView } from '../api/wire/alarm.ts'
import { type CliContext, outputOf, withApi } from './cli-context.ts'
import { clockText } from './clock-text.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { print } from './output.ts'
import { renderTable } from './table.ts'
import { type Terminal, paint } from './terminal.ts'
import { proofText } from './wait.ts'
import { reasonOf } from './write.ts'

export function registerAlarms(program: Command, cli: CliContext): void {
  program
    .command('alarms [id...]')
    .alias('alarm')
    .description('what is wrong now; with an id, also what automation did about it and how fast')
    .option('--all', 'also those that are over, of the last week')
    .addHelpText(
      'after',
      '\nExamples:\n  herald alarms\n  herald alarms --all -o json\n  herald alarms dns/service/fra/dns',
    )
    .action(async (words: readonly string[], options: { readonly all?: boolean }, command: Command) => {
      if (words.length > 0) return showOne(cli, command, words.join(' '))
      const query = options.all === true ? {} : { state: 'open' }
      const { alarms } = await withApi(cli, command, (api) => api.request<AlarmListView>({ path: '/v1/alarms', query }))
      print(cli.terminal, outputOf(command), {
        data: alarms,
        table: () => alarmsText(cli.terminal, alarms, options.all === true),
        names: () => alarms.map((alarm) => alarm.id),
      })
    })

  program
    .command('ack <id...>')
    .alias('acknowledge')
    .description('say that you know of an alarm and look after it; changes no route')
    .option('-r, --reason <text>', 'what you know, or do (asked for on a terminal)')
    .addOption(new Option('--for <duration>', 'it fires again after, if it is not over').argParser(parseDuration))
    .addHelpText('after', '\nExample:\n  herald ack dns/service/fra/dns --for 2h --reason "disk full, I am on it"')
    .action(async (words: readonly string[], options: AckOptions, command: Command) => {
      const { for: forSeconds } = options
      const reason = await reasonOf(cli, options)
      const alarm = await withApi(cli, command, (api) =>
        api.request<AlarmView>({
          method: 'POST',
          path: `${alarmPath(words.join(' '))}/acknowledge`,
          body: { reason, ...(forSeconds !== undefined && { forSeconds }) },
        }),
      )
      const until = alarm.acknowledged?.until
      const again = until === undefined ? '' : `; it fires again at ${clockText(until)} if it has not`
      print(cli.terminal, outputOf(command), {
        data: alarm,
        table: () => `acknowledged: ${alarm.id}. It ends by itself when what is wrong ends${again}.`,
        names: () => [alarm.id],
      })
    })
}

interface AckOptions {
  readonly reason?: string
  readonly for?: number
}

function alarmPath(id: string): string {
  return `/v1/alarms/${encodeURIComponent(id)}`
}

async function showOne(cli: CliContext, command: Command, id: string): Promise<void> {
  const alarm = await withApi(cli, command, (api) => api.request<AlarmDetailView>({ path: alarmPath(id) }))
  print(cli.terminal, outputOf(command), {
    data: alarm,
    table: () => detailText(cli.terminal, alarm),
    names: () => [alarm.id],
  })
}

function alarmsText(terminal: Terminal, alarms: readonly AlarmView[], all: boolean): string {
  if (alarms.length === 0)
    return all ? 'No alarm within the last week.' : 'No alarm. Those that are over: herald alarms --all'
  const rows = alarms.map((alarm) => [
    stateText(terminal, alarm),
    severityText(terminal, alarm),
    clockText(alarm.startedAt),
    lasted(alarm),
    alarm.id,
    alarm.message,
  ])
  return renderTable(['STATE', 'SEVERITY', 'BEGAN', 'FOR', 'ALARM', 'WHAT'], rows)
}

function detailText(terminal: Terminal, alarm: AlarmDetailView): string {
  const { acknowledged } = alarm
  const labels = Object.entries(alarm.labels).map(([name, value]) => `${name} ${value}`)
  const lines = [
    `${alarm.id}: ${stateText(terminal, alarm)}, ${severityText(terminal, alarm)}, for ${lasted(alarm)}`,
    alarm.message,
    '',
    `began         ${clockText(alarm.startedAt)}`,
    ...(alarm.firedAt === undefined || alarm.firedAt === alarm.startedAt
      ? []
      : [`fires since   ${clockText(alarm.firedAt)}`]),
    ...(acknowledged === undefined
      ? []
      : [
          `acknowledged  ${clockText(acknowledged.at)} by ${acknowledged.by}${acknowledged.reason === undefined ? '' : `: ${acknowledged.reason}`}`,
          ...(acknowledged.until === undefined ? [] : [`fires again   ${clockText(acknowledged.until)}`]),
        ]),
    ...(alarm.resolvedAt === undefined ? [] : [`over          ${clockText(alarm.resolvedAt)}`]),
    ...(labels.length === 0 ? [] : [`about         ${labels.join(', ')}`]),
    ...(alarm.source === 'herald' ? [] : [`told by       ${alarm.source}`]),
  ]
  if (alarm.revisions.length === 0) return [...lines, '', 'No route was changed because of it.'].join('\n')
  const changes = alarm.revisions.flatMap(({ revision, at, command, reason, proof }) => {
    return [
      '',
      `revision ${revision}, ${clockText(at)}: ${command} (${reason})`,
      ...(proof === undefined ? ['its proof is older than a week'] : [proofText(terminal, proof)]),
    ]
  })
  return [...lines, ...changes].join('\n')
}

const stateColors = { firing: 'red', acknowledged: 'yellow', pending: 'yellow', resolved: 'green' } as const

function stateText(terminal: Terminal, { state }: AlarmView): string {
  return paint(terminal, stateColors[state], state)
}

function severityText(terminal: Terminal, { severity, state }: AlarmView): string {
  return severity === 'critical' && state !== 'resolved' ? paint(terminal, 'red', severity) : severity
}

function lasted({ pendingMs, firingMs }: AlarmView): string {
  return formatDuration((pendingMs + firingMs) / 1000)
}
