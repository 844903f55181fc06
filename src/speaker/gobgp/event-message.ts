/** What a WatchEventResponse names: prefixes that changed, a neighbor's state. Nothing else of it is read. */
import type { Address } from '../../bgp/address.ts'
import type { EventQueue } from '../event-queue.ts'
import { type Codec, peerEvent, sessionStates } from './codec.ts'
import { WireReader } from './wire.ts'

/** Field numbers, the same in both versions. */
const eventField = { peer: 2, table: 3 } as const
const tableEventPaths = 2
const pathNlri = 1
const peerEventField = { type: 1, peer: 2 } as const
const peerState = 5
const peerStateField = { neighborAddress: 5, sessionState: 13 } as const

/** Notes what the event names; true where it ends the dump of peers that a stream begins with. */
export function readEvent(codec: Codec, response: Buffer, into: EventQueue): boolean {
  let endOfInit = false
  const event = new WireReader(response)
  while (event.next())
    if (event.field === eventField.table) readTable(codec, event.message(), into)
    else if (event.field === eventField.peer) endOfInit = readPeer(event.message(), into)
    else event.skip()
  return endOfInit
}

function readTable(codec: Codec, table: WireReader, into: EventQueue): void {
  while (table.next()) {
    if (table.field !== tableEventPaths) {
      table.skip()
      continue
    }
    const path = table.message()
    while (path.next()) {
      if (path.field !== pathNlri) {
        path.skip()
        continue
      }
      const prefix = codec.watchedPrefix(path.message())
      if (prefix !== undefined) into.route(prefix)
    }
  }
}

function readPeer(event: WireReader, into: EventQueue): boolean {
  let type = 0
  let address = ''
  let session = 0
  while (event.next())
    if (event.field === peerEventField.type) type = event.varint()
    else if (event.field === peerEventField.peer) {
      const peer = event.message()
      while (peer.next()) {
        if (peer.field !== peerState) {
          peer.skip()
          continue
        }
        const state = peer.message()
        while (state.next())
          if (state.field === peerStateField.neighborAddress) address = state.text()
          else if (state.field === peerStateField.sessionState) session = state.varint()
          else state.skip()
      }
    } else event.skip()
  const word = sessionStates[session]
  if (type === peerEvent.state && word !== undefined && address !== '') into.neighbor(address as Address, word)
  return type === peerEvent.endOfInit
}
