/** GoBGP 3 (tested with 3.36): package `apipb`, NLRI in a google.protobuf.Any, enums count from 0. */
import { type Codec, ipAddressPrefix } from './codec.ts'
import type { WireReader } from './wire.ts'

export const codecV3: Codec = {
  api: 'gobgp-v3',
  proto: 'v3/gobgp.proto',
  service: 'apipb.GobgpApi',
  tableType: { global: 0, adjOut: 3 },
  exactLookup: 0,
  longerLookup: 1,
  watchBest: 0,
  watchAdjIn: 1,
  adminUp: 0,
  definedType: { neighbor: 1, largeCommunity: 6 },
  matchAny: 0,
  communityAction: { add: 0, remove: 1 },
  medReplace: 1,
  anyRpkiResult: -1,
  watchedPrefix(nlri: WireReader) {
    let type = ''
    while (nlri.next())
      if (nlri.field === 1) type = nlri.text()
      else if (nlri.field === 2 && type.endsWith('.IPAddressPrefix')) return ipAddressPrefix(nlri.message())
      else nlri.skip()
    return undefined
  },
}
