/**
 * Steering on a real daemon: two BIRD neighbors offer one destination, and the best path of the global RIB follows the
 * preference. What is not offered is not steered, whatever happens; no steering route ever reaches a neighbor.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExplanationView } from '../../../src/api/wire/explanation.ts'
import { attributesOf } from '../../../src/bgp/path.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import type { SpeakerId } from '../../../src/intent/model.ts'
import type { Document } from '../../../src/intent/document.ts'
import { connectGobgp } from '../../../src/speaker/gobgp/connect.ts'
import type { RibPath, Speaker } from '../../../src/speaker/speaker.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import { type Bird, startBird } from '../../support/bird.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, freePort, gobgpVersions, loopbackAddress, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { openTestStore } from '../../support/store.ts'

const withinMs = 25_000
const destination = '198.51.100.0/24' as Prefix
const service = '203.0.113.0/24' as Prefix
const s0 = 's0' as SpeakerId

describe.each(gobgpVersions)('on gobgpd of %s', (version) => {
  let redis: TestRedis
  let store: OpenStore
  let controller: Controller
  let daemon: Gobgpd
  let speaker: Speaker
  let bb1: Bird
  let bb2: Bird
  let external: Bird
  let internal: Bird

  beforeAll(async () => {
    const address = loopbackAddress()
    const port = await freePort(address)
    const session = [{ name: 's0', address, port, asn: networkAsn }]
    bb1 = await startBird(64511, () => session, [destination])
    bb2 = await startBird(64510, () => session, [destination])
    external = await startBird(64509, () => session)
    internal = await startBird(networkAsn, () => session)
    redis = await startRedis()
    daemon = await startGobgpd({ version, asn: networkAsn, address, bgpPort: port, routerId: '192.0.2.1' })
    speaker = connectGobgp({ endpoint: daemon.endpoint })
    controller = await startController({ redis: redis.url })
    store = await openTestStore(redis.url, 'herald')
    await controller.apply(documentsOf(address))
    await eventually(withinMs, async () => expect(await offering()).toEqual([bb1.address, bb2.address].toSorted()))
    await eventually(withinMs, async () => expect(await external.routes()).toEqual(new Set([`s0 ${service}`])))
  }, 90_000)

  afterAll(async () => {
    speaker?.close()
    await store?.close()
    await controller?.stop()
    await Promise.all([daemon, bb1, bb2, external, internal].map((one) => one?.stop()))
    await redis?.stop()
  }, 30_000)

  test('the best path follows what is preferred, from one neighbor to the other', async () => {
    for (const [path, bird] of [
      ['bb2', bb2],
      ['bb1', bb1],
      ['bb2', bb2],
    ] as const) {
      await prefer(path)
      await eventually(withinMs, async () => {
        expect((await bestPath())?.learnedFrom).toBeUndefined()
        expect(await steeredTo()).toBe(bird.address)
      })
    }
  })

  test('an offer that goes takes its steering route along within a second, and brings it back', async () => {
    await eventually(withinMs, async () => expect(await steeredTo()).toBe(bb2.address))
    await bb2.retract(destination)
    const retracted = performance.now()
    await eventually(5000, async () => expect((await bestPath())?.learnedFrom).toBe(bb1.address))
    const goneMs = performance.now() - retracted
    console.log(`${version}: offer withdrawn → steering route gone after ${Math.round(goneMs)} ms`)
    expect(goneMs).toBeLessThan(1000)
    await eventually(withinMs, async () => expect((await heldReasons())[0]).toBe('not-offered'))
    const { sentences } = await controller.expect<ExplanationView>('GET', `/v1/explain?prefix=${destination}`)
    expect(sentences.join(' ')).toMatch(/to be steered over bb2: a person prefers bb2 .* Held \(not-offered\)/)
    await bb2.offer(destination)
    await eventually(withinMs, async () => expect(await steeredTo()).toBe(bb2.address))
  })

  test('a neighbor whose session goes takes its steering route along', async () => {
    await daemon.cli('neighbor', bb2.address, 'disable')
    const down = performance.now()
    await eventually(5000, async () => expect((await bestPath())?.learnedFrom).toBe(bb1.address))
    console.log(`${version}: session down → steering route gone after ${Math.round(performance.now() - down)} ms`)
    await daemon.cli('neighbor', bb2.address, 'enable')
    await eventually(withinMs, async () => expect(await steeredTo()).toBe(bb2.address))
  }, 60_000)

  test('a daemon that is killed comes back without it, and has it again once it is offered', async () => {
    await bb2.retract(destination)
    await eventually(withinMs, async () => expect((await bestPath())?.learnedFrom).toBe(bb1.address))
    await bb2.offer(destination)
    await eventually(withinMs, async () => expect(await steeredTo()).toBe(bb2.address))
    const invented: string[] = []
    const watching = watchForInventions(invented)
    await daemon.restart()
    await eventually(withinMs, async () => expect(await steeredTo()).toBe(bb2.address))
    await watching.stop()
    expect(invented).toEqual([])
  }, 60_000)

  test('it never left: neither to the external nor to the internal neighbor, nor to those who offer it', async () => {
    expect(await steeredTo()).toBe(bb2.address)
    for (const bird of [external, internal, bb1, bb2]) {
      await eventually(withinMs, async () => expect(await bird.routes()).toContain(`s0 ${service}`))
      expect(await bird.routes()).not.toContain(`s0 ${destination}`)
      expect(await bird.removed()).not.toContain(`s0 ${destination}`)
      const sent = await speaker.adjOut(bird.address as never, 'all', { deadlineMs: 3000 })
      expect(sent.map(({ prefix }) => prefix)).toEqual([service])
    }
  })

  test('what a person prefers for a while ends by itself, and what is preferred after it counts', async () => {
    await prefer('bb1', 3)
    await eventually(withinMs, async () => expect(await steeredTo()).toBe(bb1.address))
    await eventually(withinMs, async () => expect(await steeredTo()).toBeUndefined())
    await prefer('bb2')
    await eventually(withinMs, async () => expect(await steeredTo()).toBe(bb2.address))
  })

  test('it goes with its preference, and nothing is left of it', async () => {
    await prefer(null)
    await eventually(withinMs, async () => {
      expect((await paths()).every(({ learnedFrom }) => learnedFrom !== undefined)).toBe(true)
      expect(await store.targets.of(s0, [destination])).toEqual([])
    })
    expect((await store.observations.offers(s0)).get(destination)).toHaveLength(2)
  })

  function documentsOf(address: string): readonly Document[] {
    const neighbors = Object.entries({ bb1, bb2, external, internal }).map(([id, bird]) => ({
      id,
      speaker: 's0',
      address: bird.address,
      asn: bird.asn,
      localAddress: address,
      remotePort: bird.port,
    }))
    const documents = networkDocuments([{ id: 's0', endpoint: daemon.endpoint }], neighbors).map((document) => {
      if (document.name !== 'internal') return document
      const { session, ...spec } = document.spec as { readonly session: { readonly ebgpMultihop: number } }
      const { ebgpMultihop: _, ...rest } = session
      return { ...document, spec: { ...spec, kind: 'internal', session: rest } }
    })
    const paths = { bb1: { neighbor: 'bb1' }, bb2: { neighbor: 'bb2' } }
    return [
      ...documents,
      { kind: 'Prefix', name: service, spec: { at: ['all'] } },
      { kind: 'PathGroup', name: 'origin', spec: { destinations: [destination], paths, mode: 'auto' } },
    ]
  }

  async function prefer(path: string | null, forSeconds?: number): Promise<void> {
    const said = { group: 'origin', pop: 'pop-s0', path, reason: 'it is faster' }
    await controller.expect('POST', '/v1/preferences', { ...said, ...(forSeconds !== undefined && { forSeconds }) })
  }

  async function paths(): Promise<readonly RibPath[]> {
    return speaker.rib([destination], { deadlineMs: 3000 })
  }

  async function bestPath(): Promise<RibPath | undefined> {
    return (await paths()).find(({ best }) => best)
  }

  /** Next hop of the best path, where that is a steering route. */
  async function steeredTo(): Promise<string | undefined> {
    const best = await bestPath()
    return best && attributesOf(best.attributes).localPref === 500 ? nextHopOf(best) : undefined
  }

  async function offering(): Promise<readonly string[]> {
    return (await paths()).flatMap(({ learnedFrom }) => learnedFrom ?? []).toSorted()
  }

  async function heldReasons(): Promise<readonly string[]> {
    const { held } = await controller.expect<{ held: readonly { readonly reason: string }[] }>('GET', '/v1/plan')
    return held.map(({ reason }) => reason)
  }

  /** Looks again and again for a local path of the destination beside which no neighbor offers it. */
  function watchForInventions(into: string[]): { stop(): Promise<void> } {
    const stop = new AbortController()
    const done = (async () => {
      while (!stop.signal.aborted) {
        const found = await paths().catch(() => [])
        const local = found.find(({ learnedFrom }) => learnedFrom === undefined)
        if (local !== undefined && !found.some(({ learnedFrom }) => learnedFrom === nextHopOf(local)))
          into.push(`${nextHopOf(local)} at ${Date.now()}`)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    })()
    return {
      async stop() {
        stop.abort()
        await done
      },
    }
  }
})

function nextHopOf(path: RibPath | undefined): string | undefined {
  return path && attributesOf(path.attributes).nextHop
}
