/** Attributes as documents say them: for a prefix, for a prefix at one POP, toward one neighbor, in an override. */
import { z } from 'zod'
import { sorted } from '../../bgp/path.ts'
import type { SiteAttributes } from '../model.ts'
import { addressField, communityField, fields, largeCommunityField, list, whole } from './fields.ts'

/** Communities one path may be given: far more than neighbors accept, far less than an UPDATE holds (RFC 4271: 4096 octets). */
const communitiesAtMost = 64

export const attributesField = fields({
  prepend: z
    .literal([0, 1, 2, 3], { error: 'write 0, 1, 2 or 3: how often our AS is prepended' })
    .exactOptional()
    .meta({ description: 'How often our own AS is prepended, 0 to 3 times' }),
  origin: z
    .enum(['igp', 'egp', 'incomplete'], { error: 'write igp, egp or incomplete' })
    .exactOptional()
    .meta({ description: 'ORIGIN of the path; default igp' }),
  med: whole(0, 4294967295, 'MULTI_EXIT_DISC, 0 to 4294967295; lower is better').exactOptional(),
  localPref: whole(0, 4294967295, 'LOCAL_PREF, 1000 to 1999; higher is better; stays inside our AS').exactOptional(),
  communities: list(communityField, communitiesAtMost, 'Communities added').exactOptional(),
  largeCommunities: list(largeCommunityField, communitiesAtMost, 'Large communities added').exactOptional(),
  nextHop: addressField.exactOptional(),
  announce: z.boolean().exactOptional().meta({ description: 'false: not announced here, without forgetting where' }),
  gracefulShutdown: z.boolean().exactOptional().meta({ description: 'true: marked GRACEFUL_SHUTDOWN (RFC 8326)' }),
}).transform(canonicalAttributes)

/** Communities sorted, empty lists left out: equal words, equal text. */
function canonicalAttributes({ communities, largeCommunities, ...rest }: SiteAttributes): SiteAttributes {
  return {
    ...rest,
    ...(communities?.length && { communities: sorted(communities) }),
    ...(largeCommunities?.length && { largeCommunities: sorted(largeCommunities) }),
  }
}
