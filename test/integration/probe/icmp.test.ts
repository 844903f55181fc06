/** ICMP by a real fping: on loopback, and inside network namespaces where hosts are dead and links are cut. */
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import type { Address } from '../../../src/bgp/address.ts'
import type { PopId } from '../../../src/intent/model.ts'
import type { Finding } from '../../../src/probe/finding.ts'
import { type IcmpTask, Pinger } from '../../../src/probe/icmp/pinger.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

function taskOf(address: string, more: Partial<IcmpTask> & { readonly count?: number } = {}): IcmpTask {
  const { count = 1, ...rest } = more
  return {
    id: `icmp/${address}`,
    check: 'icmp',
    subject: { kind: 'service', pop: 'fra' as PopId, service: 'icmp' },
    probe: { kind: 'icmp', address: address as Address, count },
    intervalMs: 200,
    timeoutMs: 150,
    ...rest,
  }
}

type Heard = readonly [string, Finding, number]

function start(hasLink = () => true) {
  const heard: Heard[] = []
  const pinger = new Pinger({ hasLink, onFinding: (task, finding, atMs) => heard.push([task.id, finding, atMs]) })
  closers.push(() => pinger.close())
  const of = (address: string) => heard.filter(([id]) => id === `icmp/${address}`)
  return { pinger, heard, of }
}

/** Inside a user namespace without a network of its own, nobody may open the sockets of ICMP. */
const mayPing = spawnSync('fping', ['-c1', '-q', '127.0.0.1']).status === 0

const patience = { timeout: 10_000 }

test.runIf(mayPing)('many addresses of both families answer steadily, each round a finding', async () => {
  const { pinger, of } = start()
  const addresses = [...Array.from({ length: 20 }, (_, i) => `127.0.1.${i + 1}`), '::1']
  pinger.configure(addresses.map((address) => taskOf(address)))
  await expect.poll(() => Math.min(...addresses.map((address) => of(address).length)), patience).toBeGreaterThan(5)
  for (const address of addresses) {
    const found = of(address)
    for (const [, finding] of found) expect(finding).toEqual({ outcome: 'ok', rttMs: expect.any(Number), lossRatio: 0 })
    for (let i = 2; i < found.length; i++) {
      const gapMs = (found[i]?.[2] ?? 0) - (found[i - 1]?.[2] ?? 0)
      expect(gapMs).toBeGreaterThan(100)
      expect(gapMs).toBeLessThan(400)
    }
  }
})

test.runIf(mayPing)('several packets make one finding with jitter', async () => {
  const { pinger, of } = start()
  pinger.configure([taskOf('127.0.0.1', { count: 5 })])
  await expect.poll(() => of('127.0.0.1').length, patience).toBeGreaterThan(2)
  expect(of('127.0.0.1')[1]?.[1]).toEqual({
    outcome: 'ok',
    rttMs: expect.any(Number),
    lossRatio: 0,
    jitterMs: expect.any(Number),
  })
})

test.runIf(mayPing)('another task does not disturb those that stay; what is taken away is silent', async () => {
  const { pinger, of, heard } = start()
  const [first, second] = [taskOf('127.0.0.1'), taskOf('127.0.0.2', { intervalMs: 100, timeoutMs: 80 })]
  pinger.configure([first])
  await expect.poll(() => of('127.0.0.1').length, patience).toBeGreaterThan(2)
  const before = of('127.0.0.1').at(-1)?.[2] ?? 0
  pinger.configure([structuredClone(first), second])
  await expect.poll(() => of('127.0.0.2').length, patience).toBeGreaterThan(2)
  const after = of('127.0.0.1').find(([, , atMs]) => atMs > before + 10)?.[2] ?? 0
  expect(after - before).toBeLessThan(400)
  pinger.configure([])
  const said = heard.length
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(heard.length).toBe(said)
})

test('a source address that is not here makes every target unknown, and is tried again', async () => {
  const { pinger, heard } = start()
  pinger.configure([taskOf('127.0.0.1', { source: '198.51.100.77' as Address })])
  await expect.poll(() => heard.length, patience).toBeGreaterThan(1)
  for (const [, finding] of heard)
    expect(finding).toMatchObject({ outcome: 'unknown', detail: expect.stringContaining('source address') })
})

/** A pinger in a namespace with one link, `10.0.0.1/24`, whose other end has no host but `10.0.0.2` while `link` says so. */
async function inNamespace(setUp: string, addresses: readonly string[]) {
  const script = fileURLToPath(new URL('pinger-process.ts', import.meta.url))
  const shell = `ip link set lo up; ${setUp}; exec "$0" "$@"`
  const child = fork(script, [JSON.stringify(addresses.map((address) => taskOf(address)))], {
    execPath: '/usr/bin/env',
    execArgv: ['unshare', '--net', 'bash', '-c', shell, process.execPath],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const heard: Heard[] = []
  child.on('message', (message) => heard.push(message as Heard))
  closers.push(async () => {
    const gone = once(child, 'exit')
    child.disconnect()
    await gone
  })
  return (address: string) => heard.filter(([id]) => id === `icmp/${address}`).map(([, finding]) => finding)
}

const link =
  'ip link add va type veth peer name vb; ip addr add 10.0.0.1/24 dev va; ip link set va up; ip link set vb up'

test('a dead host is sick, a route that refuses is told, and no route says nothing about the target', async () => {
  const of = await inNamespace(`${link}; ip route add prohibit 10.8.0.0/24`, [
    '10.0.0.1',
    '10.0.0.2',
    '10.7.0.1',
    '10.8.0.1',
  ])
  await expect.poll(() => of('10.8.0.1').length, patience).toBeGreaterThan(1)
  await expect.poll(() => of('10.0.0.2').length, patience).toBeGreaterThan(1)
  expect(of('10.0.0.1').at(-1)).toMatchObject({ outcome: 'ok' })
  expect(of('10.0.0.2').at(-1)).toEqual({ outcome: 'fail', detail: 'no answer in 150 ms' })
  expect(of('10.7.0.1').at(-1)).toEqual({ outcome: 'fail', detail: 'network unreachable' })
  expect(of('10.8.0.1').at(-1)).toEqual({ outcome: 'unknown', detail: 'sending is forbidden here' })
})

test('an agent without a link knows nothing of others', async () => {
  const of = await inNamespace('true', ['127.0.0.1', '10.0.0.2'])
  await expect.poll(() => of('10.0.0.2').length, patience).toBeGreaterThan(1)
  expect(of('127.0.0.1').at(-1)).toMatchObject({ outcome: 'ok' })
  expect(of('10.0.0.2').at(-1)).toMatchObject({ outcome: 'unknown', detail: expect.stringContaining('no IPv4 link') })
})
