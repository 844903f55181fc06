/** An agent that hears of no controller: what it withdraws, what it never touches, and that it does so once. */
import pino from 'pino'
import { beforeEach, describe, expect, test } from 'vitest'
import { LeaseKeeper } from '../../../src/agent/lease-keeper.ts'
import type { Address } from '../../../src/bgp/address.ts'
import type { Asn } from '../../../src/bgp/asn.ts'
import { mark } from '../../../src/bgp/mark.ts'
import { type AttributesKey, attributesKey } from '../../../src/bgp/path.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { type MemorySpeaker, createMemorySpeaker } from '../../../src/speaker/memory.ts'

const asn = 64500 as Asn
const owner = { asn, epoch: 7 }
const options = { deadlineMs: 1000 }
const signal = new AbortController().signal
const [leased, kept] = ['203.0.113.0/24', '198.51.100.0/24'] as Prefix[] as [Prefix, Prefix]
const neighbor = '192.0.2.9' as Address

let speaker: MemorySpeaker
let keeper: LeaseKeeper
let nowMs: number

beforeEach(() => {
  nowMs = 1_000_000
  speaker = createMemorySpeaker({ asn })
  keeper = new LeaseKeeper({ speaker, logger: pino({ level: 'silent' }), clock: () => nowMs })
  keeper.configure({ leases: [{ prefix: leased, afterMs: 10_000 }], owner })
})

/** Looks every quarter of a second, as it does when it runs. */
async function pass(ms: number): Promise<void> {
  for (const endMs = nowMs + ms; nowMs < endMs;) {
    nowMs += 250
    await keeper.look(signal)
  }
}

const announce = (prefix: Prefix, attributes = by(7)) =>
  speaker.announce([{ prefix, identifier: 0, attributes }], options)
const rib = async () => (await speaker.rib('all', options)).map(({ prefix }) => prefix)

function by(epoch: number | undefined): AttributesKey {
  return attributesKey({
    origin: 'igp',
    nextHop: '192.0.2.1' as Address,
    localPref: 1000,
    asPath: [],
    communities: [],
    largeCommunities: epoch === undefined ? [] : [mark(asn, 'owned', epoch)],
  })
}

describe('an agent without a controller', () => {
  test('withdraws what has a lease when it has ended, and nothing else', async () => {
    await announce(leased)
    await announce(kept)
    keeper.heard()
    await pass(9750)
    expect(await rib()).toEqual(expect.arrayContaining([leased, kept]))
    await pass(500)
    expect(await rib()).toEqual([kept])
  })

  test('that never heard one withdraws nothing', async () => {
    await announce(leased)
    await pass(60_000)
    expect(await rib()).toEqual([leased])
  })

  test('leaves alone what another program, another store of Herald, or a neighbor said', async () => {
    await announce(leased, by(undefined))
    keeper.heard()
    await pass(20_000)
    expect(await rib()).toEqual([leased])
    await announce(leased, by(8))
    keeper.heard()
    await pass(20_000)
    expect(await rib()).toEqual([leased])
    await speaker.withdraw([{ prefix: leased, identifier: 0 }], options)
    await speaker.addNeighbor(neighborConfig, options)
    speaker.learn(neighbor, leased, by(7))
    keeper.heard()
    await pass(20_000)
    expect(await rib()).toEqual([leased])
  })

  test('withdraws once: what somebody puts back stays, until the controller was heard and is lost again', async () => {
    await announce(leased)
    keeper.heard()
    await pass(11_000)
    expect(await rib()).toEqual([])
    await announce(leased)
    await pass(60_000)
    expect(await rib()).toEqual([leased])
    keeper.heard()
    await pass(9000)
    expect(await rib()).toEqual([leased])
    await pass(2000)
    expect(await rib()).toEqual([])
  })

  test('gets its whole time anew when it was asleep itself', async () => {
    await announce(leased)
    keeper.heard()
    await pass(5000)
    nowMs += 3_600_000
    await pass(3000)
    expect(await rib()).toEqual([leased])
    await pass(2000)
    expect(await rib()).toEqual([])
  })

  test('tries again where the speaker does not answer', async () => {
    await announce(leased)
    keeper.heard()
    speaker.setReach('unreachable')
    await pass(20_000)
    speaker.setReach('up')
    expect(await rib()).toEqual([leased])
    await pass(250)
    expect(await rib()).toEqual([])
  })

  test('withdraws nothing once the controller has said that there is no lease', async () => {
    await announce(leased)
    keeper.heard()
    keeper.configure({ leases: [], owner: undefined })
    await pass(60_000)
    expect(await rib()).toEqual([leased])
  })
})

const neighborConfig = {
  address: neighbor,
  asn: 64496 as Asn,
  passive: true,
  families: ['ipv4'],
  holdTimeSeconds: 90,
  keepaliveSeconds: 30,
  connectRetrySeconds: 1,
  gracefulRestartSeconds: 0,
  restarting: false,
} as const
