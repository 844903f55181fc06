/**
 * A speaker that announced before Herald came: nothing it says is silenced, and what is adopted stays the same for its
 * neighbor, a BIRD router that logs every change of its table.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ProofView } from '../../../src/api/wire/revision.ts'
import type { AdoptionView } from '../../../src/api/wire/speaker.ts'
import { type Bird, startBird } from '../../support/bird.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, freePort, loopbackAddress, startGobgpd, neighborTable } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'

const withinMs = 20_000
const inherited = ['10.1.0.0/24', '10.2.0.0/24']
/** In no pool. */
const stranger = '192.168.7.0/24'

let bird: Bird
let daemon: Gobgpd
let controller: Controller

beforeAll(async () => {
  const address = loopbackAddress()
  const port = await freePort(address)
  bird = await startBird(64496, () => [{ name: 's0', address, port, asn: networkAsn }])
  const neighbor = neighborTable(bird, address)
  daemon = await startGobgpd({ asn: networkAsn, address, bgpPort: port, routerId: '192.0.2.1', config: neighbor })
  for (const prefix of inherited) await daemon.cli('global', 'rib', 'add', prefix, 'nexthop', '192.0.2.77', 'med', '7')
  await daemon.cli('global', 'rib', 'add', stranger, 'nexthop', '192.0.2.77')
  await eventually(withinMs, async () => expect((await bird.routes()).size).toBe(3))
  controller = await startController()
  const [network, ...rest] = networkDocuments([{ id: 's0', endpoint: daemon.endpoint }])
  if (network === undefined) throw new Error('no network')
  await controller.apply([
    network,
    ...rest,
    {
      kind: 'Neighbor',
      name: 'transit',
      spec: { speaker: 's0', address: bird.address, asn: bird.asn, kind: 'transit' },
    },
  ])
}, 60_000)

afterAll(async () => {
  await controller?.stop()
  await daemon?.stop()
  await bird?.stop()
})

it('keeps what another program announces, says so, and holds what is published there meanwhile', async () => {
  const { revision } = await controller.expect<{ revision: number }>('POST', '/v1/prefixes/publish', {
    prefix: '203.0.113.0/24',
    at: ['all'],
    reason: 'first one of ours',
  })
  await eventually(withinMs, async () => {
    const proof = await controller.expect<ProofView>('GET', `/v1/revisions/${revision}/proof`)
    expect(proof.held.join()).toContain(`apply a Pool that has ${stranger}`)
    expect(proof.held.join()).toContain('herald adopt s0 --all')
    const speaker = await controller.expect<{ problem: string }>('GET', '/v1/speakers/s0')
    expect(speaker.problem).toContain('10.1.0.0/24')
  })
  expect(await bird.routes()).toEqual(atS0(...inherited, stranger))
})

it('is done at once with the withdrawal of what never came there', async () => {
  const { revision } = await controller.expect<{ revision: number }>('POST', '/v1/prefixes/withdraw', {
    prefix: '203.0.113.0/24',
    everywhere: true,
    reason: 'not yet',
    force: true,
  })
  const proof = await controller.expect<ProofView>('GET', `/v1/revisions/${revision}/proof?wait=10`)
  expect(proof).toMatchObject({ state: 'done', held: [] })
  await controller.expect('POST', '/v1/prefixes/publish', { prefix: '203.0.113.0/24', at: ['all'], reason: 'now' })
})

it('adopts what lies in a pool, names what does not, and leaves the neighbor what it has', async () => {
  const adoption = await controller.expect<AdoptionView>('POST', '/v1/speakers/s0/adopt', {
    all: true,
    reason: 'what is ours',
  })
  expect(adoption.adopted).toEqual(inherited)
  expect(adoption.left).toEqual([{ prefix: stranger, why: expect.stringContaining('no Pool has it') }])
  await eventually(withinMs, async () => {
    const speaker = await controller.expect<{ problem: string }>('GET', '/v1/speakers/s0')
    expect(speaker.problem).toMatch(/another program announces 192\.168\.7\.0\/24 there/)
  })
  expect(await bird.routes()).toEqual(atS0(...inherited, stranger))
  const pool = { kind: 'Pool', name: 'inherited', spec: { prefixes: ['192.168.0.0/16'] } } as const
  await controller.expect('POST', '/v1/apply', { documents: [pool], reason: 'ours as well' })
})

it('adopts without any change at the neighbor, and then announces what waited', async () => {
  const before = await bird.attributes('10.1.0.0/24')
  await controller.expect('POST', '/v1/speakers/s0/adopt', { all: true, reason: 'Herald takes over' })
  await eventually(withinMs, async () =>
    expect(await bird.routes()).toEqual(atS0(...inherited, stranger, '203.0.113.0/24')),
  )
  await eventually(withinMs, async () => expect(await ours(daemon)).toEqual(4))
  expect(await bird.attributes('10.1.0.0/24')).toEqual(before)
  expect(await bird.removed()).toEqual([])
})

it('says the same to the neighbor after a reset of the session', async () => {
  await daemon.cli('neighbor', bird.address, 'softresetout')
  await eventually(withinMs, async () => expect((await bird.routes()).size).toBe(4))
  expect(await bird.removed()).toEqual([])
})

function atS0(...prefixes: readonly string[]): ReadonlySet<string> {
  return new Set(prefixes.map((prefix) => `s0 ${prefix}`))
}

/** Paths in the RIB with an ownership mark. */
async function ours({ cli }: Gobgpd): Promise<number> {
  return [...(await cli('global', 'rib')).matchAll(new RegExp(`${networkAsn}:0:`, 'g'))].length
}
