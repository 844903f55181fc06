/**
 * Automation on real daemons: what agents report becomes verdicts, alarms and revisions, and routes follow; what cannot
 * be known, and what would be a mistake of the monitoring, moves nothing. Samples are put where agents' batches arrive.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import type { Alarm } from '../../../src/health/alarm.ts'
import type { RevisionView } from '../../../src/api/wire/revision.ts'
import { connectGobgp } from '../../../src/speaker/gobgp/connect.ts'
import type { Speaker } from '../../../src/speaker/speaker.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'
import { probedService, startProbes } from '../../support/probed-service.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { openTestStore } from '../../support/store.ts'

const prefix = '203.0.113.0/24' as Prefix
const places = ['s0', 's1', 's2', 's3', 's4']
const everyMs = 100
const withinMs = 20_000

let redis: TestRedis
let store: OpenStore
let controller: Controller
let daemons: readonly Gobgpd[]
let speakers: readonly Speaker[]
let probing: NodeJS.Timeout
const sick = new Set<string>()
const silent = new Set<string>()

beforeAll(async () => {
  redis = await startRedis()
  daemons = await Promise.all(places.map(() => startGobgpd({ asn: networkAsn })))
  speakers = daemons.map(({ endpoint }) => connectGobgp({ endpoint }))
  controller = await startController({ redis: redis.url })
  store = await openTestStore(redis.url, 'herald')
  await controller.apply([
    ...networkDocuments(daemons.map(({ endpoint }, i) => ({ id: `s${i}`, endpoint }))),
    ...probedService(places, { everyMs: everyMs, holdDown: '1s' }),
    {
      kind: 'Prefix',
      name: prefix,
      spec: { at: ['all'], failover: { checks: ['dns'], return: { prepends: [], stage: '1s' } } },
    },
  ])
  await eventually(withinMs, async () => expect(await announcing()).toEqual(places))
  probing = startProbes(store, places, everyMs, (place) =>
    silent.has(place) ? 'silent' : sick.has(place) ? 'refused' : 'ok',
  )
}, 60_000)

afterAll(async () => {
  clearInterval(probing)
  for (const speaker of speakers ?? []) speaker.close()
  await store?.close()
  await controller?.stop()
  await Promise.all((daemons ?? []).map((daemon) => daemon.stop()))
  await redis?.stop()
}, 30_000)

describe('a service that dies at one POP', () => {
  it('loses its route there, within the revision of an automation that says why', async () => {
    await eventually(withinMs, async () => expect((await verdictStates()).healthy).toBe(places.length))
    sick.add('s1')
    await eventually(withinMs, async () => expect(await announcing()).toEqual(['s0', 's2', 's3', 's4']))
    const { revisions } = await controller.expect<{ revisions: readonly RevisionView[] }>(
      'GET',
      '/v1/revisions?limit=1',
    )
    expect(revisions[0]).toMatchObject({ author: 'herald:failover', reason: expect.stringContaining('dns at pop-s1') })
    const proof = await store.proofs.get(revisions[0]!.revision)
    expect(proof?.detection).toMatchObject({ alarm: 'dns/service/pop-s1/dns' })
    const { sentAtMs = 0, decidedAtMs = 0 } = proof?.detection ?? {}
    console.log(`sample sent → decided ${decidedAtMs - sentAtMs} ms, → in no RIB ${ribAtMs(proof) - sentAtMs} ms`)
    await eventually(withinMs, async () =>
      expect(alarmStates(await store.health.alarms())).toEqual(['dns/service/pop-s1/dns firing']),
    )
  })

  it('has it again when it has been well for its hold-down, and the alarm is resolved', async () => {
    sick.delete('s1')
    await eventually(withinMs, async () => expect(await announcing()).toEqual(places))
    await eventually(withinMs, async () =>
      expect(alarmStates(await store.health.alarms())).toEqual(['dns/service/pop-s1/dns resolved']),
    )
  })
})

it('agents that fall silent move nothing', async () => {
  silent.add('s2')
  await eventually(withinMs, async () => expect((await verdictStates()).unknown).toBe(1))
  expect(await announcing()).toEqual(places)
  silent.delete('s2')
})

it('POPs that fail all at once are the fault of the observer: nothing is withdrawn, and an alarm says so', async () => {
  await eventually(withinMs, async () => expect((await verdictStates()).healthy).toBe(places.length))
  for (const place of places) sick.add(place)
  await eventually(withinMs, async () =>
    expect(alarmStates(await store.health.alarms())).toContain('monitoring-suspect/monitoring firing'),
  )
  await eventually(withinMs, async () => expect((await verdictStates()).sick).toBe(places.length))
  // The first to turn sick may have gone before the others did; the breaker (G2) allows one POP.
  expect((await announcing()).length).toBeGreaterThanOrEqual(places.length - 1)
  expect((await store.health.refusals()).map(({ guard }) => guard)).toContain('correlation')
})

/** POPs whose RIB holds the prefix, by name of the speaker. */
async function announcing(): Promise<readonly string[]> {
  const ribs = await Promise.all(speakers.map((speaker) => speaker.rib([prefix], { deadlineMs: 3000 })))
  return places.filter((_, i) => (ribs[i] ?? []).length > 0)
}

async function verdictStates(): Promise<Record<'healthy' | 'sick' | 'unknown', number>> {
  const counts = { healthy: 0, sick: 0, unknown: 0 }
  for (const { state } of (await store.health.verdicts()).values()) counts[state]++
  return counts
}

function alarmStates(alarms: ReadonlyMap<string, Alarm>): readonly string[] {
  return [...alarms.values()].map(({ id, state }) => `${id} ${state}`).toSorted()
}

function ribAtMs(proof: Awaited<ReturnType<OpenStore['proofs']['get']>>): number {
  return Math.max(...[...(proof?.speakers.values() ?? [])].map((part) => part.ribAtMs ?? 0))
}
