/**
 * Manifests: documents as people keep them in files, YAML or JSON, one or more a file. Every problem of the whole set is
 * told at once, with file and line; a set with a problem is not to be applied at all.
 */
import { stringify } from 'yaml'
import { type Document, type DocumentKey, apiVersion, documentKey } from './document.ts'
import { readEnvelope } from './manifest/envelope.ts'
import { type YamlPiece, readYaml } from './manifest/file.ts'

export interface ManifestFile {
  readonly file: string
  readonly text: string
}

export interface ManifestProblem {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** JSON pointer into the manifest, such as `/spec/at/0`; absent where the problem is the file's. */
  readonly pointer?: string
  readonly message: string
}

export interface Manifests {
  /** Canonical, in the order written; those without problems of their own. */
  readonly documents: readonly Document[]
  readonly problems: readonly ManifestProblem[]
  /** Where a place in a document was written. */
  locate(document: DocumentKey, pointer: string): { readonly file: string; readonly line: number } | undefined
}

interface Written {
  readonly file: string
  readonly piece: YamlPiece
}

/** Reads a whole set of files. Never throws, whatever they hold. */
export function readManifests(files: readonly ManifestFile[]): Manifests {
  const documents: Document[] = []
  const problems: ManifestProblem[] = []
  const written = new Map<DocumentKey, Written>()
  for (const { file, text } of files) {
    const { pieces, problems: found } = readYaml(text)
    problems.push(...found.map((problem) => ({ file, ...problem })))
    if (pieces.length === 0 && found.length === 0)
      problems.push({ file, line: 1, message: 'the file holds no document; was it written to the end?' })
    for (const piece of pieces) {
      const { document, claimed, problems: wrong } = readEnvelope(piece.value)
      for (const { pointer, message } of wrong) problems.push({ file, line: piece.lineOf(pointer), pointer, message })
      if (claimed === undefined) continue
      const key = documentKey(claimed)
      const first = written.get(key)
      if (first !== undefined) problems.push(twice(key, first, { file, piece }))
      else written.set(key, { file, piece })
      if (document !== undefined && first === undefined) documents.push(document)
    }
  }
  return {
    documents,
    problems,
    locate(document, pointer) {
      const found = written.get(document)
      return found && { file: found.file, line: found.piece.lineOf(pointer) }
    },
  }
}

/** The document as a manifest, which can be applied again as it is. */
export function formatDocument({ kind, name, spec }: Document): string {
  return stringify({ apiVersion, kind, metadata: { name }, spec }, { lineWidth: 0, aliasDuplicateObjects: false })
}

function twice(key: DocumentKey, first: Written, again: Written): ManifestProblem {
  const pointer = '/metadata/name'
  return {
    file: again.file,
    line: again.piece.lineOf(pointer),
    pointer,
    message: `${key} is written twice, here and at ${first.file}:${first.piece.lineOf(pointer)}; keep one`,
  }
}
