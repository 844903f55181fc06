/**
 * Publish: announce a prefix at places, beside those where it is announced already or (`only`) instead of them. Also
 * how attributes of a prefix are changed, at those places or toward single neighbors.
 */
import { contains, parsePrefix, type Prefix } from '../../bgp/prefix.ts'
import { buildIntent } from '../build.ts'
import type { Documents } from '../lineage.ts'
import type { Intent, PopId, Selector, SiteAttributes } from '../model.ts'
import { listed } from '../nearest.ts'
import { type Places, placesOf } from '../places.ts'
import type { Spec } from '../schema.ts'
import { type WrittenAttributes, laid, readAttributes, without } from './attributes.ts'
import { type Coverage, coveredPops, widen } from './coverage.ts'
import { type Edit, refusedEdit, replaceDocument, specOf, unknownDocument } from './edit.ts'
import { readSelectors } from './selectors.ts'

export interface Publish {
  readonly prefix: string
  /** Places to announce it at; may be empty only where attributes or neighbors are changed. */
  readonly at: readonly string[]
  /** True: there and nowhere else. */
  readonly only?: boolean
  /** Said at these places; where they are all the places of the prefix, or none is named, for the prefix as a whole. */
  readonly attributes?: WrittenAttributes
  /** Said toward single neighbors, by the neighbor's name. */
  readonly neighbors?: Readonly<Record<string, WrittenAttributes>>
}

export function publish(documents: Documents, verb: Publish): Edit {
  const prefix = parsePrefix(verb.prefix)
  if (!prefix.ok) return refusedEdit(prefix.problem)
  const { intent } = buildIntent(documents, 0)
  const places = placesOf(intent)
  const at = readSelectors(places, verb.at)
  if (!at.ok) return refusedEdit(at.problem)
  const current = specOf(documents, 'Prefix', prefix.value)
  const problem = problemOf(intent, verb, prefix.value, current)
  if (problem !== undefined) return refusedEdit(problem)
  const before = current ?? newSpec
  const coverage: Coverage = verb.only === true ? { at: at.value, except: [] } : widen(places, before, at.value)
  const attributes = readAttributes(verb.attributes ?? {})
  if (!attributes.ok) return refusedEdit(attributes.problem)
  const neighbors = towardNeighbors(documents, intent, before, verb.neighbors ?? {})
  if (!neighbors.ok) return neighbors
  const absent = announcedNowhereNear(intent, coveredPops(places, coverage), verb.neighbors ?? {})
  if (absent !== undefined)
    return refusedEdit(`${prefix.value} is not published at ${absent}; publish it there as well: --at ${absent}`)
  const spec = {
    ...before,
    ...coverage,
    ...said(places, before, coverage, at.value, attributes.value),
    neighbors: neighbors.value,
  }
  const after = verb.only === true ? onlyWithin(places, spec) : spec
  const named = verb.only === true && current !== undefined ? [prefix.value] : []
  return replaceDocument(documents, { kind: 'Prefix', name: prefix.value, spec: after }, named)
}

const newSpec: Spec<'Prefix'> = { at: [], except: [], attributes: {}, pops: {}, neighbors: {}, adopt: [] }

function problemOf(
  intent: Intent,
  { at, only, attributes, neighbors }: Publish,
  prefix: Prefix,
  current: Spec<'Prefix'> | undefined,
): string | undefined {
  const changesWords = attributes !== undefined || neighbors !== undefined
  if (at.length === 0 && (only === true || current === undefined || !changesWords))
    return `name at least one place to publish ${prefix} at: all, or an area, a region or a POP`
  if (current === undefined) return ownershipProblem(intent, prefix)
  if (at.length > 0 && current.attributes.announce === false && attributes?.announce !== true)
    return `${prefix} says announce: false as a whole, so publishing it anywhere would have no effect; say announce: true with it, which announces it wherever it is published`
  return undefined
}

/** G7: only space inside a pool is ours to announce. */
function ownershipProblem({ pools }: Intent, prefix: Prefix): string | undefined {
  const owned = [...pools.values()].flatMap(({ prefixes }) => prefixes)
  if (owned.some((outer) => contains(outer, prefix))) return undefined
  if (owned.length === 0)
    return `${prefix} is in no pool, and there is no pool yet; write a Pool document with the space you own`
  return `${prefix} is in no pool; pools: ${listed(owned)}`
}

/** Attributes of the prefix and of its POPs after the verb's words. */
function said(
  places: Places,
  before: Spec<'Prefix'>,
  coverage: Coverage,
  at: readonly Selector[],
  words: SiteAttributes,
): Pick<Spec<'Prefix'>, 'attributes' | 'pops'> {
  const named = new Set<PopId>(at.flatMap((selector) => [...places.pops(selector)]))
  const asWhole = at.length === 0 || coveredPops(places, coverage).isSubsetOf(named)
  const pops = { ...before.pops }
  for (const pop of named) {
    const present = Object.hasOwn(pops, pop) ? (pops[pop] ?? {}) : {}
    const audible =
      present.announce === false && words.announce === undefined ? without(present, { announce: false }) : present
    pops[pop] = asWhole ? without(audible, words) : laid(audible, words)
  }
  return { attributes: asWhole ? laid(before.attributes, words) : before.attributes, pops }
}

/** A move leaves no words behind at the POPs it leaves. */
function onlyWithin(places: Places, spec: Spec<'Prefix'>): Spec<'Prefix'> {
  const covered: ReadonlySet<string> = coveredPops(places, spec)
  return { ...spec, pops: Object.fromEntries(Object.entries(spec.pops).filter(([pop]) => covered.has(pop))) }
}

function towardNeighbors(
  documents: Documents,
  { neighbors: known }: Intent,
  before: Spec<'Prefix'>,
  words: Readonly<Record<string, WrittenAttributes>>,
):
  | { readonly ok: true; readonly value: Spec<'Prefix'>['neighbors'] }
  | { readonly ok: false; readonly problem: string } {
  const after = { ...before.neighbors }
  for (const [name, written] of Object.entries(words)) {
    const neighbor = [...known.values()].find(({ id }) => id === name)
    if (neighbor === undefined) return refusedEdit(unknownDocument(documents, 'Neighbor', name))
    const read = readAttributes(written)
    if (!read.ok) return refusedEdit(`toward ${name}: ${read.problem}`)
    const toward = laid(Object.hasOwn(after, name) ? after[name] : undefined, read.value)
    const plain = toward.announce === true && neighbor.attributes.announce !== false
    after[name] = plain ? without(toward, { announce: true }) : toward
  }
  return { ok: true, value: after }
}

/** The POP of a neighbor that is to be announced to although the prefix is not published there. */
function announcedNowhereNear(
  { neighbors, speakers }: Intent,
  covered: ReadonlySet<PopId>,
  words: Readonly<Record<string, WrittenAttributes>>,
): PopId | undefined {
  for (const { id, speaker } of neighbors.values()) {
    const pop = speakers.get(speaker)?.pop
    if (words[id]?.announce === true && pop !== undefined && !covered.has(pop)) return pop
  }
  return undefined
}
