/**
 * Vantage routers end to end: our gobgpd announces to a BIRD, which tells it on to a collector of either version; the
 * collector hears a stranger as well. What it sees is known, wrong origins are alarms at once, and a collector that dies says
 * nothing.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AlarmListView } from '../../../src/api/wire/alarm.ts'
import type { CollectorListView, SeenListView } from '../../../src/api/wire/collector.ts'
import type { ProofView } from '../../../src/api/wire/revision.ts'
import { type Bird, startBird } from '../../support/bird.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, freePort, gobgpVersions, loopbackAddress, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'

const prefix = '203.0.113.0/24'
const first = '10.1.0.0/16'
const birdAsn = 64496
const strangerAsn = 64666
const withinMs = 30_000
const options = { timeout: 60_000 }

describe.each(gobgpVersions)('a collector of %s', (version) => {
  let ours: Gobgpd
  let collector: Gobgpd
  let stranger: Gobgpd
  let bird: Bird
  let controller: Controller

  beforeAll(async () => {
    const place = async (asn: number) => {
      const address = loopbackAddress()
      return { address, port: await freePort(address), asn }
    }
    const [site, rrc, other] = [await place(networkAsn), await place(64512), await place(strangerAsn)]
    bird = await startBird(birdAsn, () => [
      { name: 's0', ...site },
      { name: 'rrc', ...rrc, isTold: true },
    ])
    const session = (
      one: { readonly address: string; readonly port: number; readonly asn: number },
      passive: boolean,
    ) => ({
      ...one,
      passive,
    })
    collector = await startGobgpd({
      version,
      asn: rrc.asn,
      address: rrc.address,
      bgpPort: rrc.port,
      config: [session(bird, false), session(other, true)].map((one) => sessionToml(one, rrc.address)).join('\n'),
    })
    stranger = await startGobgpd({
      asn: other.asn,
      address: other.address,
      bgpPort: other.port,
      config: sessionToml(session(rrc, false), other.address),
    })
    ours = await startGobgpd({ asn: networkAsn, address: site.address, bgpPort: site.port })
    controller = await startController()
    await controller.apply([
      ...networkDocuments(
        [{ id: 's0', endpoint: ours.endpoint }],
        [
          {
            id: 'line',
            speaker: 's0',
            address: bird.address,
            asn: bird.asn,
            localAddress: site.address,
            remotePort: bird.port,
          },
        ],
      ),
      { kind: 'Collector', name: 'rrc1', spec: { endpoint: collector.endpoint, label: 'AS64512', seenWithin: '2s' } },
    ])
    await eventually(withinMs, async () => {
      const [rrc1] = (await controller.expect<CollectorListView>('GET', '/v1/collectors')).collectors
      expect(rrc1).toMatchObject({ reach: 'up', asn: 64512 })
      expect(rrc1?.neighbors.filter(({ state }) => state === 'established')).toHaveLength(2)
    })
    // A daemon that has just been given its neighbors may wait for their End-of-RIB before it tells them anything.
    await publish(['pop-s0'], first)
    await eventually(withinMs, async () => expect((await sights(first))[0]?.collectors[0]?.sight).toBe('seen'))
    await withdrawEverywhere(first)
    await eventually(withinMs, async () => expect((await sights(first))[0]?.collectors[0]?.sight).toBe('not-seen'))
    await controller.expect('DELETE', `/v1/documents/Prefix/${first}?reason=test`)
  }, 90_000)

  afterAll(async () => {
    await controller?.stop()
    await Promise.all([ours, collector, stranger].map((daemon) => daemon?.stop()))
    await bird?.stop()
  }, 30_000)

  test(
    'an announced prefix is seen by it, by which path and since when, and the proof says after how many ms',
    options,
    async () => {
      const revision = await publish(['pop-s0'])
      await eventually(withinMs, async () => expect((await proof(revision)).routers?.state).toBe('seen'))
      const { routers, doneMs } = await proof(revision)
      console.log(`${version}: done after ${doneMs} ms, seen by the collector after ${routers?.atMs} ms`)
      expect(routers).toMatchObject({
        prefixes: [{ prefix, wanted: true, state: 'seen' }],
        routers: [{ collector: 'rrc1', now: 'seen' }],
      })
      expect(routers?.atMs).toBeGreaterThan(0)
      expect(routers?.atMs).toBeLessThan(withinMs)
      const [seen] = await sights()
      expect(seen?.collectors[0]).toMatchObject({
        sight: 'seen',
        paths: [
          { asPath: [birdAsn, networkAsn], origin: networkAsn, wrongOrigin: false, best: true, from: bird.address },
        ],
      })
      expect(await open()).toEqual([])
    },
  )

  test(
    'a more specific by another AS is an alarm at once, and moves no route; it ends when the stranger stops',
    options,
    async () => {
      const head = await headRevision()
      const hijacked = '203.0.113.128/25'
      await stranger.cli('global', 'rib', 'add', hijacked)
      const id = `wrong-origin/${hijacked} AS${strangerAsn}`
      const began = performance.now()
      await eventually(withinMs, async () => expect(await open()).toEqual([id]))
      console.log(`${version}: hijack → alarm ${Math.round(performance.now() - began)} ms`)
      const { alarms } = await controller.expect<AlarmListView>('GET', '/v1/alarms?state=open')
      expect(alarms[0]).toMatchObject({
        severity: 'critical',
        labels: { prefix: hijacked, origin: String(strangerAsn) },
      })
      expect(alarms[0]?.message).toContain(`more specific than ${prefix}`)
      expect((await sights()).map((one) => one.prefix)).toEqual([prefix, hijacked])
      await stranger.cli('global', 'rib', 'del', hijacked)
      await eventually(withinMs, async () => expect(await open()).toEqual([]))
      expect(await headRevision()).toBe(head)
      expect(await ours.cli('global', 'rib')).toContain(prefix)
    },
  )

  test(
    'a more specific with our own AS forged behind a stranger is an alarm; what we announce and withdraw ourselves is none',
    options,
    async () => {
      const [forged, genuine] = ['203.0.113.128/25', '203.0.113.0/25']
      const began = performance.now()
      await stranger.cli('global', 'rib', 'add', forged, 'aspath', String(networkAsn))
      // As long as the stranger's is looked at, ours comes and goes.
      await publish(['pop-s0'], genuine)
      await eventually(withinMs, async () => expect((await sights(genuine))[0]?.collectors[0]?.sight).toBe('seen'))
      await eventually(withinMs, async () => expect(await open()).toEqual([`forged-origin/${forged}`]))
      console.log(`${version}: forged origin → alarm ${Math.round(performance.now() - began)} ms`)
      const { alarms } = await controller.expect<AlarmListView>('GET', '/v1/alarms?state=open')
      expect(alarms[0]).toMatchObject({
        severity: 'critical',
        labels: { prefix: forged, beside: String(strangerAsn), collector: 'rrc1' },
      })
      expect(alarms[0]?.message).toContain(
        `${forged} in our ${prefix} is seen with our AS${networkAsn} as its origin, and no speaker of ours announces it`,
      )
      expect(alarms[0]?.message).toContain(`by AS${strangerAsn} (no neighbor of ours)`)
      await withdrawEverywhere(genuine)
      await eventually(withinMs, async () => expect((await sights(genuine))[0]?.collectors[0]?.sight).toBe('not-seen'))
      await controller.expect('DELETE', `/v1/documents/Prefix/${genuine}?reason=test`)
      await stranger.cli('global', 'rib', 'del', forged)
      await eventually(withinMs, async () => expect(await open()).toEqual([]))
      const ever = await controller.expect<AlarmListView>('GET', '/v1/alarms')
      expect(ever.alarms.map(({ id }) => id)).not.toContain(`forged-origin/${genuine}`)
    },
  )

  test(
    'our own prefix with a stranger beside our AS is one, until the Network document says that it may stand there',
    { timeout: 90_000 },
    async () => {
      await stranger.cli('global', 'rib', 'add', prefix, 'aspath', String(networkAsn))
      // It is not the best path: looked at within half a minute, then it must last.
      await eventually(45_000, async () => expect(await open()).toEqual([`forged-path/${prefix}`]))
      const network = { asn: networkAsn, drainSeconds: 0 }
      await controller.apply([{ kind: 'Network', name: 'test', spec: { ...network, adjacent: [strangerAsn] } }])
      await eventually(withinMs, async () => expect(await open()).toEqual([]))
      await stranger.cli('global', 'rib', 'del', prefix)
      await controller.apply([{ kind: 'Network', name: 'test', spec: network }])
    },
  )

  test(
    'the same prefix by another AS is one, though our own path is there as well; a pool may allow it',
    options,
    async () => {
      await stranger.cli('global', 'rib', 'add', prefix)
      await eventually(withinMs, async () => expect(await open()).toEqual([`wrong-origin/${prefix} AS${strangerAsn}`]))
      const pool = { prefixes: ['10.0.0.0/8', prefix, '2001:db8::/32'] }
      await controller.apply([{ kind: 'Pool', name: 'service', spec: { ...pool, origins: [strangerAsn] } }])
      await eventually(withinMs, async () => expect(await open()).toEqual([]))
      await stranger.cli('global', 'rib', 'del', prefix)
      await controller.apply([{ kind: 'Pool', name: 'service', spec: pool }])
    },
  )

  test('what a stranger announces elsewhere is nobody’s business here', options, async () => {
    await stranger.cli('global', 'rib', 'add', '198.18.0.0/15')
    await stranger.cli('global', 'rib', 'add', '203.0.112.0/20') // less specific than ours
    await stranger.cli('global', 'rib', 'add', '203.0.113.0/26')
    await eventually(withinMs, async () =>
      expect(await open()).toEqual([`wrong-origin/203.0.113.0/26 AS${strangerAsn}`]),
    )
    expect((await sights()).map((one) => one.prefix)).toEqual([prefix, '203.0.113.0/26'])
    for (const one of ['198.18.0.0/15', '203.0.112.0/20', '203.0.113.0/26'])
      await stranger.cli('global', 'rib', 'del', one)
    await eventually(withinMs, async () => expect(await open()).toEqual([]))
  })

  test(
    'a collector that dies says nothing: its own alarm comes, and no other; back, it sees again',
    options,
    async () => {
      await collector.kill()
      await eventually(withinMs, async () => expect(await open()).toEqual(['collector-unknown/rrc1']))
      expect((await sights())[0]?.collectors[0]?.sight).toBe('unknown')
      await collector.restart()
      await eventually(withinMs, async () => {
        expect((await sights())[0]?.collectors[0]?.sight).toBe('seen')
        // What the leader itself knows, not only what is stored for it.
        const metrics = await controller.expect<string>('GET', '/metrics')
        expect(metrics).toContain('herald_seen_prefixes{collector="rrc1",state="seen"} 1')
        expect(await open()).toEqual([])
      })
    },
  )

  test(
    'a prefix that nobody outside hears is an alarm, and so is one that is withdrawn and still there',
    options,
    async () => {
      // BIRD's neighbor dies on it: the route is announced and proved at s0, and seen nowhere.
      await stranger.kill()
      await bird.stop()
      await eventually(withinMs, async () =>
        expect(await open()).toEqual(expect.arrayContaining(['collector-unknown/rrc1'])),
      )
      expect(await open()).not.toContain(`not-seen/${prefix}`)
      await stranger.restart()
      await eventually(withinMs, async () =>
        expect(await open()).toEqual(expect.arrayContaining([`not-seen/${prefix}`])),
      )
      await stranger.cli('global', 'rib', 'add', '-a', 'ipv4', prefix, 'aspath', String(networkAsn))
      await eventually(withinMs, async () => expect(await open()).not.toContain(`not-seen/${prefix}`))
      const revision = await withdrawEverywhere()
      await eventually(withinMs, async () => expect((await proof(revision)).state).toBe('done'))
      await eventually(withinMs, async () => expect(await open()).toContain(`still-seen/${prefix}`))
      await stranger.cli('global', 'rib', 'del', prefix)
      await eventually(withinMs, async () => {
        expect(await open()).not.toContain(`still-seen/${prefix}`)
        expect((await proof(revision)).routers).toMatchObject({ state: 'gone', prefixes: [{ prefix, wanted: false }] })
      })
    },
  )

  test('nothing was ever written to it', async () => {
    const { cli } = collector
    expect(await cli('global')).toMatch(/AS:\s+64512/)
    expect(await cli('policy')).not.toContain('herald')
    expect((await cli('neighbor')).trim().split('\n')).toHaveLength(3)
  })

  test('one that no document names any more is forgotten', options, async () => {
    await controller.expect('DELETE', '/v1/documents/Collector/rrc1?reason=over')
    await eventually(withinMs, async () => {
      expect((await controller.expect<CollectorListView>('GET', '/v1/collectors')).collectors).toEqual([])
      expect((await open()).filter((id) => id.startsWith('collector-unknown'))).toEqual([])
    })
  })

  async function publish(at: readonly string[], which = prefix): Promise<number> {
    const body = { prefix: which, at, reason: 'test' }
    return (await controller.expect<{ revision: number }>('POST', '/v1/prefixes/publish', body)).revision
  }

  async function withdrawEverywhere(which = prefix): Promise<number> {
    const body = { prefix: which, everywhere: true, reason: 'test', force: true }
    return (await controller.expect<{ revision: number }>('POST', '/v1/prefixes/withdraw', body)).revision
  }

  function proof(revision: number): Promise<ProofView> {
    return controller.expect<ProofView>('GET', `/v1/revisions/${revision}/proof`)
  }

  async function sights(which?: string): Promise<SeenListView['prefixes']> {
    const query = which === undefined ? '' : `?prefix=${encodeURIComponent(which)}`
    return (await controller.expect<SeenListView>('GET', `/v1/seen${query}`)).prefixes
  }

  async function open(): Promise<readonly string[]> {
    const { alarms } = await controller.expect<AlarmListView>('GET', '/v1/alarms?state=open')
    return alarms.map(({ id }) => id).filter((id) => !id.startsWith('session-'))
  }

  async function headRevision(): Promise<number> {
    return (await controller.expect<{ revision: number }>('GET', '/v1/status')).revision
  }
})

function sessionToml(
  neighbor: { readonly address: string; readonly asn: number; readonly port: number; readonly passive: boolean },
  local: string,
): string {
  return `
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${neighbor.address}"
    peer-as = ${neighbor.asn}
  [neighbors.transport.config]
    remote-port = ${neighbor.port}
    local-address = "${local}"
    passive-mode = ${neighbor.passive}
  [neighbors.timers.config]
    connect-retry = 1
    idle-hold-time-after-reset = 1
  [neighbors.ebgp-multihop.config]
    enabled = true
    multihop-ttl = 8
`
}
