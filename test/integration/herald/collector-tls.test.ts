/**
 * A vantage router behind TLS: with the right CA and name it is read; with a wrong one it is unknown, says why and what to
 * write, and nobody takes what it does not show for unseen.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AlarmListView } from '../../../src/api/wire/alarm.ts'
import type { CollectorListView, SeenListView } from '../../../src/api/wire/collector.ts'
import { type Controller, startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import {
  type Gobgpd,
  freePort,
  gobgpVersions,
  loopbackAddress,
  neighborTable,
  startGobgpd,
} from '../../support/gobgpd.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'
import { type Certificates, makeCertificates } from '../speaker/certificates.ts'

const prefix = '203.0.113.0/24'
const collectorAsn = 64512
const serverName = 'rrc1.example'
const withinMs = 30_000

describe.each(gobgpVersions)('a collector of %s behind TLS', (version) => {
  let certificates: Certificates
  let ours: Gobgpd
  let collector: Gobgpd
  let controller: Controller

  beforeAll(async () => {
    certificates = await makeCertificates(serverName)
    const [address, ourAddress] = [loopbackAddress(), loopbackAddress()]
    const [bgpPort, ourPort] = [await freePort(address), await freePort(ourAddress)]
    const us = { address: ourAddress, port: ourPort, asn: networkAsn }
    const tls = { ...certificates.server }
    const config = neighborTable(us, address)
    collector = await startGobgpd({ version, asn: collectorAsn, address, bgpPort, tls, config })
    ours = await startGobgpd({ asn: networkAsn, address: ourAddress, bgpPort: ourPort })
    controller = await startController()
    const line = {
      id: 'line',
      speaker: 's0',
      address,
      asn: collectorAsn,
      localAddress: ourAddress,
      remotePort: bgpPort,
    }
    await controller.apply(networkDocuments([{ id: 's0', endpoint: ours.endpoint }], [line]))
    await controller.expect('POST', '/v1/prefixes/publish', { prefix, at: ['pop-s0'], reason: 'test' })
    await watch({ ca: certificates.ca, serverName })
    await isRead()
  }, 90_000)

  afterAll(async () => {
    await controller?.stop()
    await Promise.all([ours?.stop(), collector?.stop(), certificates?.remove()])
  }, 30_000)

  test.each([
    [
      'another CA',
      ({ otherCa }: Certificates) => ({ ca: otherCa, serverName }),
      /is not signed by what tls\.ca holds; write the file/,
    ],
    [
      'another name',
      ({ ca }: Certificates) => ({ ca, serverName: 'rrc2.example' }),
      /is for another name \(.*rrc2\.example.*rrc1\.example\); write a name that it is for as tls\.serverName/,
    ],
    ['a CA file that is not there', () => ({ ca: '/nonexistent/ca.pem', serverName }), /\/nonexistent\/ca\.pem/],
    ['no TLS', () => undefined, /where it wants TLS, write tls/],
  ] as const)(
    'with %s is unknown, with the way out, and is no vantage router that does not see us',
    async (_, tls, words) => {
      await watch(tls(certificates))
      await eventually(withinMs, async () => {
        expect(await known()).toMatchObject({ reach: 'unknown', problem: expect.stringMatching(words) as string })
        expect(await sight()).toBe('unknown')
        const alarms = await open()
        expect(alarms.map(({ id }) => id)).toEqual(['collector-unknown/rrc1'])
        expect(alarms[0]?.message).toMatch(/^vantage router rrc1 is unknown: .*; what it does not show says nothing$/)
        expect(alarms[0]?.message).toMatch(words)
        // The leader's own count, from which alarms are made.
        const metrics = await controller.expect<string>('GET', '/metrics')
        expect(metrics).toContain('herald_seen_prefixes{collector="rrc1",state="unknown"} 1')
        expect(metrics).toContain('herald_seen_prefixes{collector="rrc1",state="not-seen"} 0')
      })
      await watch({ ca: certificates.ca, serverName })
      await isRead()
      const ever = await controller.expect<AlarmListView>('GET', '/v1/alarms')
      expect(ever.alarms.map(({ kind }) => kind)).not.toContain('not-seen')
    },
  )

  async function watch(tls: object | undefined): Promise<void> {
    const spec = { endpoint: collector.endpoint, seenWithin: '1s', ...(tls !== undefined && { tls }) }
    await controller.apply([{ kind: 'Collector', name: 'rrc1', spec }])
  }

  async function isRead(): Promise<void> {
    await eventually(withinMs, async () => {
      expect(await known()).toMatchObject({ reach: 'up', asn: collectorAsn })
      expect(await sight()).toBe('seen')
      expect(await open()).toEqual([])
    })
  }

  async function known() {
    return (await controller.expect<CollectorListView>('GET', '/v1/collectors')).collectors[0]
  }

  async function sight() {
    const { prefixes } = await controller.expect<SeenListView>('GET', `/v1/seen?prefix=${encodeURIComponent(prefix)}`)
    return prefixes[0]?.collectors[0]?.sight
  }

  async function open() {
    const { alarms } = await controller.expect<AlarmListView>('GET', '/v1/alarms?state=open')
    return alarms.filter(({ kind }) => !kind.startsWith('session-'))
  }
})
