/** Nodes of the namespace lab: what they see, how they fail and heal. */
import { existsSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OpenLab } from '../../../src/lab/namespaces/open-lab.ts'
import type { Failure } from '../../../src/lab/running-lab.ts'
import { hasCarrier, lineLab, passes, ping } from './line.ts'

let lab: OpenLab
let end: (() => Promise<void>) | undefined
beforeAll(async () => {
  ;({ lab, end } = await lineLab())
})
afterAll(async () => {
  await end?.()
})

const deadlineMs = 15_000
const poll = { timeout: deadlineMs, interval: 50 }

async function said(node: string, ...command: readonly string[]): Promise<string> {
  const { stdout, stderr } = await lab.exec(node, command, { timeoutMs: deadlineMs })
  return (stdout + stderr).trim()
}

test('a node has its name, its environment, the names of the others, and processes and files of its own', async () => {
  expect(await said('b', 'hostname')).toBe('b')
  expect(await said('b', 'printenv', 'GREETING')).toBe('hello there')
  expect(await said('a', 'getent', 'hosts', 'r1')).toMatch(/^172\.31\.9\.10\s+r1$/)
  expect(await said('b', 'ps', '-o', 'pid=,args=', '-p', '1')).toMatch(/^1 .*\/images\/host\/start/)
  expect(await said('a', 'bash', '-c', 'echo mark >/tmp/mark; echo mark >/etc/mark; cat /etc/mark')).toBe('mark')
  expect(await said('b', 'ls', '/tmp/mark')).toContain('No such file')
  expect([existsSync('/tmp/mark'), existsSync('/etc/mark')]).toEqual([false, false])
  expect(readFileSync('/proc/sys/kernel/hostname', 'utf8').trim()).not.toBe('b')
})

test('a node cannot write to the files of the machine, and gets binds as it asked for them', async () => {
  expect(await said('a', 'touch', '/usr/bin/mark')).toContain('Read-only file system')
  expect(await said('r1', 'touch', '/etc/frr/mark')).toContain('Read-only file system')
  expect(await said('r1', 'cat', '/etc/frr/daemons')).toBe('bgpd=yes')
})

test('a command tells its code and its output, takes input, and is ended when its time is over', async () => {
  const { code, stdout, stderr } = await lab.exec('a', ['bash', '-c', 'cat; echo no >&2; exit 7'], { input: 'yes' })
  expect({ code, stdout, stderr }).toEqual({ code: 7, stdout: 'yes', stderr: 'no\n' })
  expect((await lab.exec('a', ['sleep', '4711'], { timeoutMs: 200 })).code).toBe(137)
  await expect.poll(() => said('a', 'ps', 'ax'), poll).not.toContain('sleep 4711')
  await expect(lab.exec('nowhere', ['true'])).rejects.toThrow('has no node nowhere')
})

test('a spawned command ends with its stdin, or when it is killed', async () => {
  const echo = lab.spawn('a', ['cat'])
  echo.stdin?.end('packet')
  if (echo.stdout === null) throw new Error('assertion: stdio is piped')
  expect(String((await once(echo.stdout, 'data'))[0])).toBe('packet')
  await once(echo, 'exit')
  const sleeper = lab.spawn('a', ['sleep', '4712'])
  await expect.poll(() => said('a', 'ps', 'ax'), poll).toContain('sleep 4712')
  sleeper.kill()
  await expect.poll(() => said('a', 'ps', 'ax'), poll).not.toContain('sleep 4712')
})

test('a killed process stays dead until it is healed', async () => {
  const failure: Failure = { kind: 'process', node: 'r2', process: 'bird' }
  await lab.fail(failure)
  expect(lab.state.failures).toEqual([failure])
  await expect.poll(() => said('r2', 'birdc', 'show', 'status'), poll).toContain('Unable to connect')
  await lab.heal(failure)
  expect(lab.state.failures).toEqual([])
  await passes(lab)
  await expect(lab.fail({ kind: 'process', node: 'r2', process: 'gobgpd' })).rejects.toThrow(
    /no process gobgpd runs here; there are: (.*, )?bird(,|$)/m,
  )
})

test.each([
  ['FRR', { kind: 'session', node: 'r1', neighbor: '10.9.0.1' }, 'r1_ipv4', 'r1_ipv6'],
  ['BIRD', { kind: 'session', node: 'r2', neighbor: '2001:db8:9::' }, 'r1_ipv6', 'r1_ipv4'],
] as const)('one BGP session is shut down by %s, and the other stays', async (_, failure, down, up) => {
  const state = async (name: string): Promise<boolean> =>
    (await said('r2', 'birdc', 'show', 'protocols', name)).includes('Established')
  await expect.poll(() => state(down), poll).toBe(true)
  await lab.fail(failure)
  await expect.poll(() => state(down), poll).toBe(false)
  expect(await state(up)).toBe(true)
  await lab.heal(failure)
  await expect.poll(() => state(down), poll).toBe(true)
})

test('a partition silences two nodes in the management network, and nobody else', async () => {
  const failure: Failure = { kind: 'partition', nodes: ['a', 'r1'] }
  const reaches = async (from: string, to: string): Promise<boolean> =>
    (await lab.exec(from, ['ping', '-c', '1', '-W', '1', to])).code === 0
  await lab.fail(failure)
  expect([await reaches('a', 'r1'), await reaches('r1', 'a')]).toEqual([false, false])
  expect([await reaches('a', 'r2'), await reaches('b', 'r1')]).toEqual([true, true])
  await lab.heal({ kind: 'partition', nodes: ['r1', 'a'] })
  expect([await reaches('a', 'r1'), await reaches('r1', 'a')]).toEqual([true, true])
})

test('a failed node is gone at once with all of it, and comes back as it was first started, its links as they were', async () => {
  await lab.impair('r1:eth2', { delayMs: 15 })
  await lab.exec('r2', ['touch', '/tmp/mark'])
  await lab.fail({ kind: 'node', node: 'r2' })
  expect(lab.nodes.find(({ name }) => name === 'r2')?.state).toBe('failed')
  expect(await hasCarrier(lab, 'r1', 'eth2')).toBe(false)
  expect(await said('r2', 'true')).toBe('r2 does not run')
  await lab.heal({ kind: 'node', node: 'r2' })
  expect(lab.nodes.find(({ name }) => name === 'r2')?.state).toBe('running')
  expect(await said('r2', 'ls', '/tmp/mark')).toContain('No such file')
  await passes(lab)
  expect((await ping(lab, '10.9.0.1', { count: 5, spacingMs: 10, from: 'r1' })).fastestMs).toBeGreaterThanOrEqual(30)
  await lab.impair('r1:eth2', undefined)
})

test('a node whose process 1 ends is seen as failed by everybody, its neighbors first', async () => {
  const { pid } = lab.state.nodes.find(({ name }) => name === 'b') ?? { pid: 0 }
  process.kill(pid, 'SIGKILL')
  await expect.poll(() => lab.nodes.find(({ name }) => name === 'b')?.state, poll).toBe('failed')
  await expect.poll(() => hasCarrier(lab, 'r2', 'eth2'), poll).toBe(false)
  await lab.heal({ kind: 'node', node: 'b' })
  await passes(lab)
})
