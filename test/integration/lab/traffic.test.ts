import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readNodeAddresses } from '../../../src/lab/node-addresses.ts'
import { traceFrom } from '../../../src/lab/trace.ts'
import { watchRoutes } from '../../../src/lab/traffic/route-watch.ts'
import { type Traffic, startTraffic } from '../../../src/lab/traffic/traffic.ts'
import { type PlainLab, openPlainLab, serviceAddresses } from './plain-lab.ts'

let lab: PlainLab
let traffic: Traffic
beforeAll(async () => {
  lab = await openPlainLab()
  await lab.route('fra')
  traffic = await startTraffic(lab)
  // Neighbor discovery on new links takes about a second (RFC 4862 §5.4).
  const giveUpAt = performance.now() + 10_000
  while (!answeredLately() && performance.now() < giveUpAt) await sleep(50)
})
afterAll(async () => {
  await traffic?.stop()
  await lab?.down()
})

function answeredLately(): boolean {
  const nowMs = Date.now()
  return traffic.report(nowMs - 300, nowMs).every(({ flow, sent, lost }) => flow.startsWith('http') || sent > lost)
}

/** The UDP flows of the time in which `act` ran, half a second before and after it. */
async function around(act: () => Promise<void>) {
  const fromMs = Date.now()
  await sleep(500)
  await act()
  await sleep(500)
  const toMs = Date.now()
  await traffic.settled(toMs)
  expect(traffic.problems).toEqual([])
  return traffic.report(fromMs, toMs)
}

describe('traffic', () => {
  test('serves the addresses that service nodes have on lo', () => {
    expect(traffic.addresses).toEqual(serviceAddresses)
  })

  test('a client in the catchment of fra is answered by fra alone, 200 times a second by each family, and by HTTP', async () => {
    const flows = await around(async () => undefined)
    expect(flows.map(({ flow }) => flow).sort()).toEqual(['http4', 'http6', 'udp4', 'udp6'])
    for (const { flow, sent, lost, gapMs, catchment } of flows) {
      expect(catchment).toMatchObject([{ pop: 'fra' }])
      expect([lost, gapMs]).toEqual([0, 0])
      if (!flow.startsWith('udp')) continue
      expect(sent).toBeGreaterThan(190)
      expect(sent).toBeLessThan(230)
    }
  })

  test('a route that is replaced moves every flow, once, and loses nothing', async () => {
    for (const { lost, catchment } of await around(() => lab.route('ams'))) {
      expect(lost).toBe(0)
      expect(catchment.map(({ pop }) => pop)).toEqual(['fra', 'ams'])
    }
  })

  test('a route that is away for 300 ms is a gap of about 300 ms', async () => {
    const flows = await around(async () => {
      await lab.route(undefined)
      await sleep(300)
      await lab.route('fra')
    })
    for (const { flow, lost, gapMs } of flows.filter(({ flow }) => flow.startsWith('udp'))) {
      expect(lost, flow).toBeGreaterThan(50)
      expect(gapMs, flow).toBeGreaterThan(290)
      expect(gapMs, flow).toBeLessThan(450)
    }
  })

  test('the moment a router changes its mind is told by its kernel, before the first packet goes the new way', async () => {
    const watch = watchRoutes(lab, await readNodeAddresses(lab))
    const flows = await around(() => lab.route('ams'))
    await watch.stop()
    expect(watch.changes.map(({ node, prefix, via }) => [node, prefix, ...via])).toEqual([
      ['router', '203.0.113.0/24', 'svc-ams'],
      ['router', '2001:db8:100::/48', 'svc-ams'],
    ])
    const [changed] = watch.changes
    const [udp4] = flows.filter(({ flow }) => flow === 'udp4')
    const firstAtNewMs = udp4?.catchment.at(-1)?.fromMs ?? 0
    expect(firstAtNewMs - (changed?.atMs ?? 0)).toBeGreaterThan(-5)
    expect(firstAtNewMs - (changed?.atMs ?? 0)).toBeLessThan(50)
  })

  test.each(serviceAddresses)('a trace to %s names every hop', async (address) => {
    const { hops, reached } = await traceFrom(lab, 'client1', address)
    expect(reached).toBe(true)
    expect(hops.map(({ node, interface: at }) => [node, at])).toEqual([
      ['router', 'to-client1'],
      [undefined, undefined], // the service: two nodes have its address
    ])
  })
})
