/**
 * What differs between GoBGP's gRPC APIs 3 and 4, and nothing else: names, and the numbers of enums, most of which are
 * shifted by one in version 4. Messages are written with these numbers, so that no enum name is ever guessed.
 */
import type { Prefix } from '../../bgp/prefix.ts'
import type { WireReader } from './wire.ts'

export interface Codec {
  readonly api: 'gobgp-v3' | 'gobgp-v4'
  /** File under proto/gobgp, and the service it defines. */
  readonly proto: string
  readonly service: string
  readonly tableType: { readonly global: number; readonly adjOut: number }
  readonly exactLookup: number
  /** The prefix itself and all that is more specific. */
  readonly longerLookup: number
  readonly watchBest: number
  readonly watchAdjIn: number
  readonly adminUp: number
  readonly definedType: { readonly neighbor: number; readonly largeCommunity: number }
  readonly matchAny: number
  readonly communityAction: { readonly add: number; readonly remove: number }
  readonly medReplace: number
  /** Conditions.rpki_result that matches whatever the validation says. */
  readonly anyRpkiResult: number
  /** The prefix in the NLRI of a watched path; undefined where it is of another family. */
  watchedPrefix(nlri: WireReader): Prefix | undefined
}

/** Numbers that both versions share. */
export const sessionStates = [
  undefined,
  'idle',
  'connect',
  'active',
  'open-sent',
  'open-confirm',
  'established',
] as const
/** Version 4 alone. */
export const bfdStates = [undefined, 'up', 'down', 'admin-down', 'init'] as const
export const peerEvent = { endOfInit: 2, state: 3 } as const
export const routeAction = { none: 0, accept: 1, reject: 2 } as const
export const exportDirection = 2
export const localRoute = 3

/** The fields of an IPAddressPrefix message, the same in both versions. */
export function ipAddressPrefix(message: WireReader): Prefix | undefined {
  let address = ''
  let length = 0
  while (message.next())
    if (message.field === 1) length = message.varint()
    else if (message.field === 2) address = message.text()
    else message.skip()
  return address === '' ? undefined : (`${address}/${length}` as Prefix)
}
