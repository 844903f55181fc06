/**
 * Automation on real daemons: what agents report becomes verdicts, alarms and revisions, and routes follow; what cannot
 * be known, and what would be a mistake of the monitoring, moves nothing. Samples are put where agents' batches arrive.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgentId } from '../../../src/intent/monitoring.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import type { Alarm } from '../../../src/health/alarm.ts'
import type { Sample } from '../../../src/health/sample.ts'
import type { SubjectKey } from '../../../src/health/subject.ts'
import type { RevisionView } from '../../../src/api/wire/revision.ts'
import { connectGobgp } from '../../../src/speaker/gobgp/connect.ts'
import type { Speaker } from '../../../src/speaker/speaker.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { openTestStore } from '../../support/store.ts'

const prefix = '203.0.113.0/24' as Prefix
const places = ['s0', 's1', 's2', 's3', 's4']
const intervalMs = 100
const withinMs = 20_000

let redis: TestRedis
let store: OpenStore
let controller: Controller
let daemons: readonly Gobgpd[]
let speakers: readonly Speaker[]
let probing: ReturnType<typeof startProbing>

beforeAll(async () => {
  redis = await startRedis()
  daemons = await Promise.all(places.map(() => startGobgpd({ asn: networkAsn })))
  speakers = daemons.map(({ endpoint }) => connectGobgp({ endpoint }))
  controller = await startController({ redis: redis.url })
  store = await openTestStore(redis.url, 'herald')
  await controller.apply([
    ...networkDocuments(daemons.map(({ endpoint }, i) => ({ id: `s${i}`, endpoint }))),
    ...places.map((place) => ({ kind: 'Agent' as const, name: `probe-${place}`, spec: { pop: `pop-${place}` } })),
    {
      kind: 'Check',
      name: 'dns',
      spec: {
        subject: 'service',
        target: '192.0.2.53',
        probe: { kind: 'tcp', port: 53 },
        interval: `${intervalMs}ms`,
        fall: 3,
        rise: 3,
        holdDown: '1s',
      },
    },
    {
      kind: 'Prefix',
      name: prefix,
      spec: { at: ['all'], failover: { checks: ['dns'], return: { prepends: [], stage: '1s' } } },
    },
  ])
  await eventually(withinMs, async () => expect(await announcing()).toEqual(places))
  probing = startProbing()
}, 60_000)

afterAll(async () => {
  await probing?.stop()
  for (const speaker of speakers ?? []) speaker.close()
  await store?.close()
  await controller?.stop()
  await Promise.all((daemons ?? []).map((daemon) => daemon.stop()))
  await redis?.stop()
}, 30_000)

describe('a service that dies at one POP', () => {
  it('loses its route there, within the revision of an automation that says why', async () => {
    await eventually(withinMs, async () => expect((await verdictStates()).healthy).toBe(places.length))
    probing.sick.add('s1')
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
    probing.sick.delete('s1')
    await eventually(withinMs, async () => expect(await announcing()).toEqual(places))
    await eventually(withinMs, async () =>
      expect(alarmStates(await store.health.alarms())).toEqual(['dns/service/pop-s1/dns resolved']),
    )
  })
})

it('agents that fall silent move nothing', async () => {
  probing.silent.add('s2')
  await eventually(withinMs, async () => expect((await verdictStates()).unknown).toBe(1))
  expect(await announcing()).toEqual(places)
  probing.silent.delete('s2')
})

it('POPs that fail all at once are the fault of the observer: nothing is withdrawn, and an alarm says so', async () => {
  await eventually(withinMs, async () => expect((await verdictStates()).healthy).toBe(places.length))
  for (const place of places) probing.sick.add(place)
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

/** One agent a POP that sends a sample every interval, as `herald agent` does. */
function startProbing() {
  const sick = new Set<string>()
  const silent = new Set<string>()
  let sequence = 0
  const send = async (): Promise<void> => {
    sequence++
    const atMs = Date.now()
    await Promise.all(
      places
        .filter((place) => !silent.has(place))
        .map((place) => {
          const agent = `probe-${place}` as AgentId
          const subject = `service/pop-${place}/dns` as SubjectKey
          const sample: Sample = {
            task: `dns/${subject}`,
            subject,
            agent,
            sequence,
            atMs,
            ...(sick.has(place)
              ? { outcome: 'fail' as const, detail: 'connection refused' }
              : { outcome: 'ok' as const, rttMs: 1 }),
          }
          return store.samples.take(agent, { run: 'test', batch: sequence, samples: [sample], dropped: 0 }, Date.now())
        }),
    )
  }
  const timer = setInterval(() => void send().catch(() => undefined), intervalMs)
  return { sick, silent, stop: async () => clearInterval(timer) }
}
