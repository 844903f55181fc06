/** `get`: documents as they are, or were; `-o yaml` prints manifests that `apply` takes. */
import type { Command } from 'commander'
import type { DocumentListView, DocumentView, OneDocumentView } from '../api/wire/document.ts'
import { type Kind, apiVersion, kinds } from '../intent/document.ts'
import { formatDocument } from '../intent/manifest.ts'
import { clockText } from './clock-text.ts'
import type { ApiClient } from './client.ts'
import { type CliContext, outputOf, usageError, withApi } from './cli-context.ts'
import { print } from './output.ts'
import { renderTable } from './table.ts'

export function registerGet(program: Command, cli: CliContext): void {
  program
    .command('get [kind] [name]')
    .description(`documents: ${kinds.map((kind) => kind.toLowerCase()).join(', ')}`)
    .option('--at <revision>', 'as of an earlier revision')
    .addHelpText(
      'after',
      `
Examples:
  herald get prefixes
  herald get pop fra -o yaml
  herald get -o yaml > everything.yaml
  herald get prefix 203.0.113.0/24 --at 17 -o yaml`,
    )
    .action(async (word: string | undefined, name: string | undefined, options: { at?: string }, command: Command) => {
      const kind = word === undefined ? undefined : kindOf(word)
      const documents = await withApi(cli, command, (api) => read(api, kind, name, options.at))
      const output = outputOf(command)
      if (output === 'yaml') {
        cli.terminal.out(documents.map((document) => formatDocument(document).trimEnd()).join('\n---\n'))
        return
      }
      print(cli.terminal, output, {
        data: name === undefined ? documents.map(manifestOf) : documents.map(manifestOf)[0],
        table: () => (kind === undefined ? countsTable(documents) : documentsTable(documents)),
        names: () =>
          documents.map((document) => (kind === undefined ? `${document.kind}/${document.name}` : document.name)),
      })
    })
}

async function read(
  api: ApiClient,
  kind: Kind | undefined,
  name: string | undefined,
  at: string | undefined,
): Promise<readonly DocumentView[]> {
  if (kind !== undefined && name !== undefined) {
    const path = `/v1/documents/${kind}/${name.split('/').map(encodeURIComponent).join('/')}`
    return [(await api.request<OneDocumentView>({ path, query: { at } })).document]
  }
  return (await api.request<DocumentListView>({ path: '/v1/documents', query: { kind, at } })).documents
}

/** `prefix`, `prefixes`, `Prefix`. */
export function kindOf(word: string): Kind {
  const lower = word.toLowerCase()
  const found = kinds.find((kind) => {
    const singular = kind.toLowerCase()
    return [singular, `${singular}s`, `${singular}es`].includes(lower)
  })
  if (found === undefined)
    throw usageError(
      `"${word}" is not a kind of document; write one of ${kinds.map((kind) => kind.toLowerCase()).join(', ')}`,
    )
  return found
}

function manifestOf({ kind, name, spec }: DocumentView) {
  return { apiVersion, kind, metadata: { name }, spec }
}

function countsTable(documents: readonly DocumentView[]): string {
  const rows = kinds.map((kind) => [
    kind.toLowerCase(),
    String(documents.filter((document) => document.kind === kind).length),
  ])
  return renderTable(['KIND', 'COUNT'], rows)
}

const columnsAtMost = 6

/** The name, and what the specs say in one line each. */
export function documentsTable(documents: readonly DocumentView[]): string {
  if (documents.length === 0) return 'None.'
  const specs = documents.map(({ spec }) => spec as Readonly<Record<string, unknown>>)
  const keys = [...new Set(specs.flatMap((spec) => Object.keys(spec)))]
  const columns = keys.filter((key) => specs.some((spec) => cell(spec[key]) !== '')).slice(0, columnsAtMost)
  return renderTable(
    ['NAME', ...columns.map(headerOf)],
    documents.map(({ name }, index) => [name, ...columns.map((column) => cellOf(column, specs[index]?.[column]))]),
  )
}

/** Instants are milliseconds in a document, and times of day for people. */
const instant = /AtMs$/

function headerOf(column: string): string {
  return column
    .replace(instant, '')
    .replaceAll(/(?=[A-Z])/g, ' ')
    .toUpperCase()
}

function cellOf(column: string, value: unknown): string {
  return instant.test(column) && typeof value === 'number' ? clockText(new Date(value).toISOString()) : cell(value)
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value))
    return value.every((item) => typeof item !== 'object') ? value.join(',') : `${value.length} entries`
  if (typeof value !== 'object') return scalar(value)
  const entries = Object.entries(value)
  if ('kind' in value && typeof value.kind === 'string') return value.kind
  return entries.length > 3
    ? `${entries.length} fields`
    : entries.map(([key, item]) => `${key}=${inner(item)}`).join(' ')
}

function inner(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : scalar(value)
}

function scalar(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
