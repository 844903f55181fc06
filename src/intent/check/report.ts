/** How rules report: findings about one document, and the sentence for a name that nothing has. */
import { type DocumentKey, type Finding, type Kind, documentKey } from '../document.ts'
import { didYouMean, listed } from '../nearest.ts'

/** Collects findings. Rules speak to it in `(code, pointer, message)`. */
export class Report {
  readonly findings: Finding[] = []
  readonly #document: DocumentKey

  constructor(kind: Kind, name: string) {
    this.#document = documentKey({ kind, name })
  }

  error(code: string, pointer: string, message: string): void {
    this.findings.push({ severity: 'error', code, document: this.#document, pointer, message })
  }

  warning(code: string, pointer: string, message: string): void {
    this.findings.push({ severity: 'warning', code, document: this.#document, pointer, message })
  }

  /** G13: a name must be that of a document. */
  reference(kind: Kind, name: string, known: ReadonlyMap<string, unknown>, pointer: string): void {
    if (!known.has(name)) this.error('unknown-reference', pointer, unknownName(kind, name, known.keys()))
  }
}

/** `there is no Pop "fro"; did you mean "fra"?` */
export function unknownName(kind: Kind, name: string, known: Iterable<string>): string {
  const names = [...known].sort()
  const meant = didYouMean(name, names)
  if (meant !== '') return `there is no ${kind} "${name}"${meant}`
  return names.length === 0
    ? `there is no ${kind} "${name}", nor any other`
    : `there is no ${kind} "${name}"; known: ${listed(names)}`
}
