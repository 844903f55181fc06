/** `-f`: manifests from files, folders (`*.yaml`, `*.yml`, in name order, recursively) or stdin (`-`). */
import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Document, DocumentKey } from '../intent/document.ts'
import { readManifests } from '../intent/manifest.ts'
import { ApiError } from './client.ts'
import type { Terminal } from './terminal.ts'
import { CommandError, exitCode } from './exit-code.ts'

export interface Manifests {
  readonly documents: readonly Document[]
  /** `file:line` of a place in a document, where it came from these files. */
  place(document: string | undefined, pointer: string): string | undefined
}

/** Fails with every problem of all files, each with its place. */
export async function loadManifests(paths: readonly string[], terminal: Terminal): Promise<Manifests> {
  const files = (await Promise.all(paths.map((path) => readPath(path, terminal)))).flat()
  if (files.length === 0)
    throw new CommandError(exitCode.usage, `there is no *.yaml or *.yml under ${paths.join(', ')}`)
  const { documents, problems, locate } = readManifests(files)
  if (problems.length > 0)
    throw new CommandError(
      exitCode.usage,
      `${count(problems.length, 'problem')} in the manifests; nothing was sent`,
      problems.map(({ file, line, message }) => `${file}:${line}: ${message}`),
    )
  if (documents.length === 0) throw new CommandError(exitCode.usage, `there is no document in ${paths.join(', ')}`)
  return {
    documents,
    place(document, pointer) {
      const found = document === undefined ? undefined : locate(document as DocumentKey, pointer)
      return found && `${found.file}:${found.line}`
    },
  }
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

async function readPath(path: string, terminal: Terminal): Promise<readonly ManifestFile[]> {
  if (path === '-') return [{ file: 'stdin', text: await terminal.readInput() }]
  try {
    if (!(await stat(path)).isDirectory()) return [{ file: path, text: await readFile(path, 'utf8') }]
    const names = (await readdir(path, { recursive: true })).filter((name) => /\.ya?ml$/.test(name)).toSorted()
    return await Promise.all(
      names.map(async (name) => ({ file: join(path, name), text: await readFile(join(path, name), 'utf8') })),
    )
  } catch (error) {
    throw new CommandError(
      exitCode.usage,
      `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
