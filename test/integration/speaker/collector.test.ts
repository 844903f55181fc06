/** A router of others behind the port `CollectorRouter`: what it tells of our space, on real gobgpd, and that it is only asked. */
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { connectCollector } from '../../../src/speaker/gobgp/collector.ts'
import type { CollectorRouter, Speaker } from '../../../src/speaker/speaker.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gobgpd, gobgpVersions, startGobgpd } from '../../support/gobgpd.ts'

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
})
