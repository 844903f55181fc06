/**
 * One prefix, ten real speakers: from the API's acceptance until every RIB has it, beside a bare AddPath to the same
 * ten speakers at once. The whole controller is in the path: Redis, review, planner, BullMQ, worker, read back.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProofView } from '../../src/api/wire/revision.ts'
import { type Controller, startController } from '../support/controller.ts'
import { type Gobgpd, startGobgpd } from '../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../support/network.ts'
import { type BareClient, bareClient } from './bare.ts'
import { figures, report } from './report.ts'

const speakers = 10
const changes = 200
const warmUp = 20
const prefix = '203.0.113.0/24'

const daemons = await Promise.all(Array.from({ length: speakers }, () => startGobgpd({ asn: networkAsn })))
const controller = await startController()
const bare = daemons.map(({ endpoint }) => bareClient(endpoint))
try {
  await controller.apply(networkDocuments(daemons.map(({ endpoint }, i) => ({ id: `s${i}`, endpoint }))))
  await everySpeakerUp(controller)
  const accepted: number[] = []
  const confirmed: number[] = []
  const baseline: number[] = []
  for (let i = 0; i < warmUp + changes; i++) {
    const { ribMs, doneMs } = await publish(controller, i)
    const bareMs = await bareAdd(bare, i)
    if (i < warmUp) continue
    accepted.push(ribMs)
    confirmed.push(doneMs)
    baseline.push(bareMs)
  }
  const rib = figures(accepted)
  report('publish', [
    {
      what: `accept → path in the RIB of ${speakers} speakers, read back`,
      unit: 'ms',
      herald: rib,
      baseline: { what: 'bare AddPath to the same speakers at once', figures: figures(baseline) },
      budget: 'p50 ≤ 25 ms, p99 ≤ 100 ms',
      met: rib.p50 <= 25 && rib.p99 <= 100,
    },
    {
      what: 'accept → done (adj-out read, revision settled)',
      unit: 'ms',
      herald: figures(confirmed),
      budget: 'none',
      met: true,
    },
  ])
} finally {
  for (const client of bare) client.close()
  await controller.stop()
  await Promise.all(daemons.map((daemon: Gobgpd) => daemon.stop()))
}

/** Every change is a new MED everywhere: ten paths replaced, one UPDATE a neighbor. */
async function publish(controller: Controller, i: number): Promise<{ ribMs: number; doneMs: number }> {
  const { revision } = await controller.expect<{ revision: number }>('POST', '/v1/prefixes/publish', {
    prefix,
    at: ['all'],
    attributes: { med: i + 1 },
    reason: 'benchmark',
  })
  const proof = await controller.expect<ProofView>('GET', `/v1/revisions/${revision}/proof?wait=10`)
  if (proof.state !== 'done' || proof.speakers.length !== speakers)
    throw new Error(`revision ${revision} is not proved: ${JSON.stringify(proof)}`)
  return { ribMs: Math.max(...proof.speakers.map(({ ribMs }) => ribMs ?? Infinity)), doneMs: proof.doneMs ?? Infinity }
}

async function bareAdd(clients: readonly BareClient[], i: number): Promise<number> {
  const med = Buffer.alloc(4)
  med.writeUInt32BE(i + 1)
  const path = {
    family: { afi: 'AFI_IP', safi: 'SAFI_UNICAST' },
    nlri_binary: Buffer.of(24, 198, 51, 100),
    pattrs_binary: [
      Buffer.of(0x40, 1, 1, 0), // ORIGIN igp
      Buffer.of(0x40, 3, 4, 192, 0, 2, 1), // NEXT_HOP
      Buffer.concat([Buffer.of(0x80, 4, 4), med]),
    ],
  }
  const started = performance.now()
  await Promise.all(
    clients.map(
      (client) =>
        new Promise<void>((resolve, reject) =>
          client.AddPath({ table_type: 'TABLE_TYPE_GLOBAL', path }, (error) =>
            error === null ? resolve() : reject(error),
          ),
        ),
    ),
  )
  return performance.now() - started
}

async function everySpeakerUp(controller: Controller): Promise<void> {
  const giveUpAt = performance.now() + 20_000
  for (;;) {
    const { speakers: reach } = await controller.expect<{ speakers: { up: number } }>('GET', '/v1/status')
    if (reach.up === speakers) return
    if (performance.now() > giveUpAt) throw new Error('not every speaker is up')
    await sleep(50)
  }
}
