/** Secrets in documents: shown masked, and what is shown can be applied again without losing them. */
import type { Document } from './document.ts'

/** Stands for a password that is not shown. */
export const mask = '********'

/** The document as it may be shown: a neighbor's password is masked. */
export function redactDocument(document: Document): Document {
  return passwordOf(document.kind, document.spec) === undefined ? document : withPassword(document, mask)
}

/** The document with the password of `current` in place of a mask, where there is one to be kept. */
export function keepMasked(document: Document, current: unknown): Document {
  const kept = passwordOf(document.kind, current)
  return passwordOf(document.kind, document.spec) === mask && kept !== undefined
    ? withPassword(document, kept)
    : document
}

function passwordOf(kind: Document['kind'], spec: unknown): string | undefined {
  if (kind !== 'Neighbor') return undefined
  const password = sessionOf(spec)['password']
  return typeof password === 'string' ? password : undefined
}

function withPassword(document: Document, password: string): Document {
  const spec = document.spec as object
  return { ...document, spec: { ...spec, session: { ...sessionOf(spec), password } } }
}

function sessionOf(spec: unknown): Readonly<Record<string, unknown>> {
  const session = typeof spec === 'object' && spec !== null && 'session' in spec ? spec.session : undefined
  return typeof session === 'object' && session !== null ? (session as Record<string, unknown>) : {}
}
