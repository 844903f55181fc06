/** The envelope of a manifest, `{apiVersion, kind, metadata: {name}, spec}`: from any value to a document, or problems. */
import { type Document, apiVersion } from '../document.ts'
import { isKind, kindProblem, readDocument } from '../schema.ts'
import { unknownField } from '../schema/fields.ts'
import { pointerTo } from '../schema/read-issues.ts'

export interface EnvelopeProblem {
  /** JSON pointer into the manifest. */
  readonly pointer: string
  readonly message: string
}

export interface ReadEnvelope {
  /** Canonical; absent where there are problems. */
  readonly document?: Document
  /** Which document this would be, where that much can be told. */
  readonly claimed?: Pick<Document, 'kind' | 'name'>
  readonly problems: readonly EnvelopeProblem[]
}

const envelopeFields = ['apiVersion', 'kind', 'metadata', 'spec']

export function readEnvelope(value: unknown): ReadEnvelope {
  if (!isRecord(value))
    return { problems: [{ pointer: '', message: 'a manifest is an object with apiVersion, kind, metadata and spec' }] }
  const problems = [...unknownFields(value, envelopeFields, []), ...versionProblems(value['apiVersion'])]
  const kind = kindOf(value['kind'], problems)
  const name = nameOf(value['metadata'], problems)
  if (kind === undefined || name === undefined) return { problems }
  const claimed = { kind, name }
  const read = readDocument({ kind, name, spec: value['spec'] })
  if (read.ok && problems.length === 0) return { document: read.document, claimed, problems }
  if (!read.ok) problems.push(...read.findings.map(({ pointer, message }) => ({ pointer, message })))
  return { claimed, problems }
}

function versionProblems(written: unknown): EnvelopeProblem[] {
  if (written === apiVersion) return []
  const wayOut = `write apiVersion: ${apiVersion}`
  if (written === undefined) return [{ pointer: '/apiVersion', message: `"apiVersion" is missing: ${wayOut}` }]
  return [{ pointer: '/apiVersion', message: `${JSON.stringify(written).slice(0, 80)} is not known here: ${wayOut}` }]
}

function kindOf(written: unknown, problems: EnvelopeProblem[]): Document['kind'] | undefined {
  if (typeof written === 'string' && isKind(written)) return written
  const message =
    written === undefined
      ? '"kind" is missing'
      : kindProblem(typeof written === 'string' ? written : JSON.stringify(written))
  problems.push({ pointer: '/kind', message })
  return undefined
}

function nameOf(metadata: unknown, problems: EnvelopeProblem[]): string | undefined {
  const missing = { pointer: '/metadata/name', message: '"metadata.name" is missing' }
  if (metadata !== undefined && metadata !== null && !isRecord(metadata))
    problems.push({ pointer: '/metadata', message: 'write an object with a name, such as {name: fra}' })
  if (!isRecord(metadata)) {
    if (metadata === undefined || metadata === null) problems.push(missing)
    return undefined
  }
  problems.push(...unknownFields(metadata, ['name'], ['metadata']))
  const { name } = metadata
  if (typeof name === 'string') return name
  if (name === undefined || name === null) problems.push(missing)
  else if (typeof name === 'object') problems.push({ pointer: '/metadata/name', message: 'write a name' })
  else problems.push({ pointer: '/metadata/name', message: `a name is text: write it in quotes` })
  return undefined
}

function unknownFields(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  path: readonly string[],
): EnvelopeProblem[] {
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => ({ pointer: pointerTo([...path, key]), message: unknownField(key, known) }))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
