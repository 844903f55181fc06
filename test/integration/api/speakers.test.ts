/** Speakers, neighbors and routes as the API shows them, and adoption of what another program announces. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Address } from '../../../src/bgp/address.ts'
import type { Asn } from '../../../src/bgp/asn.ts'
import { mark } from '../../../src/bgp/mark.ts'
import { type PathAttributes, attributesKey, sorted } from '../../../src/bgp/path.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import type { SpeakerId } from '../../../src/intent/model.ts'
import type { OneDocumentView } from '../../../src/api/wire/document.ts'
import type { Problem } from '../../../src/api/wire/problem.ts'
import type { AdoptionView, NeighborListView, RouteListView, SpeakerView } from '../../../src/api/wire/speaker.ts'
import { networkAsn } from '../../support/network.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { type Answer, type Stage, accept, ask, openStage, prefix, withFiveSites } from './stage.ts'

let redis: TestRedis
let stage: Stage

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  stage = await openStage(redis.url)
  await withFiveSites(stage)
})
afterEach(() => stage.close())

const soon = { deadlineMs: 1000 }

function attributes(rest: Partial<PathAttributes> = {}): PathAttributes {
  return { origin: 'igp', asPath: [], nextHop: '192.0.2.1' as Address, communities: [], largeCommunities: [], ...rest }
}

/** Another program announces at s1. */
async function foreignPath(network: string, rest: Partial<PathAttributes> = {}): Promise<void> {
  await stage
    .speaker('s1')
    .announce([{ prefix: network as Prefix, identifier: 0, attributes: attributesKey(attributes(rest)) }], soon)
}

function adopt<T = AdoptionView>(body: object, query = ''): Promise<Answer<T>> {
  return ask<T>(stage, 'POST', `/v1/speakers/s1/adopt${query}`, {
    body: { reason: 'was static', ...body },
  })
}

async function specOf(network: string): Promise<unknown> {
  return (await ask<OneDocumentView>(stage, 'GET', `/v1/documents/Prefix/${network}`)).body.document.spec
}

describe('adoption', () => {
  test('makes documents that yield the same path, with consent to take it over', async () => {
    const communities = sorted(['64500:77', '65535:65281']) as PathAttributes['communities']
    await foreignPath('203.0.113.0/24', { med: 50, communities })
    await foreignPath('10.0.0.0/24', { nextHop: '192.0.2.9' as Address, asPath: [networkAsn, networkAsn] as Asn[] })
    const { status, body } = await adopt({ all: true })
    expect(status).toBe(202)
    expect(body.adopted.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['10.0.0.0/24', '203.0.113.0/24'])
    expect(body.left).toEqual([])
    expect(await specOf('203.0.113.0/24')).toMatchObject({
      at: ['pop-s1'],
      pops: { 'pop-s1': { med: 50, communities } },
      adopt: ['s1'],
    })
    expect(await specOf('10.0.0.0/24')).toMatchObject({ pops: { 'pop-s1': { nextHop: '192.0.2.9', prepend: 2 } } })
  })

  test('as a dry run says what it would do and does nothing', async () => {
    await foreignPath('203.0.113.0/24')
    const { status, body } = await adopt({ prefixes: ['203.0.113.0/24'] }, '?dryRun=true')
    expect(status).toBe(200)
    expect(body).toMatchObject({ status: 'dry-run', adopted: ['203.0.113.0/24'] })
    expect((await stage.store.revisions.head())?.revision).toBe(1)
  })

  test('leaves alone what documents cannot say, and names why', async () => {
    await foreignPath('203.0.113.0/24')
    await foreignPath('10.0.1.0/24', { asPath: [64999 as Asn] })
    await foreignPath('10.0.2.0/24', {
      largeCommunities: [`${networkAsn}:9:9`] as unknown as PathAttributes['largeCommunities'],
    })
    const { body } = await adopt({ all: true })
    expect(body.adopted).toEqual(['203.0.113.0/24'])
    expect(body.left.toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1))).toMatchObject([
      { prefix: '10.0.1.0/24', why: expect.stringContaining('AS_PATH is 64999') },
      { prefix: '10.0.2.0/24', why: expect.stringContaining('export policy strips') },
    ])
  })

  test('refuses to begin announcing at another speaker of the same POP', async () => {
    await accept(stage, 'PUT', '/v1/documents/Speaker/s1b', {
      spec: { pop: 'pop-s1', endpoint: 's1b.example.net:50051' },
    })
    await foreignPath('203.0.113.0/24')
    const { body } = await adopt({ all: true })
    expect(body).toMatchObject({ status: 'unchanged', adopted: [], left: [{ why: /s1b.*would begin to announce/ }] })
  })

  test('leaves alone what a document says otherwise', async () => {
    await accept(stage, 'POST', '/v1/prefixes/publish', { prefix, at: ['all'], attributes: { med: 10 } })
    await foreignPath(prefix)
    const { body } = await adopt({ prefixes: [prefix] })
    expect(body.left).toMatchObject([{ prefix, why: 'MED would be 10 instead of none' }])
    expect(await specOf(prefix)).toMatchObject({ adopt: [] })
  })

  test('of a path that is not there is refused', async () => {
    const { status, body } = await adopt<Problem>({ prefixes: ['203.0.113.0/24'] })
    expect(status).toBe(404)
    expect(body.detail).toMatch(/no foreign local path of 203\.0\.113\.0\/24/)
  })

  test('leaves space that is not ours, with the way out, and takes the rest', async () => {
    await foreignPath('8.8.8.0/24')
    await foreignPath('203.0.113.0/24')
    const { status, body } = await adopt({ all: true })
    expect(status).toBe(202)
    expect(body.adopted).toEqual(['203.0.113.0/24'])
    expect(body.left).toEqual([{ prefix: '8.8.8.0/24', why: expect.stringMatching(/no Pool has it.*G7.*delete it/) }])
  })

  test('passes over what steers: that is Herald’s own, and no pool has it', async () => {
    const largeCommunities = [mark(networkAsn as Asn, 'steered', 7)] as unknown as PathAttributes['largeCommunities']
    await foreignPath('8.8.8.0/24', { largeCommunities })
    expect((await adopt({ all: true })).body).toMatchObject({ adopted: [], left: [] })
    expect((await adopt<Problem>({ prefixes: ['8.8.8.0/24'] })).status).toBe(404)
  })

  test('fails clearly where the speaker cannot be reached', async () => {
    stage.speaker('s1').setReach('unreachable')
    const { status, body } = await adopt<Problem>({ all: true })
    expect(status).toBe(503)
    expect(body.code).toBe('speaker-unreachable')
  })
})

