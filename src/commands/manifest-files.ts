/** `-f`: manifests from files, folders (`*.yaml`, `*.yml`, in name order, recursively) or stdin (`-`). */
import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Document, DocumentKey } from '../intent/document.ts'
import { readManifests } from '../intent/manifest.ts'
import { ApiError, type ApiClient } from './client.ts'
import type { Terminal } from './terminal.ts'
import { CommandError, exitCode } from './exit-code.ts'
import { count } from './plural.ts'

export interface Manifests {
  readonly documents: readonly Document[]
  /** `file:line` of a place in a document, where it came from these files. */
  place(document: string | undefined, pointer: string): string | undefined
}

/** What is wrong with a set of documents, by document and pointer. */
export type Judge = (documents: readonly Document[]) => Promise<readonly PlacedProblem[]>

interface PlacedProblem {
  readonly document?: string | undefined
  readonly pointer: string
  readonly message: string
}

/**
 * Fails with every problem of all files, each with its place: what is wrong in a document itself, and what `judge` finds
 * wrong between the others.
 */
export async function loadManifests(paths: readonly string[], terminal: Terminal, judge: Judge): Promise<Manifests> {
  const files = (await Promise.all(paths.map((path) => readPath(path, terminal)))).flat()
  if (files.length === 0)
    throw new CommandError(exitCode.usage, `there is no *.yaml or *.yml under ${paths.join(', ')}`)
  const { documents, problems, locate } = readManifests(files)
  const place = (document: string | undefined, pointer: string): string | undefined => {
    const found = document === undefined ? undefined : locate(document as DocumentKey, pointer)
    return found && `${found.file}:${found.line}`
  }
  if (problems.length > 0) {
    const lines = problems.map(({ file, line, message }) => `${file}:${line}: ${message}`)
    const unread = unreadNames(files, documents)
    for (const { document, pointer, message } of await judge(documents))
      // What only follows from a document that is wrong itself would be noise.
      if (!unread.some((name) => message.includes(name)))
        lines.push(placed(place(document, pointer), `${document}${pointer}: ${message}`))
    throw new CommandError(
      exitCode.usage,
      `${count(lines.length, 'problem')} in the manifests; nothing was sent`,
      lines,
    )
  }
  if (documents.length === 0) throw new CommandError(exitCode.usage, `there is no document in ${paths.join(', ')}`)
  return { documents, place }
}

/** Herald's own judgement, against what it has: a dry run. */
export function judgedBy(api: ApiClient): Judge {
  return async (documents) => {
    try {
      await api.request({ method: 'POST', path: '/v1/plan', body: { documents } })
      return []
    } catch (error) {
      return error instanceof ApiError ? (error.problem.errors ?? []) : []
    }
  }
}

/** Names that the files give and that no readable document has. */
function unreadNames(files: readonly ManifestFile[], documents: readonly Document[]): readonly string[] {
  const read = new Set(documents.map(({ name }) => name))
  const given = files.flatMap(({ text }) =>
    [...text.matchAll(/"?\bname"?:\s*["']?([^\s"'},#]+)/g)].map(([, name]) => name ?? ''),
  )
  return given.filter((name) => !read.has(name))
}

/** Runs a request about these manifests; problems that Herald finds are told with file and line. */
export async function withPlaces<T>(manifests: Manifests, request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.errors === undefined) throw error
    const lines = error.problem.errors.map(({ document, pointer, message }) => {
      const place = manifests.place(document, pointer)
      return `${place === undefined ? '' : `${place}: `}${document ?? ''}${pointer}: ${message}`
    })
    throw new CommandError(error.code, error.message, lines)
  }
}

interface ManifestFile {
  readonly file: string
  readonly text: string
}

/** `network/pops.yaml:4: Pop/fra/region: …`; of what is in no file, the document alone. */
export function placed(place: string | undefined, problem: string): string {
  return place === undefined ? problem : `${place}: ${problem}`
}

const whys: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'you may not read it',
  EISDIR: 'it is a folder',
}

function why(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return whys[code] ?? (error instanceof Error ? error.message : String(error))
}

async function readPath(path: string, terminal: Terminal): Promise<readonly ManifestFile[]> {
  if (path === '-') return [{ file: 'stdin', text: await terminal.readInput() }]
  try {
    if (!(await stat(path)).isDirectory()) return [{ file: path, text: await readFile(path, 'utf8') }]
    const names = (await readdir(path, { recursive: true })).filter((name) => /\.ya?ml$/.test(name)).toSorted()
    return await Promise.all(
      names.map(async (name) => ({ file: join(path, name), text: await readFile(join(path, name), 'utf8') })),
    )
  } catch (error) {
    throw new CommandError(exitCode.usage, `cannot read ${path}: ${why(error)}`)
  }
}
