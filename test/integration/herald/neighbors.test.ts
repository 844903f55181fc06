/** Neighbors that Herald manages follow their documents; those of gobgpd's own file are never touched. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ProofView } from '../../../src/api/wire/revision.ts'
import { type Bird, startBird } from '../../support/bird.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, freePort, loopbackAddress, startGobgpd, neighborTable } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'

const withinMs = 20_000
const prefix = '203.0.113.0/24'

let own: Bird
let managed: Bird
let daemon: Gobgpd
let controller: Controller
let documents: ReturnType<typeof networkDocuments>

beforeAll(async () => {
  const address = loopbackAddress()
  const port = await freePort(address)
  const session = { name: 's0', address, port, asn: networkAsn }
  own = await startBird(64496, () => [session])
  managed = await startBird(64497, () => [session])
  const config = neighborTable(own, address)
  daemon = await startGobgpd({ asn: networkAsn, address, bgpPort: port, routerId: '192.0.2.1', config })
  controller = await startController()
  documents = networkDocuments(
    [{ id: 's0', endpoint: daemon.endpoint }],
    [
      {
        id: 'managed',
        speaker: 's0',
        address: managed.address,
        asn: managed.asn,
        localAddress: address,
        remotePort: managed.port,
      },
    ],
  )
  await controller.apply([...documents, { kind: 'Prefix', name: prefix, spec: { at: ['all'] } }])
}, 60_000)

afterAll(async () => {
  await controller?.stop()
  await daemon?.stop()
  await own?.stop()
  await managed?.stop()
})

it('adds the neighbor of a document, and both neighbors hear the prefix', async () => {
  await eventually(withinMs, async () => expect(await managed.routes()).toEqual(new Set([`s0 ${prefix}`])))
  expect(await holdTimeOf(managed)).toBe(90)
})

it('adds it again as its document says now', async () => {
  const changed = documents.map((document) =>
    document.kind === 'Neighbor'
      ? {
          ...document,
          spec: {
            ...(document.spec as { session: object }),
            session: { ...sessionOf(document.spec), holdTimeSeconds: 30 },
          },
        }
      : document,
  )
  await controller.apply(changed)
  await eventually(withinMs, async () => {
    expect(await holdTimeOf(managed)).toBe(30)
    expect(await managed.routes()).toEqual(new Set([`s0 ${prefix}`]))
  })
})

it('deletes it when its document is deleted, and leaves the daemon’s own neighbor alone', async () => {
  await controller.expect('DELETE', '/v1/documents/Neighbor/managed?reason=contract%20ended')
  await eventually(withinMs, async () => {
    expect(await daemon.cli('neighbor')).not.toContain(managed.address)
  })
  expect(await daemon.cli('neighbor')).toContain(own.address)
})

it('holds a revision while a neighbor is not sent what was announced, and is done once it is', async () => {
  // gobgpd's own file gives this neighbor IPv4 alone; its document claims more.
  const claimed = (families: readonly string[]) => ({
    kind: 'Neighbor' as const,
    name: 'own',
    spec: { speaker: 's0', address: own.address, asn: own.asn, kind: 'transit', managed: false, families },
  })
  const v6 = '2001:db8:100::/48'
  const { revision } = await controller.apply([
    claimed(['ipv4', 'ipv6']),
    { kind: 'Prefix', name: v6, spec: { at: ['all'] } },
  ])
  const proof = () => controller.expect<ProofView>('GET', `/v1/revisions/${revision}/proof`)
  await eventually(withinMs, async () =>
    expect(await proof()).toMatchObject({ state: 'held', held: [expect.stringContaining(`own is not sent ${v6}`)] }),
  )
  await controller.apply([claimed(['ipv4'])])
  await eventually(withinMs, async () => expect((await proof()).state).toMatch(/done|superseded/))
  await eventually(withinMs, async () => {
    const { held } = await controller.expect<{ held: unknown[] }>('GET', '/v1/plan')
    expect(held).toEqual([])
  })
})

it('withdraws what a speaker announced when its document is deleted, then forgets the speaker', async () => {
  await controller.expect('DELETE', '/v1/documents/Neighbor/own?reason=moving%20out')
  await controller.expect('DELETE', '/v1/documents/Speaker/s0?reason=moving%20out&force=true')
  await eventually(withinMs, async () => {
    expect(await daemon.cli('global', 'rib')).toContain('Network not in table')
    const forgotten = await controller.request('POST', '/v1/speakers/s0/forget', { reason: 'moved out' })
    expect(forgotten.status).toBe(404)
  })
})

async function holdTimeOf(bird: Bird): Promise<number> {
  const [, configured] = /Configured hold time is (\d+)/i.exec(await daemon.cli('neighbor', bird.address)) ?? []
  const [, negotiated] = /hold time is (\d+)/i.exec(await daemon.cli('neighbor', bird.address)) ?? []
  return Number(configured ?? negotiated)
}

function sessionOf(spec: unknown): object {
  return (spec as { readonly session: object }).session
}
