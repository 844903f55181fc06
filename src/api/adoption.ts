/**
 * Adoption: from a foreign path in a speaker's RIB to the document that yields the same path. Pure.
 *   1. say the path in a document's words, where that can be said;
 *   2. lay it into the Prefix document: site, attributes there, consent to take over (`adopt`);
 *   3. compile the outcome: what neighbors are sent must be the same, and no other speaker may begin to announce.
 * What fails is left alone, with the reason; the rest is adopted.
 */
import { gracefulShutdown } from '../bgp/community.ts'
import { mark, markFunction } from '../bgp/mark.ts'
import { serviceLocalPref } from '../bgp/neighbor.ts'
import { type PathAttributes, attributesOf, sorted } from '../bgp/path.ts'
import { type Prefix, prefixFamily } from '../bgp/prefix.ts'
import { type Moment, compilePrefix } from '../intent/compile.ts'
import { type DocumentChange, type DocumentKey, documentKey } from '../intent/document.ts'
import { applyChanges } from '../intent/edit.ts'
import type { Intent, SiteAttributes, Speaker } from '../intent/model.ts'
import { exportProblem } from '../plan/export-rule.ts'
import { readDocument } from '../intent/schema.ts'
import { judge } from './heads.ts'

export interface FoundPath {
  readonly prefix: Prefix
  readonly attributes: PathAttributes
}

export interface AdoptionEdit {
  readonly changes: readonly DocumentChange[]
  readonly adopted: readonly Prefix[]
  readonly left: readonly { readonly prefix: Prefix; readonly why: string }[]
}

export function adoptPaths(
  documents: ReadonlyMap<DocumentKey, unknown>,
  before: Intent,
  speaker: Speaker,
  found: readonly FoundPath[],
  moment: Moment,
): AdoptionEdit {
  const left: { prefix: Prefix; why: string }[] = []
  const drafts = new Map<Prefix, DocumentChange>()
  for (const path of found) {
    const said = sayPath(before, speaker, path)
    if (typeof said === 'string') left.push({ prefix: path.prefix, why: said })
    else drafts.set(path.prefix, layInto(documents, speaker, path.prefix, said))
  }
  const changes = [...drafts.values()]
  const after = judge(applyChanges(documents, changes), before.revision + 1).intent
  for (const path of found) {
    if (!drafts.has(path.prefix)) continue
    const why = effectOf(before, after, speaker, path, moment)
    if (why === undefined) continue
    left.push({ prefix: path.prefix, why })
    drafts.delete(path.prefix)
  }
  return { changes: [...drafts.values()], adopted: [...drafts.keys()], left }
}

/** The path in a document's words, or why there are none for it. */
function sayPath(
  { network, pools }: Intent,
  speaker: Speaker,
  { prefix, attributes }: FoundPath,
): SiteAttributes | string {
  if (network === undefined) return 'there is no Network document yet'
  if (exportProblem({ pools }, prefix) !== undefined)
    return 'no Pool has it, so Herald may not announce it (G7): apply one if it is yours, or delete it at the speaker'
  const { origin, asPath, nextHop, med, localPref, communities, largeCommunities } = attributes
  if (asPath.length > 3 || asPath.some((asn) => asn !== network.asn))
    return `its AS_PATH is ${asPath.join(' ')}; Herald prepends its own AS up to 3 times and nothing else`
  const reserved = largeCommunities.find((community) => community.startsWith(`${network.asn}:`))
  if (reserved !== undefined) return `it carries ${reserved}, which the export policy strips`
  const family = prefixFamily(prefix)
  const own = speaker.nextHop[family] ?? (family === 'ipv4' ? '0.0.0.0' : '::')
  return {
    ...(asPath.length > 0 && { prepend: asPath.length as 1 | 2 | 3 }),
    ...(origin !== 'igp' && { origin }),
    ...(nextHop !== own && { nextHop }),
    ...(med !== undefined && { med }),
    ...(localPref !== undefined && localPref > serviceLocalPref && { localPref }),
    ...(communities.length > 0 && { communities }),
    ...(largeCommunities.length > 0 && { largeCommunities }),
  }
}

function layInto(
  documents: ReadonlyMap<DocumentKey, unknown>,
  speaker: Speaker,
  prefix: Prefix,
  said: SiteAttributes,
): DocumentChange {
  const key = documentKey({ kind: 'Prefix', name: prefix })
  const before = documents.get(key)
  const spec = (before ?? { at: [] }) as {
    readonly at: readonly string[]
    readonly pops?: Readonly<Record<string, object>>
    readonly adopt?: readonly string[]
  }
  const after = {
    ...spec,
    at: before === undefined ? [speaker.pop] : spec.at,
    pops: { ...spec.pops, [speaker.pop]: { ...spec.pops?.[speaker.pop], ...said } },
    adopt: sorted([...(spec.adopt ?? []), speaker.id]),
  }
  const read = readDocument({ kind: 'Prefix', name: prefix, spec: after })
  return { key, before, after: read.ok ? read.document.spec : after }
}

/** What neighbors would notice; undefined where nothing. */
function effectOf(
  before: Intent,
  after: Intent,
  speaker: Speaker,
  { prefix, attributes: found }: FoundPath,
  moment: Moment,
): string | undefined {
  const sites = compilePrefix(after, prefix, moment)?.sites
  const site = sites?.get(speaker.id)
  if (site === undefined) return `its document does not name ${speaker.pop}; publish it there first`
  const known = compilePrefix(before, prefix, moment)?.sites
  const others = [...(sites?.keys() ?? [])].filter((id) => id !== speaker.id && known?.has(id) !== true)
  if (others.length > 0) return `${others.join(', ')} of the same POP would begin to announce it`
  return differenceOf(after, speaker, found, attributesOf(site.attributes), moment)
}

function differenceOf(
  intent: Intent,
  speaker: Speaker,
  found: PathAttributes,
  wanted: PathAttributes,
  moment: Moment,
): string | undefined {
  const asn = intent.network?.asn
  if (asn === undefined) return 'there is no Network document'
  const internal = [...intent.neighbors.values()].filter(
    ({ speaker: of, kind }) => of === speaker.id && kind === 'internal',
  )
  if (internal.length > 0 && (found.localPref ?? 100) !== wanted.localPref)
    return `internal neighbors would see LOCAL_PREF ${wanted.localPref} instead of ${found.localPref ?? 100}`
  if (internal.length > 0 && found.asPath.length > 0) return 'internal neighbors would lose its AS_PATH prepends'
  type Text = string | number | readonly string[] | undefined
  const differs = (what: string, was: Text, is: Text): string | undefined =>
    String(was) === String(is) ? undefined : `${what} would be ${shown(is)} instead of ${shown(was)}`
  const prepends = `${asn}:${markFunction[`prepend${found.asPath.length}` as 'prepend1'] ?? -1}:`
  const own = mark(asn, 'owned', moment.epoch)
  const beyond = wanted.largeCommunities.filter((community) => community !== own && !community.startsWith(prepends))
  const drained = wanted.communities.includes(gracefulShutdown) && !found.communities.includes(gracefulShutdown)
  return (
    differs('ORIGIN', found.origin, wanted.origin) ??
    differs('the next hop', found.nextHop, wanted.nextHop) ??
    differs('MED', found.med, wanted.med) ??
    (drained ? `${speaker.pop} is being drained` : undefined) ??
    differs('communities', sorted(found.communities), wanted.communities) ??
    differs('large communities', sorted(found.largeCommunities), sorted(beyond))
  )
}

function shown(value: string | number | readonly string[] | undefined): string {
  return value === undefined || String(value) === '' ? 'none' : String(value)
}
