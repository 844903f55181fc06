/** Links of the namespace lab under real packets: as new, late, lossy, silent, cut. */
import { once } from 'node:events'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { OpenLab } from '../../../src/lab/namespaces/open-lab.ts'
import { addressOfB, hasCarrier, lineLab, passes, ping } from './line.ts'

let lab: OpenLab
let end: (() => Promise<void>) | undefined
beforeAll(async () => {
  ;({ lab, end } = await lineLab())
})
afterAll(async () => {
  await end?.()
})
afterEach(async () => {
  for (const { ends, impairment } of lab.state.links) if (impairment !== undefined) await lab.impair(ends[0], undefined)
})

const families = Object.entries(addressOfB)

test.each(families)(
  'packets pass between hosts over the routes that the routers told each other, by %s',
  async (_, address) => {
    const { sent, received, slowestMs } = await ping(lab, address, { count: 100, spacingMs: 5 })
    expect({ sent, received }).toEqual({ sent: 100, received: 100 })
    expect(slowestMs).toBeLessThan(20)
  },
)

test.each(families)('a delay holds up packets in each direction, no less than asked for, by %s', async (_, address) => {
  await lab.impair('r2:eth1', { delayMs: 30 })
  const { received, fastestMs, meanMs } = await ping(lab, address, { count: 30, spacingMs: 10 })
  expect(received).toBe(30)
  expect(fastestMs).toBeGreaterThanOrEqual(60)
  expect(meanMs).toBeLessThan(80)
})

test.each(families)('jitter spreads delays and keeps packets in order, by %s', async (_, address) => {
  await lab.impair('a:eth1', { delayMs: 20, jitterMs: 15 })
  const { received, fastestMs, slowestMs, order } = await ping(lab, address, { count: 200, spacingMs: 2 })
  expect(received).toBe(200)
  expect(fastestMs).toBeGreaterThanOrEqual(10)
  expect(slowestMs - fastestMs).toBeGreaterThan(5)
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})

test.each(families)('packets are lost at the rate asked for, by %s', async (_, address) => {
  await lab.impair('a:eth1', { lossRatio: 0.2 })
  const { sent, received } = await ping(lab, address, { count: 1000, spacingMs: 2 })
  // Both directions: 0.64 arrive. Five standard deviations of 1,000 draws are 0.076.
  expect(received / sent).toBeGreaterThan(0.56)
  expect(received / sent).toBeLessThan(0.72)
})

test.each(families)('TCP carries data unharmed over a late and lossy link, and feels it, by %s', async (_, address) => {
  await transfer(address) // without: a first connection pays for neighbor discovery
  const plainMs = await transfer(address)
  await lab.impair('r1:eth2', { delayMs: 25, lossRatio: 0.01 })
  const impairedMs = await transfer(address)
  // At least the handshake and one round trip of data, 50 ms each.
  expect(impairedMs).toBeGreaterThan(plainMs + 90)
})

test('a link that spares BGP loses everything else, and the sessions over it stay up beyond their hold time', async () => {
  const established = async (): Promise<readonly string[]> => {
    const { stdout } = await lab.exec('r2', ['birdc', 'show', 'protocols'])
    return [...stdout.matchAll(/^(r1_\S+) .* ([0-9:.]+) +Established/gm)].map(([, name, since]) => `${name} ${since}`)
  }
  const before = await established()
  expect(before).toHaveLength(2)
  await lab.impair('r1:eth2', { lossRatio: 1, exceptBgp: true })
  await sleep(holdTimeMs + 1000)
  expect(await ping(lab, '10.9.0.1', { count: 3, spacingMs: 10, from: 'r1' })).toMatchObject({ received: 0 })
  expect(await ping(lab, addressOfB.ipv6, { count: 3, spacingMs: 10 })).toMatchObject({ received: 0 })
  expect(await established()).toEqual(before)
  await lab.impair('r1:eth2', undefined)
  await passes(lab)
})

test('a silent link loses every packet while both ends keep their carrier, and heals', async () => {
  await lab.impair('r1:eth2', { silent: true })
  expect(await ping(lab, '10.9.0.1', { count: 3, spacingMs: 10, from: 'r1' })).toMatchObject({ received: 0 })
  expect([await hasCarrier(lab, 'r1', 'eth2'), await hasCarrier(lab, 'r2', 'eth1')]).toEqual([true, true])
  await lab.impair('r1:eth2', undefined)
  await passes(lab)
})

