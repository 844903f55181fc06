/**
 * kill -9 of anything at any moment of a 1,000-prefix change ends, with no help, in exactly the desired state, and no
 * prefix that should have stayed is withdrawn meanwhile: a BIRD router beside the speakers logs every removal.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Document } from '../../../src/intent/document.ts'
import { connectGobgp } from '../../../src/speaker/gobgp/connect.ts'
import { type Bird, startBird } from '../../support/bird.ts'
import { type Controller, type WorkerProcess, startController, startWorkerProcess } from '../../support/controller.ts'
import { type Gobgpd, freePort, loopbackAddress, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'
import { eventually } from '../../support/eventually.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'

/** HERALD_CHAOS_SEEDS=20 looks harder. */
const seedCount = Number(process.env['HERALD_CHAOS_SEEDS'] ?? 2)
const speakerCount = 3
const staying = 200
const changing = 1000
const healWithinMs = 60_000

type Victim = 'gobgpd' | 'worker' | 'controller' | 'redis'

interface Stage {
  readonly redis: TestRedis
  readonly controller: Controller
  readonly worker: WorkerProcess
  readonly daemons: readonly Gobgpd[]
  readonly bird: Bird
}

let stage: Stage

beforeAll(async () => {
  const redis = await startRedis()
  const places = await Promise.all(
    Array.from({ length: speakerCount }, async (_, i) => {
      const address = loopbackAddress()
      return { id: `s${i}`, address, bgpPort: await freePort(address) }
    }),
  )
  const daemons = await Promise.all(places.map(({ address }) => startGobgpd({ address })))
  const bird = await startBird(64496, () =>
    places.map(({ id, address, bgpPort }) => ({ name: id, address, port: bgpPort, asn: networkAsn })),
  )
  const controller = await startController({ redis: redis.url })
  const worker = await startWorkerProcess({ redis: redis.url })
  stage = { redis, controller, worker, daemons, bird }
  await controller.apply([
    ...networkDocuments(
      places.map(({ id, address, bgpPort }, i) => ({
        id,
        endpoint: daemons[i]?.endpoint ?? '',
        start: { routerId: `192.0.2.${i + 1}`, listenPort: bgpPort, listenAddresses: [address] },
      })),
      places.map(({ id, address }) => ({
        id: `${id}-transit`,
        speaker: id,
        address: bird.address,
        asn: bird.asn,
        localAddress: address,
        remotePort: bird.port,
      })),
    ),
    ...Array.from({ length: staying }, (_, i) => announcement(`10.0.${i}.0/24`)),
  ])
  await expectRoutes(everywhere(stayingPrefixes()))
}, 120_000)

afterAll(async () => {
  await stage?.controller.stop()
  await stage?.worker.stop()
  await Promise.all((stage?.daemons ?? []).map((daemon) => daemon.stop()))
  await stage?.bird.stop()
  await stage?.redis.stop()
}, 60_000)

describe('a 1,000-prefix change ends as desired, and what should stay stays,', () => {
  const seeds = Array.from({ length: seedCount }, (_, i) => i + 1)
  const victims: readonly Victim[] = ['gobgpd', 'worker', 'controller', 'redis']
  for (const seed of seeds)
    for (const victim of victims)
      it(`when ${victim} is killed in its middle (seed ${seed})`, () => killDuring(victim, seed), 150_000)
})

async function killDuring(victim: Victim, seed: number): Promise<void> {
  const random = mulberry32(seed * 7919 + victim.length * 104_729)
  const removedBefore = (await stage.bird.removed()).length
  const third = `10.${64 + seed}.`
  const changed = Array.from({ length: changing }, (_, i) => `${third}${i >> 2}.${(i & 3) * 64}/26`)
  await eventually(10_000, () => stage.controller.apply(changed.map((prefix) => announcement(prefix))))
  await sleep(random() * 600)
  await kill(victim, random)
  await expectRoutes(everywhere([...stayingPrefixes(), ...changed]))
  // An API that lost Redis a moment ago says 503; a client asks again.
  await eventually(10_000, () =>
    stage.controller.expect('POST', '/v1/apply', {
      documents: changed.map((prefix) => announcement(prefix, [])),
      reason: 'chaos: and away again',
      force: true,
      prune: false,
    }),
  )
  await sleep(random() * 600)
  await kill(victim, random)
  await expectRoutes(everywhere(stayingPrefixes()))
  const removed = (await stage.bird.removed()).slice(removedBefore)
  const wrong = removed.filter((line) => stayingPrefixes().some((prefix) => line.endsWith(` ${prefix}`)))
  expect(wrong).toEqual([])
}

async function kill(victim: Victim, random: () => number): Promise<void> {
  const downMs = random() * 1500
  switch (victim) {
    case 'gobgpd': {
      const daemon = stage.daemons[Math.floor(random() * speakerCount)]
      await daemon?.kill()
      await sleep(downMs)
      return daemon?.restart()
    }
    case 'worker':
      await stage.worker.kill()
      await sleep(downMs)
      return stage.worker.restart()
    case 'controller':
      await stage.controller.kill()
      await sleep(downMs)
      return stage.controller.restart()
    case 'redis':
      await stage.redis.kill()
      await sleep(downMs)
      return stage.redis.restart()
  }
}

/** RIBs hold exactly these, and BIRD hears exactly these, within the deadline. */
async function expectRoutes(routes: ReadonlySet<string>): Promise<void> {
  await eventually(healWithinMs, async () => {
    expect(difference(await ribs(), routes)).toEqual({ missing: [], surplus: [] })
    expect(difference(await stage.bird.routes(), routes)).toEqual({ missing: [], surplus: [] })
  })
}

async function ribs(): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const [i, daemon] of stage.daemons.entries()) {
    const speaker = connectGobgp({ endpoint: daemon.endpoint })
    try {
      for (const { prefix } of await speaker.rib('all', { deadlineMs: 5000 })) found.add(`s${i} ${prefix}`)
    } finally {
      speaker.close()
    }
  }
  return found
}

/** At most five of each side, so that a failure can be read. */
function difference(found: ReadonlySet<string>, wanted: ReadonlySet<string>) {
  const some = (values: ReadonlySet<string>) => [...values].slice(0, 5)
  return { missing: some(wanted.difference(found)), surplus: some(found.difference(wanted)) }
}

function everywhere(prefixes: readonly string[]): ReadonlySet<string> {
  return new Set(prefixes.flatMap((prefix) => Array.from({ length: speakerCount }, (_, i) => `s${i} ${prefix}`)))
}

function stayingPrefixes(): readonly string[] {
  return Array.from({ length: staying }, (_, i) => `10.0.${i}.0/24`)
}

function announcement(prefix: string, at: readonly string[] = ['all']): Document {
  return { kind: 'Prefix', name: prefix, spec: { at } }
}

/** A small seeded generator: the same seed, the same moments. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
