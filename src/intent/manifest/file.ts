/**
 * One manifest file: YAML documents with the lines they stand on. Whatever the text is, the outcome is documents and
 * problems; bounds keep a file from costing more than its size (aliases, nesting, length).
 */
import {
  type Document as YamlDocument,
  LineCounter,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  visit,
} from 'yaml'

export interface YamlProblem {
  readonly line: number
  readonly message: string
}

/** One YAML document: its plain value, and the line of any place in it. */
export interface YamlPiece {
  readonly value: unknown
  readonly line: number
  /** The line of the place that a JSON pointer names, or of the nearest one that holds it. */
  lineOf(pointer: string): number
}

const charactersAtMost = 16 * 1024 * 1024
const aliasesAtMost = 100

export function readYaml(text: string): {
  readonly pieces: readonly YamlPiece[]
  readonly problems: readonly YamlProblem[]
} {
  if (text.length > charactersAtMost)
    return {
      pieces: [],
      problems: [
        { line: 1, message: `the file is too large: ${text.length} characters, at most ${charactersAtMost}; split it` },
      ],
    }
  try {
    return readPieces(text)
  } catch (error) {
    return { pieces: [], problems: [{ line: 1, message: unreadable(error) }] }
  }
}

function readPieces(text: string): ReturnType<typeof readYaml> {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    logLevel: 'silent',
  })
  const pieces: YamlPiece[] = []
  const problems: YamlProblem[] = []
  if (!Array.isArray(parsed)) return { pieces, problems }
  for (const document of parsed) {
    for (const { pos, message } of [...document.errors, ...document.warnings])
      if (problems.at(-1)?.line !== lineAt(lines, pos[0]))
        problems.push({ line: lineAt(lines, pos[0]), message: forPeople(message) })
    if (document.errors.length > 0 || document.contents === null) continue
    const line = lineAt(lines, document.contents.range?.[0] ?? 0)
    if (isScalar(document.contents) && document.contents.value === null) continue
    try {
      const value: unknown = document.toJS({ maxAliasCount: aliasesAtMost })
      pieces.push({ value, line, lineOf: (pointer) => lineOf(document, lines, pointer) })
    } catch (error) {
      const dangling = danglingAlias(document)
      if (dangling !== undefined)
        problems.push({
          line: lineAt(lines, dangling.offset),
          message: `*${dangling.name} stands for nothing: there is no &${dangling.name} before it`,
        })
      else problems.push({ line, message: unreadable(error) })
    }
  }
  return { pieces, problems }
}

/** An alias whose anchor is not there. */
function danglingAlias(document: YamlDocument): { readonly name: string; readonly offset: number } | undefined {
  let found: { readonly name: string; readonly offset: number } | undefined
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return undefined
      found = { name: alias.source, offset: alias.range?.[0] ?? 0 }
      return visit.BREAK
    },
  })
  return found
}

function lineAt(lines: LineCounter, offset: number): number {
  return Math.max(1, lines.linePos(offset).line)
}

function lineOf(document: YamlDocument, lines: LineCounter, pointer: string): number {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  let node: unknown = document.contents
  let offset = document.contents?.range?.[0] ?? 0
  for (const step of steps) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => (isScalar(key) ? String(key.value) : String(key)) === step)
      if (pair === undefined) break
      offset = rangeStart(pair.key) ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      const item = node.items[Number(step)]
      if (item === undefined) break
      offset = rangeStart(item) ?? offset
      node = item
    } else break
  }
  return lineAt(lines, offset)
}

function rangeStart(node: unknown): number | undefined {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? (node.range[0] as number)
    : undefined
}

/** The parser's words for what people do most, in ours. */
function forPeople(message: string): string {
  if (message.startsWith('Map keys must be unique')) return 'this field is written twice; keep one'
  return `this is not YAML: ${message.split('\n')[0] ?? ''}`
}

function unreadable(error: unknown): string {
  if (error instanceof RangeError) return 'this is nested too deeply to be read'
  if (error instanceof ReferenceError) return 'its aliases (*name) multiply without bound; write the values out'
  return `this cannot be read: ${error instanceof Error ? error.message : String(error)}`
}