test('what is done to a link is done once: nothing is doubled while it changes', async () => {
  const pinging = ping(lab, '192.0.2.1', { count: 400, spacingMs: 2 })
  for (const delayMs of [1, 2, 0, 3]) await lab.impair('a:eth1', delayMs === 0 ? undefined : { delayMs })
  const { received, order } = await pinging
  expect(new Set(order).size).toBe(order.length)
  expect(received).toBeGreaterThan(390)
})

test('a cut link takes the carrier from both ends, and gives it back', async () => {
  await lab.fail({ kind: 'link', endpoint: 'r2:eth1' })
  expect(lab.state.failures).toEqual([{ kind: 'link', endpoint: 'r2:eth1' }])
  expect([await hasCarrier(lab, 'r1', 'eth2'), await hasCarrier(lab, 'r2', 'eth1')]).toEqual([false, false])
  expect(await ping(lab, addressOfB.ipv4, { count: 3, spacingMs: 10 })).toMatchObject({ received: 0 })
  await lab.heal({ kind: 'link', endpoint: 'r1:eth2' }) // by its other end
  expect(lab.state.failures).toEqual([])
  expect([await hasCarrier(lab, 'r1', 'eth2'), await hasCarrier(lab, 'r2', 'eth1')]).toEqual([true, true])
  await passes(lab)
})

test('an impaired link stays impaired through a cut', async () => {
  await lab.impair('a:eth1', { delayMs: 20 })
  await lab.fail({ kind: 'link', endpoint: 'a:eth1' })
  await lab.heal({ kind: 'link', endpoint: 'a:eth1' })
  const { received, fastestMs } = await ping(lab, '192.0.2.1', { count: 20, spacingMs: 10 })
  expect(received).toBe(20)
  expect(fastestMs).toBeGreaterThanOrEqual(40)
})

test('a link that is not there is refused in words', async () => {
  await expect(lab.impair('a:eth7', { delayMs: 1 })).rejects.toThrow('the lab has no link at a:eth7')
})

test('a link whose carrying process was killed is impaired anew when asked', async () => {
  await lab.impair('a:eth1', { delayMs: 20, jitterMs: 1 })
  const here = readlinkSync(`/proc/${lab.state.pid}/ns/net`)
  const carriers = readdirSync('/proc').filter((pid) => {
    try {
      return (
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('wire.py') && readlinkSync(`/proc/${pid}/ns/net`) === here
      )
    } catch {
      return false
    }
  })
  expect(carriers).toHaveLength(1)
  process.kill(Number(carriers[0]), 'SIGKILL')
  await expect
    .poll(async () => (await ping(lab, '192.0.2.1', { count: 1, spacingMs: 10 })).received, { timeout: 15_000 })
    .toBe(0)
  await lab.impair('a:eth1', { delayMs: 20, jitterMs: 1 })
  expect((await ping(lab, '192.0.2.1', { count: 5, spacingMs: 10 })).fastestMs).toBeGreaterThanOrEqual(38)
  await lab.impair('a:eth1', undefined)
  await passes(lab)
})

/** line/r1/frr.conf */
const holdTimeMs = 3000
const bytes = 300_000

/** Sends data from b to a and checks it; milliseconds from connecting to the end. */
async function transfer(address: string): Promise<number> {
  const server = lab.spawn('b', [
    'node',
    '-e',
    `const data = Buffer.alloc(${bytes}, 'herald'); process.stdin.resume().on('end', () => process.exit())
     require('net').createServer((s) => s.on('error', () => {}).end(data)).listen(7000, '::', () => console.log('listening'))`,
  ])
  try {
    if (server.stdout === null) throw new Error('assertion: stdio is piped')
    await once(server.stdout, 'data')
    const { stdout, stderr } = await lab.exec(
      'a',
      [
        'node',
        '-e',
        `const began = performance.now(), parts = []
         require('net').connect(7000, '${address}').on('data', (part) => parts.push(part)).on('end', () => {
           const same = Buffer.concat(parts).equals(Buffer.alloc(${bytes}, 'herald'))
           console.log(JSON.stringify({ same, ms: performance.now() - began }))
         })`,
      ],
      { timeoutMs: 30_000 },
    )
    if (stdout === '') throw new Error(stderr)
    const { same, ms } = JSON.parse(stdout) as { readonly same: boolean; readonly ms: number }
    expect(same).toBe(true)
    return ms
  } finally {
    server.kill('SIGKILL')
  }
}
