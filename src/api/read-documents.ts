/**
 * Documents as they came in, each judged by the schema of its kind and, where some fail, the others still judged by
 * their references: every problem of the whole set at once.
 */
import { type Document, type DocumentKey, type Finding, documentKey } from '../intent/document.ts'
import { applyChanges, applyDocuments } from '../intent/edit.ts'
import { keepMasked, mask } from '../intent/redact.ts'
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
    if (masksNothing(document, current)) findings.push(maskedPassword(key))
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

/** A mask where no password is stored: taken as it is, it would become the password. */
function masksNothing(document: Document, current: ReadonlyMap<DocumentKey, unknown>): boolean {
  if (document.kind !== 'Neighbor') return false
  const { spec } = keepMasked(document, current.get(documentKey(document)))
  return (spec as { readonly session?: { readonly password?: unknown } | null } | null)?.session?.password === mask
}

function maskedPassword(key: DocumentKey): Finding {
  return {
    severity: 'error',
    code: 'masked-password',
    document: key,
    pointer: '/spec/session/password',
    message: `${mask} stands for a stored password, and none is stored; write the password itself`,
  }
}
