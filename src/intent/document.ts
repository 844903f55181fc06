/**
 * Documents: intent and overlays as operators write them and as Redis stores them, `Kind/name` → spec. A manifest in
 * YAML is `{apiVersion: herald/v1, kind, metadata: {name}, spec}`; the stored document is the same without ceremony.
 */
export const apiVersion = 'herald/v1'

/** In the order in which a reader meets them: what there is, what is announced, what watches it, and what lies on top for a while. */
export const kinds = [
  'Network',
  'Area',
  'Region',
  'Pop',
  'Speaker',
  'Neighbor',
  'Pool',
  'Prefix',
  'PathGroup',
  'EntryGroup',
  'Agent',
  'Check',
  'Collector',
  'Receiver',
  'AlertMapping',
  'Drain',
  'Override',
  'Failover',
  'Preference',
  'EntryPreference',
  'Rollout',
  'Freeze',
] as const

export type Kind = (typeof kinds)[number]

/** `Pop/fra`, `Prefix/203.0.113.0/24`. */
export type DocumentKey = `${Kind}/${string}`

export interface Document {
  readonly kind: Kind
  readonly name: string
  /** As written, after defaults; the schema of the kind describes it. */
  readonly spec: unknown
}

export function documentKey(document: Pick<Document, 'kind' | 'name'>): DocumentKey {
  return `${document.kind}/${document.name}`
}

export function splitKey(key: DocumentKey): { readonly kind: Kind; readonly name: string } {
  const slash = key.indexOf('/')
  return { kind: key.slice(0, slash) as Kind, name: key.slice(slash + 1) }
}

/** One document before and after a revision; undefined where it does not exist on that side. */
export interface DocumentChange {
  readonly key: DocumentKey
  readonly before: unknown
  readonly after: unknown
}

/** Something wrong (or doubtful) in a set of documents, with its place. */
export interface Finding {
  readonly severity: 'error' | 'warning'
  /** kebab-case name of the rule. */
  readonly code: string
  readonly document: DocumentKey
  /** JSON pointer into the manifest, such as `/spec/at/0`. */
  readonly pointer: string
  /** One sentence with the place and the way out. */
  readonly message: string
}
