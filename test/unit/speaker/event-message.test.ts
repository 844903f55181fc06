/** Events read by hand, held against the definitions in proto/gobgp; and how they wait for a slow consumer. */
import { fileURLToPath } from 'node:url'
import { loadSync } from '@grpc/proto-loader'
import { describe, expect, test } from 'vitest'
import type { Address } from '../../../src/bgp/address.ts'
import { OperationError } from '../../../src/bgp/operation-error.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { EventQueue } from '../../../src/speaker/event-queue.ts'
import { codecV3 } from '../../../src/speaker/gobgp/codec-v3.ts'
import { codecV4 } from '../../../src/speaker/gobgp/codec-v4.ts'
import { readEvent } from '../../../src/speaker/gobgp/event-message.ts'
import type { SpeakerEvent } from '../../../src/speaker/speaker.ts'

const neighbor = '192.0.2.9' as Address

describe.each([codecV3, codecV4])('$api', (codec) => {
  const file = fileURLToPath(new URL(`../../../proto/gobgp/${codec.proto}`, import.meta.url))
  const service = loadSync(file, { keepCase: true })[codec.service] as unknown as {
    WatchEvent: { responseSerialize(message: object): Buffer }
  }
  const read = async (message: object) => {
    const queue = new EventQueue()
    const endOfInit = readEvent(codec, service.WatchEvent.responseSerialize(message), queue)
    queue.end()
    return { endOfInit, events: await drained(queue) }
  }
  const nlri = (prefix: string, prefix_len: number) => {
    if (codec === codecV4) return { prefix: { prefix, prefix_len } }
    const address = Buffer.concat([Buffer.of(8, prefix_len, 18, prefix.length), Buffer.from(prefix)])
    return { type_url: 'type.googleapis.com/apipb.IPAddressPrefix', value: address }
  }
  const peer = (state: number) => ({
    conf: { neighbor_address: neighbor, peer_asn: 64601 },
    state: { neighbor_address: neighbor, peer_asn: 64601, session_state: state },
  })

  test('a table event names the prefixes of both families, those that went as well', async () => {
    const paths = [
      { nlri: nlri('203.0.113.0', 24), best: true },
      { nlri: nlri('2001:db8::', 32), is_withdraw: true, identifier: 7 },
    ]
    const { events } = await read({ table: { paths } })
    expect(events).toEqual([{ kind: 'routes', prefixes: ['203.0.113.0/24', '2001:db8::/32'] }])
  })

  test('an empty table event and one of another family name nothing', async () => {
    const other =
      codec === codecV4 ? {} : { type_url: 'type.googleapis.com/apipb.LabeledIPAddressPrefix', value: Buffer.of(8, 24) }
    expect((await read({ table: { paths: [] } })).events).toEqual([])
    expect((await read({ table: { paths: [{ nlri: other }] } })).events).toEqual([])
  })

  test('a change of state names the neighbor', async () => {
    const { endOfInit, events } = await read({ peer: { type: 3, peer: peer(6) } })
    expect(events).toEqual([{ kind: 'neighbor', address: neighbor, state: 'established' }])
    expect(endOfInit).toBe(false)
  })

  test('the dump of neighbors at the beginning is not news; its end opens the watch', async () => {
    expect(await read({ peer: { type: 1, peer: peer(6) } })).toEqual({ endOfInit: false, events: [] })
    expect(await read({ peer: { type: 2, peer: peer(1) } })).toEqual({ endOfInit: true, events: [] })
  })
})

describe('an event queue', () => {
  const prefix = '203.0.113.0/24' as Prefix

  test('names what changed many times once, and keeps the latest state of a neighbor', async () => {
    const queue = new EventQueue()
    for (let i = 0; i < 1000; i++) queue.route(prefix)
    queue.neighbor(neighbor, 'idle')
    queue.neighbor(neighbor, 'established')
    queue.end()
    expect(await drained(queue)).toEqual([
      { kind: 'neighbor', address: neighbor, state: 'established' },
      { kind: 'routes', prefixes: [prefix] },
    ])
  })

  test('names again what changes after it was taken', async () => {
    const queue = new EventQueue()
    const taken = queue.drain()
    queue.route(prefix)
    expect((await taken.next()).value).toHaveLength(1)
    queue.route(prefix)
    expect((await taken.next()).value).toHaveLength(1)
  })

  test('hands over what is left before it throws', async () => {
    const queue = new EventQueue()
    queue.route(prefix)
    queue.end(new OperationError('speaker-unreachable', 'gone'))
    queue.end()
    const taken = queue.drain()
    expect((await taken.next()).value).toHaveLength(1)
    await expect(taken.next()).rejects.toThrow('gone')
  })

  test('what comes between the last look and the end is not lost', async () => {
    const queue = new EventQueue()
    const taken = queue.drain()
    queue.route(prefix)
    await taken.next()
    queue.route('198.51.100.0/24' as Prefix)
    queue.end()
    expect((await taken.next()).value).toEqual([{ kind: 'routes', prefixes: ['198.51.100.0/24'] }])
    expect((await taken.next()).done).toBe(true)
  })
})

async function drained(queue: EventQueue): Promise<readonly SpeakerEvent[]> {
  const events: SpeakerEvent[] = []
  for await (const batch of queue.drain()) events.push(...batch)
  return events
}
