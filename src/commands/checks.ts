/** `checks` and `agents`: what every check says of every place and on whose word, and who is heard of. */
import { type Command, Option } from 'commander'
import type { AgentListView, AgentView, VerdictListView, VerdictView } from '../api/wire/alarm.ts'
import { clockText } from './clock-text.ts'
import { type CliContext, outputOf, withApi } from './cli-context.ts'
import { formatDuration } from './duration.ts'
import { print } from './output.ts'
import { count } from './plural.ts'
import { renderTable } from './table.ts'
import { type Terminal, paint } from './terminal.ts'

export function registerChecks(program: Command, cli: CliContext): void {
  program
    .command('checks [pop]')
    .alias('check')
    .description('what every check says of every place, on whose word, and what its probes measured lately')
    .addOption(new Option('--state <state>', 'only these').choices(['healthy', 'sick', 'unknown']))
    .addHelpText('after', '\nExamples:\n  herald checks\n  herald checks fra\n  herald checks --state sick')
    .action(async (pop: string | undefined, { state }: { readonly state?: string }, command: Command) => {
      const { checks } = await withApi(cli, command, (api) =>
        api.request<VerdictListView>({ path: '/v1/checks', query: { pop, state } }),
      )
      print(cli.terminal, outputOf(command), {
        data: checks,
        table: () => checksText(cli.terminal, checks, Date.now()),
        names: () => checks.map(({ check, subject }) => `${check}/${subject}`),
      })
    })

  program
    .command('agents')
    .description('who probes, and when each was last heard of')
    .addHelpText('after', '\nExample:\n  herald agents')
    .action(async (_options: unknown, command: Command) => {
      const { agents } = await withApi(cli, command, (api) => api.request<AgentListView>({ path: '/v1/agents' }))
      print(cli.terminal, outputOf(command), {
        data: agents,
        table: () => agentsText(cli.terminal, agents),
        names: () => agents.map(({ id }) => id),
      })
    })
}

const stateColors = { healthy: 'green', sick: 'red', unknown: 'yellow' } as const

function checksText(terminal: Terminal, checks: readonly VerdictView[], nowMs: number): string {
  if (checks.length === 0) return 'No verdict. What is checked: herald get checks; who checks it: herald agents'
  const order = { sick: 0, unknown: 1, healthy: 2 } as const
  const rows = checks
    .toSorted((a, b) => order[a.state] - order[b.state])
    .map((verdict) => [
      paint(terminal, stateColors[verdict.state], verdict.state),
      formatDuration(Math.max(0, nowMs - Date.parse(verdict.since)) / 1000),
      verdict.check,
      verdict.place.name + (verdict.prefix === undefined ? '' : ` (${verdict.prefix})`),
      evidenceText(verdict),
      ...measuredTexts(verdict),
      penaltyText(terminal, verdict),
      verdict.reason,
    ])
  const measured = ['OK', 'LOSS', 'RTT 50/95 %', 'JITTER']
  return renderTable(['STATE', 'FOR', 'CHECK', 'PLACE', 'AGENTS', ...measured, 'PENALTY', 'WHY'], rows)
}

/** `99.8 %`, `0.2 %`, `12/19 ms`, `1.3 ms`; lately. */
function measuredTexts({ measured }: VerdictView): readonly string[] {
  if (measured === undefined) return ['-', '-', '-', '-']
  const { availability, lossRatio, rttMs, jitterMs } = measured
  const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`
  const number = (ms: number): string => (ms < 10 ? String(Math.round(ms * 10) / 10) : String(Math.round(ms)))
  return [
    percent(availability),
    percent(lossRatio),
    rttMs === undefined ? '-' : `${number(rttMs.median)}/${number(rttMs.p95)} ms`,
    jitterMs === undefined ? '-' : `${number(jitterMs)} ms`,
  ]
}

/** `2 failed, 1 ok, 1 silent (2 decide)` */
function evidenceText({ evidence: { failed, ok, unknown, quorum } }: VerdictView): string {
  const votes = [
    [failed.length, 'failed'],
    [ok.length, 'ok'],
    [unknown.length, 'unknown'],
  ] as const
  const told = votes.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`)
  return `${told.join(', ')} (${quorum} decide${quorum === 1 ? 's' : ''})`
}

function penaltyText(terminal: Terminal, { penalty: { value, dampedUntil } }: VerdictView): string {
  if (dampedUntil === undefined) return value === 0 ? '-' : String(value)
  return paint(terminal, 'yellow', `${value}, damped until ${clockText(dampedUntil).slice(11)}`)
}

const agentColors = { heard: 'green', silent: 'red', idle: 'dim', unnamed: 'yellow' } as const

const agentWords: Readonly<Record<AgentView['state'], string>> = {
  heard: '',
  silent: 'its checks are unknown, which moves no route: is "herald agent" running there?',
  idle: 'no check wants it to probe anything',
  unnamed: 'no Agent document names it; what it sends counts for nothing',
}

function agentsText(terminal: Terminal, agents: readonly AgentView[]): string {
  if (agents.length === 0) return 'No agents. Write Agent documents, and start herald agent at each place.'
  const rows = agents.map((agent) => [
    agent.id,
    agent.place ?? '-',
    paint(terminal, agentColors[agent.state], agent.state),
    agent.silentMs === undefined ? 'never' : `${formatDuration(agent.silentMs / 1000)} ago`,
    String(agent.tasks),
    agent.dropped === 0 ? '-' : String(agent.dropped),
    agentWords[agent.state],
  ])
  const silent = agents.filter(({ state }) => state === 'silent').length
  const table = renderTable(['AGENT', 'PLACE', 'STATE', 'HEARD', 'PROBES', 'LOST', ''], rows)
  return silent === 0 ? table : `${table}\n\n${count(silent, 'agent')} silent`
}
