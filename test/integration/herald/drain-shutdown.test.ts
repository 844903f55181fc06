/**
 * Drains that shut sessions down (RFC 9003), on real daemons and with BIRD at the other end: what the other side is shown,
 * that its routes were gone before, and how all of it comes back. One neighbor is Herald's, one of gobgpd's own file.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AlarmListView } from '../../../src/api/wire/alarm.ts'
import type { DrainView } from '../../../src/api/wire/drain.ts'
import type { ProofView } from '../../../src/api/wire/revision.ts'
import type { NeighborView } from '../../../src/api/wire/speaker.ts'
import { type Bird, startBird } from '../../support/bird.ts'
import { type CommandLine, commandLine } from '../../support/command-line.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import {
  type Gobgpd,
  type GobgpVersion,
  freePort,
  loopbackAddress,
  startGobgpd,
  neighborTable,
} from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'

const prefix = '203.0.113.0/24'
const words = 'maintenance until 14:00Z, NOC +49 69 1234, 30 €'
const withinMs = 30_000
const why = ['--reason', 'a test']

describe.each([
  ['GoBGP 3.36', 'trixie'],
  ['GoBGP 4.8', 'forky'],
] as const)('%s', (_, version) => {
  let managed: Bird
  let own: Bird
  let daemon: Gobgpd
  let others: readonly Gobgpd[]
  let controller: Controller
  let herald: CommandLine

  beforeAll(async () => {
    const address = loopbackAddress()
    const port = await freePort(address)
    const session = { name: 's0', address, port, asn: networkAsn }
    managed = await startBird(64496, () => [session])
    own = await startBird(64497, () => [session])
    daemon = await startDaemon(version, address, port, own)
    others = await Promise.all([1, 2].map(() => startGobgpd({ asn: networkAsn })))
    controller = await startController()
    herald = commandLine(controller)
    await controller.apply([...documents(), { kind: 'Prefix', name: prefix, spec: { at: ['all'] } }])
    await eventually(withinMs, async () => expect(await heard()).toEqual(['managed', 'own']))
  }, 90_000)

  afterEach(async () => {
    const { drains } = await controller.expect<{ drains: readonly DrainView[] }>('GET', '/v1/drains')
    for (const { id } of drains) await herald('undrain', id, ...why)
    await eventually(withinMs, async () => expect(await heard()).toEqual(['managed', 'own']))
    await eventually(withinMs, async () => expect((await neighbors()).map(stateText)).toEqual(['managed up', 'own up']))
  }, 90_000)

  afterAll(async () => {
    await controller?.stop()
    await Promise.all([daemon, ...(others ?? [])].map((one) => one?.stop()))
    await managed?.stop()
    await own?.stop()
  })

  it('tells both neighbors when their routes are gone, and raises no alarm; undrained, routes come before sessions', async () => {
    const drained = await herald('drain', 'pop-s0', '--for', '1h', '--shutdown', words, '--wait', ...why)
    expect(`${drained.code} ${drained.err}`).toBe('0 ')
    expect(drained.out).toMatch(/out of traffic, with 2 sessions shut, until /)
    for (const bird of [managed, own]) {
      expect(await bird.communication('s0')).toBe(words)
      expect((await bird.farewells()).slice(-2)).toEqual([`removed ${prefix}`, 'closed s0'])
    }
    const { out } = await herald('show', 'neighbor', 's0')
    expect(out.match(/shut by Drain\/drain-\w+/g)).toHaveLength(2)
    expect((await herald('drains')).out).toContain('with 2 sessions shut')
    expect(await alarms()).toEqual([])

    const back = await herald('undrain', 'pop-s0', '--wait', '-o', 'json', ...why)
    expect(`${back.code} ${back.err}`).toBe('0 ')
    const proof = JSON.parse(back.out.slice(back.out.lastIndexOf('\n{'))) as ProofView
    const [site] = proof.speakers
    expect(site).toMatchObject({ speaker: 's0', neighbors: 2 })
    expect(site?.ribMs).toBeLessThan(2000)
    expect(site?.adjOutMs).toBeGreaterThan(site?.ribMs ?? Infinity)
    expect(await heard()).toEqual(['managed', 'own'])
    expect(await alarms()).toEqual([])
  }, 120_000)

  it('a daemon that restarts keeps them shut, whoever configured them', async () => {
    await drainWith('--shutdown', words)
    await daemon.restart()
    await eventually(withinMs, async () =>
      expect((await neighbors()).map(stateText)).toEqual(['managed shut', 'own shut']),
    )
    await passes(10_000) // longer than either side waits before it calls again
    expect((await neighbors()).map(stateText)).toEqual(['managed shut', 'own shut'])
    expect(await alarms()).toEqual([])
  }, 120_000)

  it('a session that a person has shut is left alone, before and after', async () => {
    await daemon.cli('neighbor', own.address, 'disable')
    await eventually(withinMs, async () => expect((await neighbors()).map(stateText)).toContain('own down'))
    const drained = await herald('drain', 'pop-s0', '--shutdown', words, '--wait', ...why)
    expect(`${drained.code} ${drained.err}`).toBe('0 ')
    expect((await herald('show', 'neighbor', 's0')).out).toContain('admin down, not by Herald')
    expect((await herald('undrain', 'pop-s0', '--wait', ...why)).code).toBe(0)
    expect((await neighbors()).map(stateText)).toEqual(['managed up', 'own down'])
    await daemon.cli('neighbor', own.address, 'enable')
  }, 120_000)

  it('one neighbor alone is told, and the other goes on hearing the prefix', async () => {
    await drainWith('--shutdown', words, '--neighbor', 'own')
    expect(await own.communication('s0')).toBe(words)
    expect((await own.farewells()).slice(-2)).toEqual([`removed ${prefix}`, 'closed s0'])
    expect(await heard()).toEqual(['managed'])
    expect((await neighbors()).map(stateText)).toEqual(['managed up', 'own shut'])
    expect(await alarms()).toEqual([])
  }, 120_000)

  it('a drain that expires opens them by itself; while no controller runs nothing moves', async () => {
    await drainWith('--shutdown', words, '--for', '15s')
    await controller.kill()
    await passes(16_000)
    expect((await daemonNeighbors()).every((line) => /Idle/i.test(line))).toBe(true)
    expect(await daemon.cli('global', 'rib')).not.toContain(prefix)
    await controller.restart()
    await eventually(withinMs, async () => expect(await daemon.cli('global', 'rib')).toContain(prefix))
    await eventually(withinMs, async () => expect(await heard()).toEqual(['managed', 'own']))
  }, 120_000)

  async function drainWith(...options: readonly string[]): Promise<void> {
    const target = options.includes('--neighbor') ? [] : ['pop-s0']
    const { code, err } = await herald('drain', ...target, ...options, '--wait', ...why)
    expect(`${code} ${err}`).toBe('0 ')
  }

  async function heard(): Promise<readonly string[]> {
    const has = async (bird: Bird) => (await bird.routes()).has(`s0 ${prefix}`)
    return [...((await has(managed)) ? ['managed'] : []), ...((await has(own)) ? ['own'] : [])]
  }

  async function neighbors(): Promise<readonly NeighborView[]> {
    const list = await controller.expect<{ neighbors: readonly NeighborView[] }>('GET', '/v1/speakers/s0/neighbors')
    return list.neighbors.toSorted((a, b) => ((a.id ?? '') < (b.id ?? '') ? -1 : 1))
  }

  async function daemonNeighbors(): Promise<readonly string[]> {
    const lines = (await daemon.cli('neighbor')).split('\n')
    return lines.filter((line) => line.startsWith('127.'))
  }

  async function alarms(): Promise<readonly string[]> {
    const list = await controller.expect<AlarmListView>('GET', '/v1/alarms?state=open')
    return list.alarms.map(({ message }) => message)
  }

  function documents() {
    const place = { id: 'managed', speaker: 's0', address: managed.address, asn: managed.asn }
    const made = networkDocuments(
      [daemon, ...others].map(({ endpoint }, i) => ({ id: `s${i}`, endpoint })),
      [{ ...place, localAddress: daemon.address, remotePort: managed.port }],
    )
    const spec = { speaker: 's0', address: own.address, asn: own.asn, kind: 'peer', managed: false }
    return [...made, { kind: 'Neighbor' as const, name: 'own', spec: { ...spec, families: ['ipv4'] } }]
  }
})

function stateText({ id, state, adminDown, shutBy }: NeighborView): string {
  if (adminDown === true) return `${id} ${shutBy === undefined ? 'down' : 'shut'}`
  return `${id} ${state === 'established' ? 'up' : 'coming'}`
}

function startDaemon(version: GobgpVersion, address: string, port: number, own: Bird): Promise<Gobgpd> {
  const config = neighborTable(own, address)
  return startGobgpd({ version, asn: networkAsn, address, bgpPort: port, routerId: '192.0.2.1', config })
}

/** Long enough for something to happen that must not. */
async function passes(ms: number): Promise<void> {
  const from = performance.now()
  await eventually(ms + withinMs, async () => expect(performance.now() - from).toBeGreaterThan(ms))
}
