/** `practice`: a rehearsed failover. Dry it tells what automation would decide now; `--real` does it for a while, and watches. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import type { PracticeView, RehearsalView } from '../api/wire/practice.ts'
import { clockText } from './alarms.ts'
import type { ApiClient } from './client.ts'
import { type CliContext, outputOf, usageError, withApi } from './cli-context.ts'
import { detectionText } from './detection-text.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { CommandError, Quit, exitCode } from './exit-code.ts'
import { print } from './output.ts'
import { type Terminal, paint } from './terminal.ts'

interface PracticeOptions {
  readonly pop?: string
  readonly real?: boolean
  readonly for: number
  readonly reason?: string
  readonly yes?: boolean
  readonly stop?: boolean
  readonly timeout: number
}

const pollEveryMs = 300
const path = '/v1/practice'

export function registerPractice(program: Command, cli: CliContext): void {
  program
    .command('practice [prefix]')
    .description('rehearse a failover: what automation would do if a POP turned sick now, or doing it for a while')
    .option('--pop <name>', 'the POP that counts as sick')
    .option('--real', 'do it: traffic moves, under all guards, and comes back')
    .addOption(new Option('--for <duration>', 'how long it counts as sick').argParser(parseDuration).default(60, '60s'))
    .addOption(new Option('--timeout <duration>', 'how long to watch').argParser(parseDuration).default(900, '15m'))
    .option('-r, --reason <text>', 'why, for the audit')
    .option('-y, --yes', 'do not ask')
    .option('--stop', 'end the practice that runs')
    .addHelpText(
      'after',
      `
Without a prefix: the practice that runs, or ran last.

Examples:
  herald practice 203.0.113.0/24 --pop fra
  herald practice 203.0.113.0/24 --pop fra --real --for 60s --reason "quarterly drill"`,
    )
    .action(async (prefix: string | undefined, options: PracticeOptions, command: Command) => {
      if (options.stop === true) return stop(cli, command, options)
      if (prefix === undefined) return show(cli, command)
      if (options.pop === undefined) throw usageError('say which POP counts as sick, with --pop')
      if (options.real === true && (options.reason ?? '').trim() === '') throw usageError('say why with --reason')
      await withApi(cli, command, async (api) => {
        const query = { prefix, pop: options.pop }
        const rehearsal = await api.request<RehearsalView>({ path: `${path}/rehearsal`, query })
        if (options.real === true) return practise(cli, command, api, rehearsal, options)
        print(cli.terminal, outputOf(command), {
          data: rehearsal,
          table: () => rehearsalText(cli.terminal, rehearsal),
          names: () => rehearsal.after,
        })
      })
    })
}

async function practise(
  cli: CliContext,
  command: Command,
  api: ApiClient,
  rehearsal: RehearsalView,
  { for: forSeconds, reason, yes, timeout }: PracticeOptions,
): Promise<void> {
  const { terminal } = cli
  const table = outputOf(command) === 'table'
  if (table) terminal.out(rehearsalText(terminal, rehearsal))
  if (rehearsal.outcome === 'out' && terminal.interactive && yes !== true) {
    const answer = await terminal.ask(`Take ${rehearsal.pop} out for ${formatDuration(forSeconds)}? [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) throw new Quit(exitCode.refused)
  }
  const { prefix, pop } = rehearsal
  const started = await api.request<PracticeView>({ method: 'POST', path, body: { prefix, pop, forSeconds, reason } })
  if (table) terminal.out(`\n${prefix} at ${pop} counts as sick until ${clockText(started.until ?? '')}`)
  const last = await follow(cli, api, table, timeout)
  if (!table) print(terminal, outputOf(command), { data: last, table: () => '', names: () => [pop] })
  if (last.state === 'over') {
    if (table)
      terminal.out(
        `over: ${rehearsal.before.join(', ')} ${rehearsal.before.length === 1 ? 'announces' : 'announce'} it as before`,
      )
    return
  }
  const end = last.until === undefined ? '' : `; it ends by itself at ${clockText(last.until)}`
  throw new CommandError(exitCode.notConverged, `the practice is ${last.state}${end}. See: herald practice`)
}

/** Until it is over, the time is up, or Ctrl-C: a practice ends by itself, watched or not. */
async function follow(cli: CliContext, api: ApiClient, tell: boolean, timeoutSeconds: number): Promise<PracticeView> {
  const deadline = performance.now() + timeoutSeconds * 1000
  const told = new Set<string>()
  const say = (key: string, text: string): void => {
    if (!tell || told.has(key)) return
    told.add(key)
    cli.terminal.out(text)
  }
  for (;;) {
    const view = await api.request<PracticeView>({ path })
    for (const { guard, wanted, title, message } of view.refused)
      say(`${guard} ${wanted} ${message}`, `${paint(cli.terminal, 'yellow', title)}: ${message}`)
    for (const one of view.revisions)
      if (one.proof?.state !== 'pending') say(`revision ${one.revision}`, revisionText(one))
    if (view.state !== 'running') say('well', 'well again: it comes back as after every failover')
    if (view.state === 'over' || performance.now() > deadline || cli.signal.aborted) return view
    await sleep(pollEveryMs, undefined, { signal: cli.signal }).catch(() => undefined)
  }
}

