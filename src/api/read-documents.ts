/**
 * Documents as they came in, each judged by the schema of its kind and, where some fail, the others still judged by
 * their references: every problem of the whole set at once.
 */
import { type Document, type DocumentKey, type Finding, documentKey } from '../intent/document.ts'
import { applyChanges, applyDocuments } from '../intent/edit.ts'
import { readDocument } from '../intent/schema.ts'
import { judge } from './heads.ts'

export function readDocuments(
  incoming: readonly Document[],
  current: ReadonlyMap<DocumentKey, unknown>,
):
  | { readonly ok: true; readonly documents: readonly Document[] }
  | { readonly ok: false; readonly findings: readonly Finding[] } {
  const findings: Finding[] = []
  const documents: Document[] = []
  const wrong = new Set<string>()
  const seen = new Set<DocumentKey>()
  for (const document of incoming) {
    const key = documentKey(document)
    const read = readDocument(document)
    if (seen.has(key)) findings.push(duplicate(key))
    else if (read.ok) documents.push(read.document)
    else {
      findings.push(...read.findings)
      wrong.add(document.name)
    }
    seen.add(key)
  }
  if (findings.length === 0) return { ok: true, documents }
  return { ok: false, findings: [...findings, ...referenceErrors(documents, current, wrong)] }
}

/** Errors of the readable documents, without those that only follow from a document that is wrong itself. */
function referenceErrors(
  documents: readonly Document[],
  current: ReadonlyMap<DocumentKey, unknown>,
  wrong: ReadonlySet<string>,
): readonly Finding[] {
  const edit = applyDocuments(current, documents, { prune: false })
  if (!edit.ok) return []
  const touched = new Set(edit.changes.map(({ key }) => key))
  return judge(applyChanges(current, edit.changes), 0).findings.filter(
    ({ severity, document, message }) =>
      severity === 'error' && touched.has(document) && ![...wrong].some((name) => message.includes(name)),
  )
}

function duplicate(key: DocumentKey): Finding {
  return {
    severity: 'error',
    code: 'duplicate-document',
    document: key,
    pointer: '/metadata/name',
    message: `${key} is given twice; keep one`,
  }
}
