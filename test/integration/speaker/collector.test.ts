/** A router of others behind the port `CollectorRouter`: what it tells of our space, on real gobgpd, and that it is only asked. */
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { connectCollector } from '../../../src/speaker/gobgp/collector.ts'
import type { GobgpSettings } from '../../../src/speaker/gobgp/channel.ts'
import type { CollectorRouter, Speaker } from '../../../src/speaker/speaker.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, gobgpVersions, startGobgpd } from '../../support/gobgpd.ts'
import { type Certificates, makeCertificates } from './certificates.ts'

const options = { deadlineMs: 10_000 }
const withinMs = 10_000

test('there is no call that writes to it', () => {
  type Writes = Exclude<keyof Speaker, keyof CollectorRouter | 'incarnation' | 'adjOut'>
  expectTypeOf<keyof CollectorRouter & Writes>().toBeNever()
  const router = connectCollector({ endpoint: '127.0.0.1:1' }) as unknown as Record<string, unknown>
  const writes = ['start', 'announce', 'withdraw', 'addNeighbor', 'deleteNeighbor', 'ensureExportPolicy']
  expect(writes.filter((name) => name in router)).toEqual([])
})

describe.each(gobgpVersions)('gobgpd of %s', (version) => {
  let daemon: Gobgpd
  let router: CollectorRouter

  beforeAll(async () => {
    daemon = await startGobgpd({ version, asn: 64512 })
    router = connectCollector({ endpoint: daemon.endpoint })
    for (const prefix of ['203.0.113.0/24', '203.0.113.128/25', '203.0.112.0/22', '198.51.100.0/24'])
      await daemon.cli('global', 'rib', 'add', prefix)
    for (const prefix of ['2001:db8:1::/48', '2001:db9::/32'])
      await daemon.cli('global', 'rib', 'add', '-a', 'ipv6', prefix)
  }, 60_000)
  afterAll(async () => {
    router?.close()
    await daemon?.stop()
  })

  const within = async (...space: readonly string[]): Promise<readonly string[]> =>
    (await router.within(space as Prefix[], options)).map(({ prefix }) => prefix).toSorted()

  test('tells of a prefix and all that is more specific, of both families, and of nothing else', async () => {
    expect(await within('203.0.113.0/24', '2001:db8::/32')).toEqual([
      '2001:db8:1::/48',
      '203.0.113.0/24',
      '203.0.113.128/25',
    ])
    expect(await within('192.0.2.0/24')).toEqual([])
    expect(await within()).toEqual([])
  })

  test('names what changes while it is watched', async () => {
    const stop = new AbortController()
    const named = new Set<string>()
    const opened = Promise.withResolvers<void>()
    const watching = (async () => {
      for await (const events of router.watch({ signal: stop.signal, opened: opened.resolve }))
        for (const event of events) if (event.kind === 'routes') for (const prefix of event.prefixes) named.add(prefix)
    })()
    await opened.promise
    await daemon.cli('global', 'rib', 'add', '203.0.113.64/26')
    await eventually(withinMs, async () => expect([...named]).toContain('203.0.113.64/26'))
    named.clear()
    await daemon.cli('global', 'rib', 'del', '203.0.113.64/26')
    await eventually(withinMs, async () => expect([...named]).toContain('203.0.113.64/26'))
    stop.abort()
    await watching
  })

  describe('with TLS', () => {
    let certificates: Certificates
    let secured: Gobgpd
    let mutual: Gobgpd
    const serverName = 'collector.example'

    beforeAll(async () => {
      certificates = await makeCertificates(serverName)
      const { ca, server } = certificates
      secured = await startGobgpd({ version, asn: 64512, tls: { ...server } })
      mutual = await startGobgpd({ version, asn: 64512, tls: { ...server, clientCa: ca } })
    }, 60_000)
    afterAll(async () => {
      await Promise.all([secured?.stop(), mutual?.stop(), certificates?.remove()])
    })

    /** Throws what it fails with. */
    async function ask(endpoint: string, tls?: GobgpSettings['tls']): Promise<number | undefined> {
      const asked: CollectorRouter = connectCollector({ endpoint, ...(tls !== undefined && { tls }) })
      try {
        return (await asked.global(options)).asn
      } finally {
        asked.close()
      }
    }

    test('answers where its certificate is of our CA and for its name, and where ours is of its client CA', async () => {
      const { ca, client } = certificates
      expect(await ask(secured.endpoint, { ca, serverName })).toBe(64512)
      expect(await ask(mutual.endpoint, { ca, serverName, ...client })).toBe(64512)
    })

    test.each([
      [
        'another CA',
        ({ otherCa }: Certificates) => ({ ca: otherCa, serverName }),
        /not signed by what tls\.ca holds; write the file/,
      ],
      [
        'another name',
        ({ ca }: Certificates) => ({ ca, serverName: 'a.example' }),
        /a\.example.*collector\.example.*tls\.serverName/,
      ],
      [
        'its address instead of a name',
        ({ ca }: Certificates) => ({ ca }),
        /is for another name.*write a name .* tls\.serverName/,
      ],
      ['no TLS', () => undefined, /where it wants TLS, write tls/],
      ['a file that is not there', () => ({ ca: '/nonexistent/ca.pem', serverName }), /\/nonexistent\/ca\.pem/],
    ] as const)('by %s it is unreachable, with its endpoint and the way out', async (_, tls, words) => {
      await expect(ask(secured.endpoint, tls(certificates))).rejects.toMatchObject({
        code: 'speaker-unreachable',
        message: expect.stringMatching(words) as string,
      })
      await expect(ask(secured.endpoint, tls(certificates))).rejects.toThrow(`gobgpd at ${secured.endpoint}`)
    })

    test('without our certificate, with one of another CA, and by TLS where it has none, as well', async () => {
      const { ca, client } = certificates
      await expect(ask(mutual.endpoint, { ca, serverName })).rejects.toThrow('write tls.certificate and tls.key')
      const stranger = await makeCertificates(serverName)
      const foreign = { ca, serverName, ...stranger.client }
      await expect(ask(mutual.endpoint, foreign)).rejects.toThrow('it refuses our TLS certificate')
      await stranger.remove()
      await expect(ask(daemon.endpoint, { ca, serverName, ...client })).rejects.toThrow('it does not speak TLS')
    })
  })
})
