/**
 * The whole controller as a process of its own, real gobgpd 4.8 and 3.36: what is altered behind Herald's back heals,
 * what is not Herald's is left alone, and what cannot be known moves nothing.
 */
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Address } from '../../../src/bgp/address.ts'
import { mark } from '../../../src/bgp/mark.ts'
import { must } from '../../../src/bgp/parsed.ts'
import { type AttributesKey, attributesKey, attributesOf } from '../../../src/bgp/path.ts'
import { parseAsn } from '../../../src/bgp/asn.ts'
import { type Prefix, parsePrefix } from '../../../src/bgp/prefix.ts'
import type { ProofView } from '../../../src/api/wire/revision.ts'
import { connectGobgp } from '../../../src/speaker/gobgp/connect.ts'
import type { Speaker } from '../../../src/speaker/speaker.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'

const v4 = prefixOf('203.0.113.0/24')
const v6 = prefixOf('2001:db8:1::/48')
const foreign = prefixOf('10.9.9.0/24')
const options = { deadlineMs: 3000 }
const healWithinMs = 15_000

let redis: TestRedis
let controller: Controller
let daemons: readonly Gobgpd[]
let speakers: readonly Speaker[]

beforeAll(async () => {
  redis = await startRedis()
  daemons = await Promise.all(
    (['forky', 'trixie', 'forky'] as const).map((version) => startGobgpd({ version, asn: networkAsn })),
  )
  speakers = daemons.map(({ endpoint }) => connectGobgp({ endpoint }))
  controller = await startController({ redis: redis.url })
  await controller.apply(networkDocuments(daemons.map(({ endpoint }, i) => ({ id: `s${i}`, endpoint }))))
  await publish({ prefix: v4, at: ['all'], attributes: { med: 10 } })
  await publish({ prefix: v6, at: ['all'] })
}, 60_000)

afterAll(async () => {
  for (const speaker of speakers ?? []) speaker.close()
  await controller?.stop()
  await Promise.all((daemons ?? []).map((daemon) => daemon.stop()))
  await redis?.stop()
}, 30_000)

describe('a route that somebody changed at the speaker', () => {
  it('is announced again when it was deleted by hand', async () => {
    await speaker(0).withdraw([{ prefix: v4, identifier: 0 }], options)
    await eventually(healWithinMs, async () => expect(await rib(0)).toEqual([v6, v4]))
  })

  it('gets its attributes back when they were altered by hand', async () => {
    const [before] = await speaker(1).rib([v4], options)
    const altered = { ...attributesOf(before?.attributes as AttributesKey), med: 666 }
    await speaker(1).announce([{ prefix: v4, identifier: 0, attributes: attributesKey(altered) }], options)
    await eventually(healWithinMs, async () => {
      const [after] = await speaker(1).rib([v4], options)
      expect(after?.attributes).toBe(before?.attributes)
    })
  })

  it('stays as it is while automation is frozen, and heals when it is not', async () => {
    await controller.expect('POST', '/v1/freeze', { reason: 'we look at something' })
    await speaker(0).withdraw([{ prefix: v6, identifier: 0 }], options)
    await eventually(healWithinMs, async () => {
      const { held } = await controller.expect<{ held: readonly { reason: string }[] }>('GET', '/v1/plan')
      expect(held.map(({ reason }) => reason)).toContain('frozen')
    })
    expect(await rib(0)).toEqual([v4])
    await controller.expect('POST', '/v1/unfreeze', { reason: 'seen enough' })
    await eventually(healWithinMs, async () => expect(await rib(0)).toEqual([v6, v4]))
  })
})

describe('a daemon', () => {
  it.each([0, 1])('that was killed and came back empty has everything again (speaker %i)', async (i) => {
    await daemons[i]?.kill()
    await daemons[i]?.restart()
    await eventually(healWithinMs, async () => expect(await rib(i)).toEqual([v6, v4]))
  })

  it('that hangs is unknown, holds up nobody else, and is made right when it answers again', async () => {
    daemons[2]?.pause()
    try {
      const revision = await change({ prefix: v4, at: ['all'], attributes: { med: 20 } })
      await eventually(healWithinMs, async () => {
        expect(await med(0)).toBe(20)
        expect(await med(1)).toBe(20)
        const { state } = await controller.expect<ProofView>('GET', `/v1/revisions/${revision}/proof`)
        expect(state).toBe('held')
      })
    } finally {
      daemons[2]?.resume()
    }
    await eventually(healWithinMs, async () => expect(await med(2)).toBe(20))
  })

  it('that is down when a prefix moves away from it keeps nothing of it when it is back', async () => {
    await daemons[1]?.kill()
    await change({ prefix: v6, at: ['pop-s0', 'pop-s2'], only: true })
    await daemons[1]?.restart()
    await eventually(healWithinMs, async () => expect(await rib(1)).toEqual([v4]))
    await publish({ prefix: v6, at: ['all'], only: true })
  })
})