async function show(cli: CliContext, command: Command): Promise<void> {
  const view = await withApi(cli, command, (api) => api.request<PracticeView>({ path }))
  print(cli.terminal, outputOf(command), { data: view, table: () => practiceText(view), names: () => [view.state] })
}

async function stop(cli: CliContext, command: Command, { reason }: PracticeOptions): Promise<void> {
  if (reason === undefined || reason.trim() === '') throw usageError('say why with --reason')
  const view = await withApi(cli, command, (api) =>
    api.request<PracticeView>({ method: 'POST', path: `${path}/stop`, body: { reason } }),
  )
  print(cli.terminal, outputOf(command), { data: view, table: () => practiceText(view), names: () => [view.state] })
}

function practiceText(view: PracticeView): string {
  const { state, prefix, pop, author, reason, startedAt, until } = view
  if (state === 'none') return 'No practice was ever run here.'
  const head = `${state}: ${prefix} at ${pop}, by ${author} (${reason}), ${clockText(startedAt ?? '')} to ${clockText(until ?? '')}`
  return [
    head,
    ...view.refused.map(({ title, message }) => `${title}: ${message}`),
    ...view.revisions.map(revisionText),
  ].join('\n')
}

function revisionText({ revision, command, reason, proof }: PracticeView['revisions'][number]): string {
  const line = proof === undefined ? undefined : detectionText(proof)
  const done = proof?.doneMs === undefined ? '' : `, proved after ${proof.doneMs} ms`
  return `revision ${revision}: ${command} (${reason})${done}${line === undefined ? '' : `\n  ${line}`}`
}

const outcomes = {
  out: ['green', 'would be taken out'],
  refused: ['yellow', 'would be refused'],
  nothing: ['yellow', 'nothing new would be decided'],
} as const

function rehearsalText(terminal: Terminal, view: RehearsalView): string {
  const { prefix, pop, check, outcome, measures, refused, before, after, moving, stuck, traffic } = view
  const [color, words] = outcomes[outcome]
  const lines = [`${prefix} at ${pop}, were ${check} to fail there now: ${paint(terminal, color, words)}`]
  for (const { action, place, prepend, reason } of measures)
    lines.push(`  ${action}${prepend === undefined ? '' : ` ${prepend}`} ${place.name}: ${reason}`)
  for (const { title, message, wayOut } of refused) lines.push(`  ${title}: ${message}`, `    way out: ${wayOut}`)
  lines.push(`announced now at ${named(before)}; then at ${named(after)}`)
  if (stuck !== undefined) lines.push(stuck)
  if (moving !== undefined) lines.push(`load that moves: ${moving}`)
  for (const one of traffic) lines.push(`  ${one.pop} has ${one.load} of ${one.capacity}`)
  return lines.join('\n')
}

function named(pops: readonly string[]): string {
  return pops.length === 0 ? 'no POP' : pops.join(', ')
}
