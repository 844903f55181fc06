/** GoBGP 4 (tested with 4.8): package `api`, NLRI in a oneof, most enums start with an UNSPECIFIED 0. */
import { type Codec, ipAddressPrefix } from './codec.ts'
import type { WireReader } from './wire.ts'

export const codecV4: Codec = {
  api: 'gobgp-v4',
  proto: 'v4/gobgp.proto',
  service: 'api.GoBgpService',
  tableType: { global: 1, adjOut: 4 },
  exactLookup: 1,
  longerLookup: 2,
  watchBest: 1,
  watchAdjIn: 2,
  adminUp: 1,
  definedType: { neighbor: 2, largeCommunity: 7 },
  matchAny: 1,
  communityAction: { add: 1, remove: 2 },
  medReplace: 2,
  anyRpkiResult: 0,
  watchedPrefix(nlri: WireReader) {
    while (nlri.next())
      if (nlri.field === 1) return ipAddressPrefix(nlri.message())
      else nlri.skip()
    return undefined
  },
}
