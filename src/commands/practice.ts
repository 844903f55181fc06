/** `practice`: a rehearsed failover. Dry it tells what automation would decide now; `--real` does it for a while, and watches. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import type { PracticeView, RehearsalView } from '../api/wire/practice.ts'
import { clockText } from './clock-text.ts'
import type { ApiClient } from './client.ts'
import { type CliContext, outputOf, usageError, withApi } from './cli-context.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { CommandError, Quit, exitCode } from './exit-code.ts'
import { print } from './output.ts'
import { named, practiceText, rehearsalText, revisionText, tookText } from './practice-text.ts'
import { paint } from './terminal.ts'
import { reasonOf } from './write.ts'

interface PracticeOptions {
  readonly pop?: string
  readonly real?: boolean
  readonly for: number
  readonly reason?: string
  readonly yes?: boolean
  readonly stop?: boolean
  readonly timeout?: number
}

const pollEveryMs = 300
/** How long what is well again may take to be back, by default: hold-down, then the stages of the return. */
const returnSeconds = 900
const path = '/v1/practice'

export function registerPractice(program: Command, cli: CliContext): void {
  program
    .command('practice [prefix]')
    .description('rehearse a failover: what automation would do if a POP turned sick now, or doing it for a while')
    .option('--pop <name>', 'the POP that counts as sick')
    .option('--real', 'do it: traffic moves, under all guards, and comes back')
    .addOption(new Option('--for <duration>', 'how long it counts as sick').argParser(parseDuration).default(60, '60s'))
    .addOption(
      new Option('--timeout <duration>', 'how long to watch (default: 15m after --for)').argParser(parseDuration),
    )
    .option('-r, --reason <text>', 'why, for the audit (asked for on a terminal)')
    .option('-y, --yes', 'do not ask')
    .option('--stop', 'end the practice that runs')
    .addHelpText(
      'after',
      `
Without a prefix: the practice that runs, or ran last. Without --real nothing is done; exits 1 where --real would be refused.

Examples:
  herald practice 203.0.113.0/24 --pop fra
  herald practice 203.0.113.0/24 --pop fra --real --for 60s --reason "quarterly drill"`,
    )
    .action(async (prefix: string | undefined, options: PracticeOptions, command: Command) => {
      if (options.stop === true) return stop(cli, command, options)
      if (prefix === undefined && (options.pop !== undefined || options.real === true))
        throw usageError('say which prefix to practise for')
      if (prefix === undefined) return show(cli, command)
      if (options.pop === undefined) throw usageError('say which POP counts as sick, with --pop')
      const reason = options.real === true ? await reasonOf(cli, options) : undefined
      await withApi(cli, command, async (api) => {
        const query = { prefix, pop: options.pop, forSeconds: options.for }
        const rehearsal = await api.request<RehearsalView>({ path: `${path}/rehearsal`, query })
        if (reason !== undefined) return practise(cli, command, api, rehearsal, { ...options, reason })
        print(cli.terminal, outputOf(command), {
          data: rehearsal,
          table: () => rehearsalText(cli.terminal, rehearsal),
          names: () => rehearsal.after,
        })
        if (rehearsal.outcome !== 'out' || rehearsal.stuck !== undefined) throw new Quit(exitCode.refused)
      })
    })
}

async function practise(
  cli: CliContext,
  command: Command,
  api: ApiClient,
  rehearsal: RehearsalView,
  { for: forSeconds, reason, yes, timeout = forSeconds + returnSeconds }: PracticeOptions,
): Promise<void> {
  const { terminal } = cli
  const table = outputOf(command) === 'table'
  if (table) terminal.out(rehearsalText(terminal, rehearsal))
  if (rehearsal.outcome === 'out' && terminal.interactive && yes !== true) {
    const answer = await terminal.ask(`Take ${rehearsal.pop} out for ${formatDuration(forSeconds)}? [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) {
      terminal.err('Nothing was done.')
      throw new Quit(exitCode.refused)
    }
  }
  const { prefix, pop } = rehearsal
  const started = await api.request<PracticeView>({ method: 'POST', path, body: { prefix, pop, forSeconds, reason } })
  if (table) terminal.out(`\n${prefix} at ${pop} counts as sick until ${clockText(started.until ?? '')}`)
  const last = await follow(cli, api, table, timeout)
  if (!table) print(terminal, outputOf(command), { data: last, table: () => '', names: () => [pop] })
  report(cli, last, rehearsal, table)
}

/** It is over, and as it was before; else why not. */
function report({ terminal }: CliContext, last: PracticeView, { before }: RehearsalView, table: boolean): void {
  if (last.state !== 'over' || !isSettled(last)) {
    const state = last.state === 'over' ? 'over, and not proved yet' : last.state
    const end = last.state !== 'running' ? '' : `; it ends by itself at ${clockText(last.until ?? '')}`
    throw new CommandError(exitCode.notConverged, `the practice is ${state}${end}. See: herald practice`)
  }
  if (last.revisions.length === 0)
    throw new CommandError(exitCode.refused, 'over, and nothing was taken out: automation refused it, or did not run')
  if (named(last.announced) !== named(before))
    throw new CommandError(
      exitCode.notConverged,
      `over: announced at ${named(last.announced)} now, and at ${named(before)} before. See: herald plan`,
    )
  if (table) terminal.out(`over: ${tookText(last) ?? 'done'}; announced at ${named(last.announced)}, as before`)
}

function isSettled({ revisions }: PracticeView): boolean {
  return revisions.every(({ proof }) => proof?.state !== 'pending' && proof?.state !== 'held')
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
    if (view.state !== 'running') say('well', 'well again: it comes back as after every failover')
    for (const { guard, wanted, title, message } of view.refused)
      say(`${guard} ${wanted} ${message}`, `${paint(cli.terminal, 'yellow', title)}: ${message}`)
    for (const one of view.revisions)
      if (one.proof?.state !== 'pending') say(`revision ${one.revision}`, revisionText(one))
    // Asked once more, because what is announced was read before the proofs.
    if (view.state === 'over' && isSettled(view)) return api.request<PracticeView>({ path })
    if (performance.now() > deadline || cli.signal.aborted) return view
    await sleep(pollEveryMs, undefined, { signal: cli.signal }).catch(() => undefined)
  }
}

async function show(cli: CliContext, command: Command): Promise<void> {
  const view = await withApi(cli, command, (api) => api.request<PracticeView>({ path }))
  print(cli.terminal, outputOf(command), { data: view, table: () => practiceText(view), names: () => [view.state] })
}

async function stop(cli: CliContext, command: Command, options: PracticeOptions): Promise<void> {
  const reason = await reasonOf(cli, options)
  const view = await withApi(cli, command, (api) =>
    api.request<PracticeView>({ method: 'POST', path: `${path}/stop`, body: { reason } }),
  )
  const table = () => `${practiceText(view)}\nIt comes back as after every failover. See: herald practice`
  print(cli.terminal, outputOf(command), { data: view, table, names: () => [view.state] })
}
