/** What is proved toward a neighbor while a daemon restarts and holds everything back from it (RFC 4724, 4.1). */
import { afterEach, expect, test } from 'vitest'
import type { Asn } from '../../../src/bgp/asn.ts'
import type { DesiredSpeaker } from '../../../src/intent/desired.ts'
import type { NeighborId, PopId, SpeakerId } from '../../../src/intent/model.ts'
import { proveAdjOut } from '../../../src/jobs/adj-out.ts'
import { connectGobgp } from '../../../src/speaker/gobgp/connect.ts'
import { eventually } from '../../support/eventually.ts'
import { freePort, loopbackAddress, startGobgpd } from '../../support/gobgpd.ts'
import { asn, established, options } from '../speaker/backend.ts'
import { address, path } from '../speaker/routes.ts'

const closing: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const deferralSeconds = 4

test('a neighbor that a restarting daemon sends nothing yet proves nothing, whatever its adj-out says', async () => {
  const own = loopbackAddress()
  const bgpPort = await freePort(own)
  const upstream = await startGobgpd({ asn: 64601, config: neighborText(own, asn, { passive: true }) })
  const nobody = loopbackAddress()
  const config = [
    neighborText(upstream.address, 64601, { remotePort: upstream.bgpPort, localAddress: own }),
    neighborText(nobody, 64602, { remotePort: bgpPort, localAddress: own }),
  ].join('')
  const daemon = await startGobgpd({ asn, address: own, bgpPort, config, args: ['--graceful-restart'] })
  const speaker = connectGobgp({ endpoint: daemon.endpoint })
  const itself = connectGobgp({ endpoint: upstream.endpoint })
  closing.push(
    upstream.stop,
    daemon.stop,
    () => speaker.close(),
    () => itself.close(),
  )
  const policy = { asn, neighbors: [{ address: address(upstream.address), number: 1 }], treatments: [] }
  await speaker.ensureExportPolicy(policy, options)
  const route = path('192.0.2.0/24')
  await speaker.announce([route], options)
  await established(speaker, 1)

  const target = { kind: 'announce', attributes: route.attributes, revision: 1 } as const
  const targets = [{ prefix: route.prefix, target, generation: 1 }]
  const { signal } = new AbortController()
  const prove = async () => {
    const configured = desired(daemon.endpoint, upstream.address)
    const neighbors = await speaker.neighbors(options)
    return proveAdjOut(speaker, neighbors, { configured, targets, refused: new Map() }, signal, () => 7)
  }
  expect(await prove()).toEqual({
    neighbors: 0,
    problems: new Map([[route.prefix, expect.stringContaining('is sent nothing yet')]]),
  })
  expect(await itself.rib('all', options)).toEqual([])

  await eventually(10_000, async () => expect(await prove()).toEqual({ neighbors: 1, problems: new Map(), atMs: 7 }))
  await eventually(1000, async () => expect(await itself.rib('all', options)).toHaveLength(1))
})

function desired(endpoint: string, upstream: string): DesiredSpeaker {
  return {
    speaker: 'fra-1' as SpeakerId,
    pop: 'fra' as PopId,
    asn,
    endpoint,
    treatments: [],
    neighbors: [
      {
        id: 'fra-transit' as NeighborId,
        speaker: 'fra-1' as SpeakerId,
        address: address(upstream),
        asn: 64601 as Asn,
        kind: 'transit',
        managed: false,
        families: ['ipv4', 'ipv6'],
        attributes: {},
        session: {
          passive: false,
          holdTimeSeconds: 9,
          keepaliveSeconds: 3,
          connectRetrySeconds: 1,
          gracefulRestartSeconds: 20,
        },
      },
    ],
  }
}

interface NeighborSession {
  readonly passive?: boolean
  readonly remotePort?: number
  readonly localAddress?: string
}

/** TOML of a neighbor with graceful restart. */
function neighborText(neighbor: string, peerAsn: number, session: NeighborSession): string {
  const { passive = false, remotePort = 0, localAddress } = session
  return `
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${neighbor}"
    peer-as = ${peerAsn}
  [neighbors.timers.config]
    connect-retry = 1
    hold-time = 9
  [neighbors.transport.config]
    passive-mode = ${passive}
    remote-port = ${remotePort}
    ${localAddress === undefined ? '' : `local-address = "${localAddress}"`}
  [neighbors.graceful-restart.config]
    enabled = true
    restart-time = 20
    deferral-time = ${deferralSeconds}
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv4-unicast"
    [neighbors.afi-safis.mp-graceful-restart.config]
      enabled = true
`
}
