/** BGP's own detection on real daemons: sessions that are lost, limited or run dry become alarms, and move no route. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, freePort, loopbackAddress, startGobgpd } from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'

const withinMs = 20_000
const neighborAsn = 64496

let daemon: Gobgpd
let neighbor: Gobgpd
let controller: Controller

beforeAll(async () => {
  const [ours, theirs] = [loopbackAddress(), loopbackAddress()]
  const [ourPort, theirPort] = [await freePort(ours), await freePort(theirs)]
  neighbor = await startGobgpd({
    asn: neighborAsn,
    address: theirs,
    bgpPort: theirPort,
    config: sessionToml({ address: ours, asn: networkAsn, local: theirs, port: ourPort, passive: true }),
  })
  daemon = await startGobgpd({
    asn: networkAsn,
    address: ours,
    bgpPort: ourPort,
    config: sessionToml({ address: theirs, asn: neighborAsn, local: ours, port: theirPort, maxPrefixes: 30 }),
  })
  controller = await startController()
  await controller.apply([
    ...networkDocuments([{ id: 's0', endpoint: daemon.endpoint }]),
    {
      kind: 'Neighbor',
      name: 'line',
      spec: { speaker: 's0', address: theirs, asn: neighborAsn, kind: 'transit', managed: false },
    },
  ])
  await announce(20)
  await eventually(withinMs, async () => expect(await daemon.cli('neighbor')).toMatch(/Establ.*\|\s+20\s+20/))
}, 60_000)

afterAll(async () => {
  await controller?.stop()
  await daemon?.stop()
  await neighbor?.stop()
})

it('prefixes that a neighbor takes back are an alarm until it gives them again', async () => {
  await eventually(withinMs, async () => expect((await line()).received).toBe(20))
  await pause() // long enough that the controller has counted them
  await neighbor.cli('global', 'rib', 'del', 'all')
  await eventually(withinMs, async () => expect(await open()).toEqual(['prefixes-lost']))
  await announce(20)
  await eventually(withinMs, async () => expect(await open()).toEqual([]))
})

it('a session that is lost is an alarm, told at once, until it is established again', async () => {
  await neighbor.kill()
  await eventually(withinMs, async () => expect(await open()).toEqual(['session-down']))
  const { alarms } = await controller.expect<{ alarms: readonly Alarm[] }>('GET', '/v1/alarms?state=open')
  expect(alarms[0]).toMatchObject({
    id: 'session-down/session/s0/line',
    severity: 'critical',
    labels: { pop: 'pop-s0' },
  })
  await eventually(withinMs, async () => expect((await line()).losses).toBe(1))
  await neighbor.restart()
  await eventually(withinMs, async () => expect(await open()).toEqual([]))
})

it('a speaker that cannot be read is an alarm, and nothing is said of its sessions', async () => {
  daemon.pause()
  await eventually(withinMs, async () => expect(await open()).toEqual(['speaker-unknown']))
  daemon.resume()
  await eventually(withinMs, async () => expect(await open()).toEqual([]))
}, 60_000)

it('a neighbor that exceeds its prefix limit is said to, and its session is lost', async () => {
  await announce(40)
  await eventually(withinMs, async () => expect(await open()).toContain('session-down'))
  await eventually(withinMs, async () => expect((await line()).prefixLimit).toBe(true))
  await eventually(withinMs, async () => {
    const { alarms } = await controller.expect<{ alarms: readonly Alarm[] }>('GET', '/v1/alarms?state=open')
    expect(alarms.map(({ message }) => message).join()).toContain('more prefixes than its limit')
  })
})

it('GoBGP 3 has no BFD: a neighbor that asks for it is held with the reason, and the others are added', async () => {
  const old = await startGobgpd({ version: 'trixie', asn: networkAsn })
  try {
    await controller.apply([
      ...networkDocuments(
        [{ id: 's1', endpoint: old.endpoint }],
        [
          { id: 'plain', speaker: 's1', address: loopbackAddress(), asn: neighborAsn, passive: true },
          { id: 'fast', speaker: 's1', address: loopbackAddress(), asn: neighborAsn, passive: true },
        ],
      ).map((document) => (document.name === 'fast' ? withBfd(document) : document)),
      { kind: 'Prefix', name: '203.0.113.0/24', spec: { at: ['pop-s1'] } },
    ])
    await eventually(withinMs, async () => {
      const { problem } = await controller.expect<{ problem?: string }>('GET', '/v1/speakers/s1')
      expect(problem).toContain('GoBGP 3 has no BFD, which Neighbor/fast asks for')
    })
    const { neighbors } = await controller.expect<{ neighbors: readonly Line[] }>(
      'GET',
      '/v1/speakers/s1/neighbors?live=true',
    )
    expect(neighbors.map(({ id, state }) => `${id} ${state === 'unknown' ? 'absent' : 'there'}`)).toEqual(
      expect.arrayContaining(['plain there', 'fast absent']),
    )
    await eventually(withinMs, async () => expect(await old.cli('global', 'rib')).toContain('203.0.113.0/24'))
  } finally {
    await old.stop()
  }
})

interface Alarm {
  readonly id: string
  readonly kind: string
  readonly message: string
}

interface Line {
  readonly id: string
  readonly state: string
  readonly received: number
  readonly losses?: number
  readonly prefixLimit?: boolean
}

async function open(): Promise<readonly string[]> {
  const { alarms } = await controller.expect<{ alarms: readonly Alarm[] }>('GET', '/v1/alarms?state=open')
  return alarms.map(({ kind }) => kind)
}

async function line(): Promise<Line> {
  const { neighbors } = await controller.expect<{ neighbors: readonly Line[] }>('GET', '/v1/speakers/s0/neighbors')
  return neighbors.find(({ id }) => id === 'line') as Line
}

/** What watchers store is read every two seconds; one change of Redis' revision is waited for instead of a time. */
async function pause(): Promise<void> {
  const from = performance.now()
  await eventually(withinMs, async () => expect(performance.now() - from).toBeGreaterThan(2500))
}

async function announce(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await neighbor.cli('global', 'rib', 'add', `198.18.${i}.0/24`)
}

function withBfd(document: ReturnType<typeof networkDocuments>[number]): ReturnType<typeof networkDocuments>[number] {
  const spec = document.spec as { readonly session: object }
  return {
    ...document,
    spec: { ...spec, session: { ...spec.session, ebgpMultihop: undefined, bfd: { intervalMs: 300 } } },
  }
}

function sessionToml(session: {
  readonly address: string
  readonly asn: number
  readonly local: string
  readonly port: number
  readonly passive?: boolean
  readonly maxPrefixes?: number
}): string {
  const limit =
    session.maxPrefixes === undefined
      ? ''
      : `
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv4-unicast"
    [neighbors.afi-safis.prefix-limit.config]
      max-prefixes = ${session.maxPrefixes}`
  return `
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${session.address}"
    peer-as = ${session.asn}
  [neighbors.transport.config]
    remote-port = ${session.port}
    local-address = "${session.local}"
    passive-mode = ${session.passive === true}
  [neighbors.timers.config]
    connect-retry = 1
    idle-hold-time-after-reset = 1
  [neighbors.ebgp-multihop.config]
    enabled = true
    multihop-ttl = 8${limit}
`
}
