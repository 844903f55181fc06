/** `history`, `undo` and `restore`: the audit and the way back. */
import type { Command } from 'commander'
import { stringify } from 'yaml'
import type { ProofView, RevisionListView, RevisionView } from '../api/wire/revision.ts'
import { ApiError, type ApiClient } from './client.ts'
import { type CliContext, outputOf, usageError, withApi } from './cli-context.ts'
import { diffLines } from './line-diff.ts'
import { print } from './output.ts'
import { renderTable } from './table.ts'
import { proofText } from './wait.ts'
import { type StageOptions, addStageOptions, stagedFrom } from './stage-options.ts'
import { addWriteOptions, runWrite, writeWith } from './write.ts'

interface ListOptions {
  readonly limit: string
  readonly before?: string
  readonly author?: string
}

export function registerHistory(program: Command, cli: CliContext): void {
  program
    .command('history [what]')
    .description(
      'who changed what, when and why; of a revision, all of it and its proof; of a name, what changed it or names it',
    )
    .option('--author <name>', 'only what this one changed, such as herald:failover')
    .option('-n, --limit <count>', 'how many', '20')
    .option('--before <revision>', 'older than this')
    .addHelpText(
      'after',
      `
Examples:
  herald history
  herald history 17 -o yaml
  herald history 203.0.113.0/24
  herald history fra --author herald:failover`,
    )
    .action(async (what: string | undefined, options: ListOptions, command: Command) => {
      await withApi(cli, command, (api) =>
        what === undefined || !isRevision(what)
          ? list(cli, command, api, { ...options, about: what })
          : one(cli, command, api, Number(what)),
      )
    })

  const undo = program.command('undo [revision]')
  undo.description(
    'take back what one revision changed; without one, the last (of a staged change: the one that began it)',
  )
  addStageOptions(addWriteOptions(undo))
    .addHelpText('after', '\nExample:\n  herald undo 17 --reason "wrong site" --wait')
    .action(async (word: string | undefined, options: StageOptions, command: Command) => {
      await withApi(cli, command, async (api) => {
        const revision = word === undefined ? await lastRevision(api) : revisionNumber(word)
        await writeWith(cli, command, api, {
          method: 'POST',
          path: `/v1/revisions/${revision}/undo`,
          body: stagedFrom(options),
        })
      })
    })

  const restore = program.command('restore <revision>')
  restore.description(
    'make all documents as they were at a revision; what automation had laid on top and ended stays away (needs admin)',
  )
  addStageOptions(addWriteOptions(restore))
    .addHelpText('after', '\nExample:\n  herald restore 12 --reason "back to before the migration" --wait')
    .action(async (word: string, options: StageOptions, command: Command) => {
      const path = `/v1/revisions/${revisionNumber(word)}/restore`
      await runWrite(cli, command, { method: 'POST', path, body: stagedFrom(options) })
    })
}

function isRevision(word: string): boolean {
  return /^\d{1,15}$/.test(word)
}

export function revisionNumber(word: string): number {
  if (!isRevision(word)) throw usageError(`"${word}" is not a revision; see: herald history`)
  return Number(word)
}

/** Stages of a change are part of the revision that began it, and go back with that one. */
async function lastRevision(api: ApiClient): Promise<number> {
  const { revisions } = await api.request<RevisionListView>({ path: '/v1/revisions', query: { limit: 50 } })
  const last = revisions.find(({ author }) => author !== 'herald:rollout')
  if (last === undefined) throw usageError('there is no revision yet')
  return last.revision
}

async function list(
  cli: CliContext,
  command: Command,
  api: ApiClient,
  { limit, before, about, author }: ListOptions & { readonly about: string | undefined },
): Promise<void> {
  const page = await api.request<RevisionListView>({ path: '/v1/revisions', query: { limit, before, about, author } })
  const asked = [
    'herald history',
    ...(about === undefined ? [] : [about]),
    ...(author === undefined ? [] : ['--author', author]),
  ]
  print(cli.terminal, outputOf(command), {
    data: page.revisions,
    table: () => {
      const rows = page.revisions.map(({ revision, at, author, command: verb, forced, reason }) => [
        String(revision),
        at.replace('T', ' ').replace(/\.\d+Z$/, 'Z'),
        author,
        forced.length > 0 ? `${verb} (forced ${forced.join(', ')})` : verb,
        reason,
      ])
      const more = page.next === undefined ? '' : `\nOlder ones: ${asked.join(' ')} --before ${page.next}`
      if (rows.length === 0) return `Nothing is found.${more}`
      return renderTable(['REVISION', 'AT', 'AUTHOR', 'COMMAND', 'REASON'], rows) + more
    },
    names: () => page.revisions.map(({ revision }) => String(revision)),
  })
}

async function one(cli: CliContext, command: Command, api: ApiClient, number: number): Promise<void> {
  const revision = await api.request<RevisionView>({ path: `/v1/revisions/${number}` })
  const proof = await api.request<ProofView>({ path: `/v1/revisions/${number}/proof` }).catch((error: unknown) => {
    if (error instanceof ApiError && error.problem.status === 404) return undefined // older than proofs are kept
    throw error
  })
  print(cli.terminal, outputOf(command), {
    data: { ...revision, ...(proof !== undefined && { proof }) },
    table: () =>
      [revisionText(revision), ...(proof === undefined ? [] : ['', proofText(cli.terminal, proof)])].join('\n'),
    names: () => revision.changes.map(({ document }) => document),
  })
}

function revisionText({ revision, at, author, command, reason, forced, changes }: RevisionView): string {
  const head = [
    `revision ${revision}, ${at}`,
    `by ${author}: ${command}`,
    `because: ${reason}`,
    ...(forced.length > 0 ? [`forced: ${forced.join(', ')}`] : []),
  ]
  const lines = (spec: unknown): readonly string[] => (spec === undefined ? [] : stringify(spec).trimEnd().split('\n'))
  const diffs = changes.flatMap(({ document, before, after }) => [
    '',
    document,
    ...diffLines(lines(before), lines(after)).map(({ sign, line }) => `${sign} ${line}`),
  ])
  return [...head, ...diffs].join('\n')
}
