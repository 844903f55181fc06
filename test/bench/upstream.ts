/**
 * One prefix, five real speakers, a BIRD router beside them: from the API's acceptance until the router's RIB has the
 * change from every speaker. The router is polled over its control socket, so a figure is at most one poll too high.
 */
import { startBird } from '../support/bird.ts'
import { startController } from '../support/controller.ts'
import { eventually } from '../support/eventually.ts'
import { freePort, loopbackAddress, startGobgpd } from '../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../support/network.ts'
import { figures, report } from './report.ts'

const speakers = 5
const changes = 100
const prefix = '203.0.113.0/24'

const places = await Promise.all(
  Array.from({ length: speakers }, async (_, i) => {
    const address = loopbackAddress()
    return { id: `s${i}`, address, bgpPort: await freePort(address) }
  }),
)
const daemons = await Promise.all(places.map(({ address }) => startGobgpd({ address })))
const bird = await startBird(64496, () =>
  places.map(({ id, address, bgpPort }) => ({ name: id, address, port: bgpPort, asn: networkAsn })),
)
const controller = await startController()
try {
  await controller.apply(
    networkDocuments(
      places.map(({ id, address, bgpPort }, i) => ({
        id,
        endpoint: daemons[i]?.endpoint ?? '',
        start: { routerId: `192.0.2.${i + 1}`, listenPort: bgpPort, listenAddresses: [address] },
      })),
      places.map(({ id, address }) => ({
        id: `${id}-transit`,
        speaker: id,
        address: bird.address,
        asn: bird.asn,
        localAddress: address,
        remotePort: bird.port,
      })),
    ),
  )
  await eventually(20_000, async () => {
    if ((await bird.sessions()).filter((line) => line.includes('Established')).length < speakers)
      throw new Error('not every session is up')
  })
  const heard: number[] = []
  for (let i = 0; i <= changes; i++) {
    const elapsedMs = await publish(i + 1)
    if (i > 0) heard.push(elapsedMs)
  }
  const upstream = figures(heard)
  report('upstream', [
    {
      what: `accept → change in an upstream router's RIB, from ${speakers} speakers`,
      unit: 'ms',
      herald: upstream,
      budget: 'p99 ≤ 1 s',
      met: upstream.p99 <= 1000,
    },
  ])
} finally {
  await controller.stop()
  await bird.stop()
  await Promise.all(daemons.map((daemon) => daemon.stop()))
}

/** Publishes with a new MED; answers ms from acceptance until the router has that MED from every speaker. */
async function publish(med: number): Promise<number> {
  const { revision } = await controller.expect<{ revision: number }>('POST', '/v1/prefixes/publish', {
    prefix,
    at: ['all'],
    attributes: { med },
    reason: 'benchmark',
  })
  const giveUpAt = Date.now() + 10_000
  for (;;) {
    const told = (await bird.attributes(prefix)).filter((line) => line === `BGP.med: ${med}`).length
    const heardAtMs = Date.now()
    if (told === speakers) {
      const { acceptedAt } = await controller.expect<{ acceptedAt: string }>('GET', `/v1/revisions/${revision}/proof`)
      return heardAtMs - Date.parse(acceptedAt)
    }
    if (heardAtMs > giveUpAt) throw new Error(`MED ${med} came from ${told} of ${speakers} speakers`)
  }
}