describe('a path that is not Herald’s', () => {
  it('is counted, reported and never touched', async () => {
    await daemons[0]?.cli('global', 'rib', 'add', foreign, 'nexthop', '192.0.2.77')
    await eventually(healWithinMs, async () => {
      const { foreign: count } = await controller.expect<{ foreign: number }>('GET', '/v1/speakers/s0')
      expect(count).toBe(1)
    })
    expect(await rib(0)).toEqual([foreign, v6, v4])
  })

  it('holds up the announcement of the same prefix until it is adopted, and adopting changes nothing', async () => {
    const revision = await change({ prefix: foreign, at: ['pop-s0'] })
    await eventually(healWithinMs, async () => {
      const proof = await controller.expect<ProofView>('GET', `/v1/revisions/${revision}/proof`)
      expect(proof.state).toBe('held')
      expect(proof.held.join()).toContain('adopt')
    })
    expect(attributesOf((await speaker(0).rib([foreign], options))[0]?.attributes as AttributesKey).nextHop).toBe(
      '192.0.2.77',
    )
    await controller.expect('POST', '/v1/speakers/s0/adopt', { prefixes: [foreign], reason: 'it is ours now' })
    await eventually(healWithinMs, async () => {
      const [path] = await speaker(0).rib([foreign], options)
      const { nextHop, largeCommunities } = attributesOf(path?.attributes as AttributesKey)
      expect(nextHop).toBe('192.0.2.77')
      expect(largeCommunities.some((community) => community.startsWith(`${networkAsn}:0:`))).toBe(true)
    })
  })

  it('nor one of another epoch that no intent names: it is held as stray, not withdrawn', async () => {
    const stray = prefixOf('10.8.8.0/24')
    const attributes = attributesKey({
      origin: 'igp',
      asPath: [],
      nextHop: '192.0.2.1' as Address,
      communities: [],
      largeCommunities: [mark(must(parseAsn(networkAsn)), 'owned', 4_000_000_000)],
    })
    await speaker(2).announce([{ prefix: stray, identifier: 0, attributes }], options)
    await eventually(healWithinMs, async () => {
      const { held } = await controller.expect<{ held: readonly { reason: string; prefix: string }[] }>(
        'GET',
        '/v1/plan',
      )
      expect(held).toContainEqual(expect.objectContaining({ reason: 'stray', prefix: stray }))
    })
    expect(await rib(2)).toContain(stray)
  })
})

describe('a Redis that is not the one it was', () => {
  it('emptied, withdraws nothing and is not ready until an operator accepts it', async () => {
    const before = await Promise.all([rib(0), rib(1), rib(2)])
    await flush(redis.url)
    await eventually(healWithinMs, async () => expect((await controller.request('GET', '/readyz')).status).toBe(503))
    await controller.restart('alive')
    expect((await controller.request('GET', '/readyz')).status).toBe(503)
    expect(await Promise.all([rib(0), rib(1), rib(2)])).toEqual(before)
    await controller.expect('POST', '/v1/store/accept', { reason: 'we lost Redis and start over' })
    await controller.apply([
      ...networkDocuments(daemons.map(({ endpoint }, i) => ({ id: `s${i}`, endpoint }))),
      { kind: 'Prefix', name: v4, spec: { at: ['all'], attributes: { med: 20 } } },
    ])
    await eventually(healWithinMs, async () => {
      const proof = await controller.expect<ProofView>('GET', '/v1/revisions/1/proof')
      expect(proof.state).toBe('done')
    })
    expect(await Promise.all([rib(0), rib(1), rib(2)])).toEqual(before)
  })
})

async function publish(body: object): Promise<void> {
  const revision = await change(body)
  const proof = await controller.expect<ProofView>('GET', `/v1/revisions/${revision}/proof?wait=15`)
  if (proof.state !== 'done')
    await eventually(healWithinMs, async () => {
      const later = await controller.expect<ProofView>('GET', `/v1/revisions/${revision}/proof`)
      expect(later).toMatchObject({ state: 'done' })
    })
}

async function change(body: object): Promise<number> {
  const write = { reason: 'test', ...body }
  return (await controller.expect<{ revision: number }>('POST', '/v1/prefixes/publish', write)).revision
}

async function flush(url: string): Promise<void> {
  const client = new Redis(url)
  await client.flushall()
  client.disconnect()
}

function speaker(i: number): Speaker {
  const found = speakers[i]
  if (found === undefined) throw new Error(`there is no speaker ${i}`)
  return found
}

async function rib(i: number): Promise<readonly Prefix[]> {
  return (await speaker(i).rib('all', options)).map(({ prefix }) => prefix).sort()
}

async function med(i: number): Promise<number | undefined> {
  const [path] = await speaker(i).rib([v4], options)
  return path === undefined ? undefined : attributesOf(path.attributes).med
}

function prefixOf(text: string): Prefix {
  return must(parsePrefix(text))
}