describe('speakers', () => {
  test('that nobody has read yet are unknown, not down', async () => {
    const { body } = await ask<SpeakerView>(stage, 'GET', '/v1/speakers/s1')
    expect(body).toMatchObject({ id: 's1', pop: 'pop-s1', reach: 'unknown', problem: 'never read yet' })
  })

  test('are shown as the watcher last saw them', async () => {
    await stage.store.speakers.report('s1' as SpeakerId, {
      reach: 'up',
      sinceMs: stage.nowMs,
      api: 'gobgp-v4',
      foreign: 2,
      neighbors: [
        {
          address: '192.0.2.10' as Address,
          asn: 64601 as Asn,
          state: 'established',
          adminDown: false,
          prefixLimit: false,
          deferring: false,
          received: 1,
          accepted: 1,
          advertised: 3,
          uptimeSeconds: 60,
        },
      ],
    })
    const { body } = await ask<SpeakerView>(stage, 'GET', '/v1/speakers/s1')
    expect(body).toMatchObject({ reach: 'up', api: 'gobgp-v4', foreign: 2, neighbors: { established: 1, of: 1 } })
    const neighbors = await ask<NeighborListView>(stage, 'GET', '/v1/speakers/s1/neighbors')
    expect(neighbors.body).toMatchObject({
      live: false,
      neighbors: [{ id: 's1-isp', address: '192.0.2.10', state: 'established', advertised: 3 }],
    })
  })

  test('tell live of neighbors that no document names', async () => {
    await stage.speaker('s1').addNeighbor(
      {
        address: '192.0.2.99' as Address,
        asn: 64999 as Asn,
        passive: false,
        families: ['ipv4'],
        holdTimeSeconds: 90,
        keepaliveSeconds: 30,
        connectRetrySeconds: 10,
        gracefulRestartSeconds: 0,
        restarting: false,
      },
      soon,
    )
    const { body } = await ask<NeighborListView>(stage, 'GET', '/v1/speakers/s1/neighbors?live=true')
    expect(body.neighbors.map(({ id, address, state }) => [id, address, state])).toEqual([
      ['s1-isp', '192.0.2.10', 'unknown'],
      [undefined, '192.0.2.99', 'established'],
    ])
  })
})

describe('routes', () => {
  test('show intent where nothing was decided, and what the RIB says this moment', async () => {
    await accept(stage, 'POST', '/v1/prefixes/publish', { prefix, at: ['pop-s1', 'pop-s2'] })
    await foreignPath(prefix, { med: 7 })
    stage.speaker('s2').setReach('unreachable')
    const { body } = await ask<RouteListView>(stage, 'GET', `/v1/routes?prefix=${prefix}&live=true`)
    expect(body.routes).toHaveLength(2)
    expect(body.routes[0]).toMatchObject({
      speaker: 's1',
      pop: 'pop-s1',
      intent: { because: 'intent names pop-s1 by "pop-s1"' },
      rib: [{ best: true, attributes: { med: 7 } }],
      adjOut: [{ neighbor: 's1-isp', problem: expect.any(String) }],
    })
    expect(body.routes[0]?.target).toBeUndefined()
    expect(body.routes[1]).toMatchObject({ speaker: 's2', problem: expect.stringMatching(/reach/) })
    expect(body.routes[1]?.rib).toBeUndefined()
  })

  test('need a prefix or a speaker', async () => {
    expect((await ask(stage, 'GET', '/v1/routes')).status).toBe(400)
    expect((await ask(stage, 'GET', '/v1/routes?speaker=s1')).status).toBe(200)
    expect((await ask(stage, 'GET', '/v1/routes?speaker=s1&live=true')).status).toBe(400)
  })
})

describe('a store that was rolled back', () => {
  test('takes no writes until somebody accepts it', async () => {
    const rolledBack = await openStage(redis.url, {
      storeIdentity: {
        check: (head) => (accepted === head?.revision ? 'ok' : { problem: 'Redis was rolled back' }),
        accept: async (head) => {
          accepted = head.revision
          return undefined
        },
      },
    })
    let accepted: number | undefined
    const freeze = () => ask<Problem>(rolledBack, 'POST', '/v1/freeze', { body: { reason: 'odd' } })
    const refused = await freeze()
    expect(refused.body).toMatchObject({ status: 503, code: 'store-rolled-back', detail: 'Redis was rolled back' })
    const answer = await ask(rolledBack, 'POST', '/v1/store/accept', { body: { reason: 'restored from backup' } })
    expect(answer.body).toMatchObject({ revision: 0 })
    expect(rolledBack.wakes()).toBe(1)
    expect((await freeze()).status).not.toBe(503)
    await rolledBack.close()
  })
})
