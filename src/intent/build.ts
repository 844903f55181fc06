/**
 * Build: documents → intent. Specs in the store are canonical, and are read by the schema all the same: what an older
 * or a broken hand wrote becomes a finding and is left out, and never a wrong announcement.
 *
 *   1. a spec that was read before is not read again (specs are immutable values, remembered by identity);
 *   2. a set that was made from one that was built takes over every map of kinds that did not change.
 */
import {
  type Document,
  type DocumentChange,
  type DocumentKey,
  type Finding,
  documentKey,
  kinds,
  splitKey,
} from './document.ts'
import { type Documents, Lineage } from './lineage.ts'
import type { Intent, Network } from './model.ts'
import { type Model, modelOf } from './model-of.ts'
import { isKind, readDocument } from './schema.ts'

export interface Built {
  readonly intent: Intent
  /** Documents that are left out, and why. */
  readonly findings: readonly Finding[]
}

/** The intent of a set of documents. Never throws, whatever the specs are. */
export function buildIntent(documents: Documents, revision: number): Built {
  const known = lineage.built(documents)
  if (known !== undefined) return told(known, revision)
  const descent = lineage.descentOf(documents)
  const parts = descent === undefined ? emptyParts() : partsOf(descent.base)
  for (const key of descent?.changed ?? documents.keys()) take(parts, documents, key)
  const built = finish(parts)
  lineage.remember(documents, built)
  return told(built, revision)
}

/** The documents after these changes; the given ones stay as they are. */
export function applyChanges(documents: Documents, changes: readonly DocumentChange[]): Documents {
  const after = new Map(documents)
  for (const { key, after: spec } of changes) {
    if (spec === undefined) after.delete(key)
    else after.set(key, spec)
  }
  lineage.descend(documents, after, changes)
  return after
}

/** What is kept of a build: by kind, and what is wrong by document. */
interface Kept {
  readonly maps: Maps
  readonly networks: ReadonlyMap<string, unknown>
  readonly wrong: ReadonlyMap<DocumentKey, readonly Finding[]>
  readonly intent: Intent
  readonly findings: readonly Finding[]
}

type Maps = Pick<Intent, MapName>
type MapName = Exclude<keyof Intent, 'revision' | 'network'>

const mapOfKind = {
  Area: 'areas',
  Region: 'regions',
  Pop: 'pops',
  Speaker: 'speakers',
  Neighbor: 'neighbors',
  Pool: 'pools',
  Prefix: 'prefixes',
  PathGroup: 'pathGroups',
  EntryGroup: 'entryGroups',
  Agent: 'agents',
  Check: 'checks',
  Collector: 'collectors',
  Receiver: 'receivers',
  AlertMapping: 'alertMappings',
  Drain: 'drains',
  Override: 'overrides',
  Failover: 'failovers',
  Preference: 'preferences',
  EntryPreference: 'entryPreferences',
  Rollout: 'rollouts',
  Freeze: 'freezes',
} as const satisfies Record<Exclude<Document['kind'], 'Network'>, MapName>

const lineage = new Lineage<Kept>()

interface Parts {
  readonly maps: { -readonly [N in MapName]: Map<string, unknown> }
  readonly networks: Map<string, unknown>
  readonly wrong: Map<DocumentKey, readonly Finding[]>
  /** Maps that are ours to write to; the others are still those of the predecessor. */
  readonly fresh: Set<MapName>
}

function emptyParts(): Parts {
  const maps = Object.fromEntries(Object.values(mapOfKind).map((name) => [name, new Map()])) as Parts['maps']
  return { maps, networks: new Map(), wrong: new Map(), fresh: new Set(Object.values(mapOfKind)) }
}

function partsOf({ maps, networks, wrong }: Kept): Parts {
  return {
    maps: { ...(maps as unknown as Parts['maps']) },
    networks: new Map(networks),
    wrong: new Map(wrong),
    fresh: new Set(),
  }
}

function take(parts: Parts, documents: Documents, key: DocumentKey): void {
  const { kind, name } = splitKey(key)
  const read = documents.has(key) ? modelFor(key, documents.get(key)) : undefined
  if (read?.ok === false) parts.wrong.set(key, read.findings)
  else parts.wrong.delete(key)
  const values = kind === 'Network' ? parts.networks : isKind(kind) ? writable(parts, mapOfKind[kind]) : undefined
  if (read?.ok === true) values?.set(name, read.model.value)
  else values?.delete(name)
}

function writable({ maps, fresh }: Parts, name: MapName): Map<string, unknown> {
  if (!fresh.has(name)) {
    maps[name] = new Map(maps[name])
    fresh.add(name)
  }
  return maps[name]
}

function finish({ maps, networks, wrong }: Parts): Kept {
  const names = [...networks.keys()].sort()
  const [first] = names
  const shared = maps as unknown as Maps
  const findings = [...wrong.values()].flat()
  for (const name of names.slice(1)) findings.push(secondNetwork(name, String(first)))
  return {
    maps: shared,
    networks,
    wrong,
    intent: { revision: 0, network: first === undefined ? undefined : (networks.get(first) as Network), ...shared },
    findings: findings.sort(byKind),
  }
}

const lastTold = new WeakMap<Kept, Built>()

/** The same question gets the same value, so that what others remember with an intent stays found. */
function told(kept: Kept, revision: number): Built {
  if (revision === kept.intent.revision) return kept
  let built = lastTold.get(kept)
  if (built?.intent.revision !== revision) {
    built = { intent: { ...kept.intent, revision }, findings: kept.findings }
    lastTold.set(kept, built)
  }
  return built
}

function secondNetwork(name: string, first: string): Finding {
  return {
    severity: 'error',
    code: 'second-network',
    document: documentKey({ kind: 'Network', name }),
    pointer: '/metadata/name',
    message: `there is one Network, and Network/${first} is it; change that one, or delete one of them`,
  }
}

function byKind(a: Finding, b: Finding): number {
  const [left, right] = [splitKey(a.document), splitKey(b.document)]
  return (
    kinds.indexOf(left.kind) - kinds.indexOf(right.kind) ||
    (left.name < right.name ? -1 : Number(left.name > right.name))
  )
}

type ReadModel =
  | { readonly ok: true; readonly model: Model }
  | { readonly ok: false; readonly findings: readonly Finding[] }

const read = new WeakMap<object, { readonly key: DocumentKey; readonly outcome: ReadModel }>()

function modelFor(key: DocumentKey, spec: unknown): ReadModel {
  if (typeof spec !== 'object' || spec === null) return readModel(key, spec)
  const known = read.get(spec)
  if (known?.key === key) return known.outcome
  const outcome = readModel(key, spec)
  read.set(spec, { key, outcome })
  return outcome
}

function readModel(key: DocumentKey, spec: unknown): ReadModel {
  const outcome = readDocument({ ...splitKey(key), spec })
  return outcome.ok ? { ok: true, model: modelOf(outcome.document) } : outcome
}
