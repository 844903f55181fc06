/** Graceful restart (RFC 4724) of a daemon that Herald configures: paths first, then neighbors, so that none is missed. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Asn } from '../../../src/bgp/asn.ts'
import { connectGobgp } from '../../../src/speaker/gobgp/connect.ts'
import { eventually } from '../../support/eventually.ts'
import { freePort, gobgpVersions, loopbackAddress, startGobgpd } from '../../support/gobgpd.ts'
import { asn, established, neighborConfig, options } from './backend.ts'
import { address, path, prefix } from './routes.ts'

const closing: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

describe.each(gobgpVersions)('gobgpd of %s', (version) => {
  test('killed and filled again: the neighbor keeps what came again all the while, and drops the rest', async () => {
    const own = loopbackAddress()
    const neighbor = await startGobgpd({ asn: 64601, config: helper(own) })
    const daemon = await startGobgpd({ version, address: own, bgpPort: await freePort(own) })
    const speaker = connectGobgp({ endpoint: daemon.endpoint })
    const itself = connectGobgp({ endpoint: neighbor.endpoint })
    closing.push(
      neighbor.stop,
      daemon.stop,
      () => speaker.close(),
      () => itself.close(),
    )
    const there = { address: address(neighbor.address), asn: 64601 as Asn }
    const session = { localAddress: address(own), remotePort: neighbor.bgpPort, gracefulRestartSeconds: 20 }
    const fill = async (texts: readonly string[], restarting: boolean) => {
      const listen = { listenPort: daemon.bgpPort, listenAddresses: [address(own)] }
      await speaker.start({ asn, routerId: address(own), ...listen }, options)
      const policy = { asn, neighbors: [{ address: there.address, number: 1 }], treatments: [] }
      expect(await speaker.ensureExportPolicy(policy, options)).toBe('installed')
      await speaker.announce(
        texts.map((text) => path(text)),
        options,
      )
      await speaker.addNeighbor(neighborConfig(there, { ...session, restarting }), options)
    }
    const heard = async () => (await itself.rib('all', options)).map((one) => one.prefix).toSorted()

    await fill(['192.0.2.0/24', '198.51.100.0/24'], false)
    await established(speaker, 1)
    await eventually(5000, async () => expect(await heard()).toEqual(['192.0.2.0/24', '198.51.100.0/24']))

    await daemon.restart()
    expect(await heard()).toEqual(['192.0.2.0/24', '198.51.100.0/24'])
    await eventually(5000, () => speaker.global(options))
    await fill(['192.0.2.0/24'], true)
    await eventually(20_000, async () => {
      const now = await heard()
      if (!now.includes(prefix('192.0.2.0/24'))) throw new Gap('the neighbor lost a route that was announced again')
      expect(now).toEqual(['192.0.2.0/24'])
    })
    await established(speaker, 1)
    expect(gaps).toBe(0)
  })

  test('a neighbor that stays down holds nothing back from the others', async () => {
    const own = loopbackAddress()
    const neighbor = await startGobgpd({ asn: 64601, config: helper(own) })
    const daemon = await startGobgpd({ version, address: own, bgpPort: await freePort(own) })
    const speaker = connectGobgp({ endpoint: daemon.endpoint })
    const itself = connectGobgp({ endpoint: neighbor.endpoint })
    closing.push(
      neighbor.stop,
      daemon.stop,
      () => speaker.close(),
      () => itself.close(),
    )
    const there = { address: address(neighbor.address), asn: 64601 as Asn }
    const dead = { address: address(loopbackAddress()), asn: 64602 as Asn }
    const session = { localAddress: address(own), gracefulRestartSeconds: 20, restarting: true }
    await speaker.start(
      { asn, routerId: address(own), listenPort: daemon.bgpPort, listenAddresses: [address(own)] },
      options,
    )
    const neighbors = [there, dead].map((one, number) => ({ address: one.address, number: number + 1 }))
    await speaker.ensureExportPolicy({ asn, neighbors, treatments: [] }, options)
    await speaker.announce([path('192.0.2.0/24')], options)
    await speaker.addNeighbor(neighborConfig(dead, { ...session, remotePort: daemon.bgpPort }), options)
    await speaker.addNeighbor(neighborConfig(there, { ...session, remotePort: neighbor.bgpPort }), options)
    await established(speaker, 1)
    const heard = async () => (await itself.rib('all', options)).map((one) => one.prefix)
    await eventually(5000, async () => expect(await heard()).toEqual(['192.0.2.0/24']))
    await speaker.withdraw([{ prefix: prefix('192.0.2.0/24'), identifier: 0 }], options)
    await eventually(5000, async () => expect(await heard()).toEqual([]))
  })
})

let gaps = 0

class Gap extends Error {
  constructor(message: string) {
    super(message)
    gaps++
  }
}

/** TOML of a neighbor that keeps our routes for 20 s while we restart. */
function helper(restarting: string): string {
  const family = (name: string) => `
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "${name}"
    [neighbors.afi-safis.mp-graceful-restart.config]
      enabled = true`
  return `
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${restarting}"
    peer-as = ${asn}
  [neighbors.transport.config]
    passive-mode = true
  [neighbors.graceful-restart.config]
    enabled = true
    restart-time = 20
${family('ipv4-unicast')}
${family('ipv6-unicast')}
`
}
