/** The lab on real gobgpd and BIRD: it carries routes, and it leaves nothing behind, however it ends. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { type Lab, startLab } from '../../../src/lab/lab.ts'
import { identify, lives } from '../../../src/lab/process-table.ts'
import { gobgpProgram } from '../../../src/lab/speaker-daemon.ts'
import type { Topology } from '../../../src/lab/topology.ts'

const onePop: Topology = {
  asn: 64500,
  areas: { eu: ['frankfurt'] },
  pops: [
    {
      id: 'fra',
      region: 'frankfurt',
      configuredBy: 'file',
      lines: [
        { name: 'transit', asn: 64496, kind: 'transit' },
        { name: 'peer', asn: 64497, kind: 'peer' },
      ],
    },
  ],
  pool: ['203.0.113.0/24', '2001:db8:100::/40'],
  drainSeconds: 0,
}
const deadlineMs = 15_000

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function lab(): Promise<Lab> {
  const started = await startLab(onePop)
  cleanups.push(() => started.stop())
  return started
}

async function gobgp(running: Lab, ...words: readonly string[]): Promise<void> {
  await promisify(execFile)(gobgpProgram('gobgp'), ['--target', running.pop('fra').daemon.endpoint, ...words])
}

async function announceBoth(running: Lab): Promise<void> {
  await gobgp(running, 'global', 'rib', 'add', '203.0.113.0/24', 'community', '64500:7')
  await gobgp(running, 'global', 'rib', 'add', '2001:db8:100::/48', '-a', 'ipv6')
}

/** Process ids whose network namespace or command line belongs to the lab. */
function processesOf(folder: string, namespaces: readonly string[]): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || identify(Number(pid)) === undefined) return false
    try {
      const inside = namespaces.includes(readlinkSync(`/proc/${pid}/ns/net`))
      return inside || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
    } catch {
      return false
    }
  })
}

function namespacesOf({ folder }: Lab): readonly string[] {
  return [...new Set(recorded(folder.path).map((pid) => readlinkSync(`/proc/${pid}/ns/net`)))]
}

function recorded(folder: string): readonly string[] {
  const lines = readFileSync(join(folder, 'processes'), 'utf8').trim().split('\n')
  return lines.map((line) => line.split(' ')[0] ?? '')
}

test('a path injected at a speaker reaches both upstream routers, in IPv4 and in IPv6', async () => {
  const running = await lab()
  expect(running.sessions).toBe(4)
  await announceBoth(running)
  for (const upstream of running.upstreams) {
    for (const { family, speaker } of upstream.links) {
      const prefix = family === 'ipv4' ? '203.0.113.0/24' : '2001:db8:100::/48'
      const { routes } = await upstream.waitFor({ prefix, until: (found) => found.length > 0, deadlineMs })
      expect(routes).toEqual([
        {
          prefix,
          asPath: [64500],
          nextHop: speaker,
          med: undefined,
          communities: family === 'ipv4' ? ['64500:7'] : [],
          largeCommunities: [],
        },
      ])
    }
    expect(await upstream.established()).toEqual(new Set(['ipv4', 'ipv6']))
    expect((await upstream.routes()).map(({ prefix }) => prefix).sort()).toEqual([
      '2001:db8:100::/48',
      '203.0.113.0/24',
    ])
  }
})

test('upstream routers keep the routes of a killed speaker while it restarts, and drop what it comes back without', async () => {
  const running = await lab()
  await announceBoth(running)
  const counts = async (): Promise<readonly number[]> =>
    Promise.all(running.upstreams.map(async (upstream) => (await upstream.routes()).length))
  const sessions = async (): Promise<number> => {
    const up = await Promise.all(running.upstreams.map((upstream) => upstream.established()))
    return up.reduce((sum, { size }) => sum + size, 0)
  }
  await expect.poll(counts, { timeout: deadlineMs }).toEqual([2, 2])
  await running.killSpeaker('fra')
  await expect.poll(sessions, { timeout: deadlineMs }).toBe(0)
  expect(await counts()).toEqual([2, 2])
  await running.restartSpeaker('fra')
  await expect.poll(counts, { timeout: deadlineMs }).toEqual([0, 0])
  expect(await sessions()).toBeGreaterThan(0)
})

test('a stopped lab leaves no process, no namespace and no file', async () => {
  const running = await startLab(onePop)
  const namespaces = namespacesOf(running)
  expect(namespaces.length).toBeGreaterThanOrEqual(3)
  expect(namespaces).not.toContain(readlinkSync('/proc/self/ns/net'))
  await running.stop()
  expect(processesOf(running.folder.path, namespaces)).toEqual([])
  expect(existsSync(running.folder.path)).toBe(false)
})

test('a lab killed with kill -9 takes its processes along, and the next lab removes its folder and no other', async () => {
  const neighbor = await lab()
  const { child, folder } = await labInAnotherProcess()
  const namespaces = [...new Set(recorded(folder).map((pid) => readlinkSync(`/proc/${pid}/ns/net`)))]
  child.kill('SIGKILL')
  await expect.poll(() => processesOf(folder, namespaces), { timeout: deadlineMs }).toEqual([])
  expect(existsSync(folder)).toBe(true)
  await lab()
  expect(existsSync(folder)).toBe(false)
  expect(existsSync(neighbor.folder.path)).toBe(true)
  expect(recorded(neighbor.folder.path).every((pid) => identify(Number(pid)) !== undefined)).toBe(true)
})

test('a process that a killed lab wrote down is ended by the next, and one that took its id is not', async () => {
  const base = dirname((await lab()).folder.path)
  const abandoned = join(base, '4194305-1-1')
  mkdirSync(abandoned)
  const [left, innocent] = [sleeper(), sleeper()]
  const [leftIdentity, innocentIdentity] = [identify(left.pid ?? 0), identify(innocent.pid ?? 0)]
  if (leftIdentity === undefined || innocentIdentity === undefined) throw new Error('sleep does not run')
  const { pid, startedAt } = innocentIdentity
  writeFileSync(
    join(abandoned, 'processes'),
    `${leftIdentity.pid} ${leftIdentity.startedAt}\n${pid} ${startedAt - 1}\n`,
  )
  await lab()
  await expect.poll(() => lives(leftIdentity), { timeout: deadlineMs }).toBe(false)
  expect(lives(innocentIdentity)).toBe(true)
  expect(existsSync(abandoned)).toBe(false)
})

function sleeper(): ChildProcess {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' })
  cleanups.push(() => void child.kill('SIGKILL'))
  return child
}

async function labInAnotherProcess(): Promise<{ readonly child: ChildProcess; readonly folder: string }> {
  const script = fileURLToPath(new URL('../../support/lab-process.ts', import.meta.url))
  const child = spawn(process.execPath, [script, JSON.stringify(onePop)], { stdio: ['ignore', 'pipe', 'inherit'] })
  cleanups.push(() => void child.kill('SIGKILL'))
  const [folder] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, folder: folder.toString().trim() }
}
