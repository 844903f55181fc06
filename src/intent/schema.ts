/**
 * Reading a document: from what somebody wrote to the canonical document that is stored, or every problem of it at
 * once. Canonical is plain JSON with defaults applied and one spelling for equal words, so that two specs that mean the
 * same are the same text.
 */
import { parsePrefix } from '../bgp/prefix.ts'
import { type Document, type Finding, type Kind, documentKey, kinds } from './document.ts'
import { didYouMean } from './nearest.ts'
import { labelProblem } from './schema/fields.ts'
import { type SpecProblem, explainIssue, pointerTo, readIssues } from './schema/read-issues.ts'
import { type Spec, specSchemas } from './schema/specs.ts'

export { labelProblem } from './schema/fields.ts'
export type { Spec } from './schema/specs.ts'

export type ReadDocument =
  | { readonly ok: true; readonly document: Document }
  | { readonly ok: false; readonly findings: readonly Finding[] }

/** The canonical document, or every problem of it. Takes any value as spec; never throws. */
export function readDocument(document: Document): ReadDocument {
  const { kind, name } = document
  if (!isKind(kind)) return invalid(document, [{ code: 'unknown-kind', pointer: '/kind', message: kindProblem(kind) }])
  const problems: SpecProblem[] = []
  const nameProblem = nameProblemOf(kind, name)
  if (nameProblem !== undefined)
    problems.push({ code: 'invalid-name', pointer: '/metadata/name', message: nameProblem })
  const read = readSpec(kind, document.spec)
  if (!read.ok) problems.push(...read.problems.map((problem) => ({ ...problem, pointer: `/spec${problem.pointer}` })))
  if (!read.ok || problems.length > 0) return invalid(document, problems)
  return { ok: true, document: { kind, name, spec: read.spec } }
}

export function isKind(text: string): text is Kind {
  return (kinds as readonly string[]).includes(text)
}

export function kindProblem(text: string): string {
  return `"${text.slice(0, 80)}" is not a kind of document${didYouMean(text, kinds) || `; known: ${kinds.join(', ')}`}`
}

/** One sentence why no document of the kind can have this name, or undefined. */
export function nameProblemOf(kind: Kind, name: string): string | undefined {
  if (kind !== 'Prefix') return labelProblem(name)
  const prefix = parsePrefix(name)
  return prefix.ok ? undefined : prefix.problem
}

/** Reads a spec that may be anything. Pointers are relative to the spec. */
export function readSpec<K extends Kind>(
  kind: K,
  spec: unknown,
): { readonly ok: true; readonly spec: Spec<K> } | { readonly ok: false; readonly problems: readonly SpecProblem[] } {
  const hidden = hiddenKeys(spec, [])
  if (hidden.length > 0) return { ok: false, problems: hidden }
  const read = specSchemas[kind].safeParse(spec ?? {}, { error: explainIssue })
  if (read.success) return { ok: true, spec: read.data as Spec<K> }
  return { ok: false, problems: readIssues(read.error.issues) }
}

/** zod passes over `__proto__` in maps without a word; nothing that somebody wrote is dropped silently. */
function hiddenKeys(value: unknown, path: readonly PropertyKey[]): readonly SpecProblem[] {
  if (typeof value !== 'object' || value === null || path.length > 4) return []
  const found: SpecProblem[] = []
  for (const [key, inner] of Object.entries(value)) {
    const place = [...path, key]
    if (key === '__proto__')
      found.push({ code: 'unknown-field', pointer: pointerTo(place), message: 'unknown field "__proto__"' })
    else if (!Array.isArray(value)) found.push(...hiddenKeys(inner, place))
  }
  return found
}

function invalid(document: Document, problems: readonly SpecProblem[]): ReadDocument {
  const key = documentKey(document)
  return { ok: false, findings: problems.map((problem) => ({ severity: 'error', document: key, ...problem })) }
}
