/**
 * The manners of every verb that writes: a reason, the plan before the question, the question on a terminal, then the
 * commit and, with --wait, the proof. What was shown is what is committed: the question's revision goes along.
 */
import { type Command, Option } from 'commander'
import type { ChangeView } from '../api/wire/change.ts'
import { ApiError, type ApiClient } from './client.ts'
import { type CliContext, outputOf, usageError, withApi } from './cli-context.ts'
import { parseDuration } from './duration.ts'
import { Quit, exitCode } from './exit-code.ts'
import { print } from './output.ts'
import { changeText, documentLines, doubtsText, summaryText } from './plan-text.ts'
import { stagedText } from './rollout-text.ts'
import { type Terminal, paint } from './terminal.ts'
import { waitForRollout } from './rollout-wait.ts'
import { type WaitOptions, waitForProof } from './wait.ts'

export interface WriteOptions {
  readonly reason?: string
  readonly yes?: boolean
  readonly dryRun?: boolean
  readonly force?: boolean
  readonly wait?: boolean
  readonly seen?: boolean
  readonly timeout: number
  readonly ifRevision?: string
}

export function addWriteOptions(command: Command): Command {
  return command
    .option('-r, --reason <text>', 'why; goes into the audit (asked for on a terminal)')
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'show what would happen, change nothing')
    .option('--force', 'override guards that may be overridden (audited; needs admin)')
    .option(
      '--wait',
      'wait until every speaker has it in RIB and adj-out, and show the proof; of a staged change: its end',
    )
    .option('--seen', 'as --wait, and until vantage points and vantage routers see it')
    .addOption(new Option('--timeout <duration>', 'for --wait and --seen').argParser(parseDuration).default(30, '30s'))
    .option('--if-revision <n>', 'only where this is still the head revision')
}

export interface Write {
  readonly method: 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /** Beside reason and force. */
  readonly body?: Readonly<Record<string, unknown>>
}

/** What --wait does after the commit; the proof of the revision alone is `waitForProof`. */
export type Follow = (cli: CliContext, api: ApiClient, change: ChangeView, options: WaitOptions) => Promise<void>

/** One write, with a client of its own. */
export async function runWrite(cli: CliContext, command: Command, write: Write, follow?: Follow): Promise<void> {
  await withApi(cli, command, (api) => writeWith(cli, command, api, write, follow))
}

export async function writeWith(
  cli: CliContext,
  command: Command,
  api: ApiClient,
  write: Write,
  follow: Follow = (cli, api, { revision }, options) => waitForProof(cli, api, revision, options),
): Promise<void> {
  const options = command.opts<WriteOptions>()
  const { terminal } = cli
  const output = outputOf(command)
  if (options.dryRun === true) {
    const preview = await send(api, write, options, options.reason ?? 'dry run', { dryRun: true })
    printChange(cli, command, preview)
    return
  }
  const reason = await reasonOf(cli, options)
  const asks = terminal.interactive && options.yes !== true
  const change = asks ? await confirmed(cli, api, write, options, reason) : await send(api, write, options, reason, {})
  const waits = options.wait === true || options.seen === true
  if (output !== 'table' || !waits) printChange(cli, command, change)
  else if (change.status === 'accepted') terminal.out(acceptedText(terminal, change, asks))
  else terminal.out(changeText(terminal, change))
  if (!waits || change.status !== 'accepted') return
  if (change.staged !== undefined) {
    const said = command.getOptionValueSource('timeout') === 'default' ? undefined : options.timeout
    await waitForRollout(cli, api, change.staged, { output, ...(said !== undefined && { timeoutSeconds: said }) })
  } else
    await follow(cli, api, change, {
      timeoutSeconds: options.timeout,
      output,
      seen: options.seen === true,
      warnings: change.plan.warnings,
    })
}

/** Before the proof, which tells the rest: what was committed, unless it was shown before the question. */
function acceptedText(terminal: Terminal, change: ChangeView, shownBefore: boolean): string {
  const accepted = `revision ${change.revision} accepted: ${summaryText(change.plan)}`
  if (shownBefore) return accepted
  const doubts = doubtsText(terminal, change)
  const staged = change.staged === undefined ? [] : ['', stagedText(terminal, change.staged)]
  return [accepted, ...documentLines(terminal, change), ...(doubts === '' ? [] : [doubts]), ...staged].join('\n')
}

/** Shows the plan, asks, commits exactly that. A state that changed meanwhile is shown and asked about again. */
async function confirmed(
  cli: CliContext,
  api: ApiClient,
  write: Write,
  options: WriteOptions,
  reason: string,
): Promise<ChangeView> {
  const { terminal } = cli
  for (;;) {
    const preview = await send(api, write, options, reason, { dryRun: true })
    terminal.err(changeText(terminal, preview))
    if (preview.status === 'unchanged') throw new Quit(exitCode.ok)
    const answer = await terminal.ask(`\nCommit this? ${paint(terminal, 'dim', '[y/N]')} `)
    if (!/^y(es)?$/i.test(answer.trim())) {
      terminal.err('Nothing was changed.')
      throw new Quit(exitCode.refused)
    }
    try {
      return await send(api, write, options, reason, { expected: preview.revision })
    } catch (error) {
      const moved = error instanceof ApiError && error.problem.code === 'stale-revision'
      if (!moved || options.ifRevision !== undefined) throw error
      terminal.err('Somebody else made a change meanwhile; look again:')
    }
  }
}

async function send(
  api: ApiClient,
  { method, path, body }: Write,
  options: WriteOptions,
  reason: string,
  { dryRun, expected }: { readonly dryRun?: boolean; readonly expected?: number },
): Promise<ChangeView> {
  const force = options.force === true ? true : undefined
  const revision = options.ifRevision ?? expected
  const headers = revision === undefined ? {} : { 'if-match': `"${revision}"` }
  const dry = dryRun === true ? { dryRun } : {}
  return method === 'DELETE'
    ? api.request({ method, path, query: { reason, force, ...dry }, headers })
    : api.request({ method, path, query: dry, headers, body: { ...body, reason, ...(force && { force }) } })
}

/** As it was said, or as it is said now where somebody sits at a terminal. */
export async function reasonOf({ terminal }: CliContext, { reason }: Pick<WriteOptions, 'reason'>): Promise<string> {
  if (reason !== undefined && reason.trim() !== '') return reason
  const asked = terminal.interactive && reason === undefined ? (await terminal.ask('Reason: ')).trim() : ''
  if (asked === '') throw usageError('every change has a reason; say why with --reason')
  return asked
}

function printChange({ terminal }: CliContext, command: Command, change: ChangeView): void {
  print(terminal, outputOf(command), {
    data: change,
    table: () =>
      change.status === 'accepted'
        ? `revision ${change.revision} accepted\n${changeText(terminal, change)}`
        : changeText(terminal, change),
    names: () => (change.status === 'accepted' ? [`revision/${change.revision}`] : []),
  })
}
