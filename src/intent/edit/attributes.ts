/** Laying attributes over what a document says already, and taking back what then says nothing new. */
import type { Community, LargeCommunity } from '../../bgp/community.ts'
import type { SiteAttributes } from '../model.ts'
import { type Spec, readDocument } from '../schema.ts'
import { type Parsed, parsed, refused } from '../../bgp/parsed.ts'

/** What a person says of attributes: canonical, or still as written (`no-export`). An empty list of communities takes all away. */
export type WrittenAttributes = {
  readonly [N in keyof SiteAttributes]?: N extends 'communities' | 'largeCommunities'
    ? readonly (Community | LargeCommunity | string)[]
    : N extends 'nextHop'
      ? string
      : SiteAttributes[N]
}

/** The canonical attributes, with emptied lists kept as empty so that they can take away what was there. */
export function readAttributes(written: WrittenAttributes): Parsed<SiteAttributes> {
  const read = readDocument({ kind: 'Prefix', name: '192.0.2.0/24', spec: { at: [], attributes: written } })
  if (!read.ok)
    return refused(
      read.findings.map(({ pointer, message }) => `${pointer.replace('/spec/attributes/', '')}: ${message}`).join('; '),
    )
  const { attributes } = read.document.spec as Spec<'Prefix'>
  return parsed({
    ...attributes,
    ...(written.communities?.length === 0 && { communities: [] }),
    ...(written.largeCommunities?.length === 0 && { largeCommunities: [] }),
  })
}

/** `over` lies on `under`: attribute by attribute, the upper one wins; lists are replaced, not added to. */
export function laid(under: SiteAttributes | undefined, over: SiteAttributes): SiteAttributes {
  return { ...under, ...over }
}

/** Without the attributes that `named` speaks of. */
export function without(attributes: SiteAttributes, named: SiteAttributes): SiteAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !Object.hasOwn(named, name)))
}
