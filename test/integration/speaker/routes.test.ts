/** The contract of `Speaker` about routes in the RIB: one suite for memory, GoBGP 3.36 and GoBGP 4.8. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Path, attributesOf } from '../../../src/bgp/path.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { connectGobgp } from '../../../src/speaker/gobgp/connect.ts'
import { createMemorySpeaker } from '../../../src/speaker/memory.ts'
import type { RibPath, Speaker } from '../../../src/speaker/speaker.ts'
import { startGobgpd } from '../../support/gobgpd.ts'
import { type BackendName, asn, backends, options } from './backend.ts'
import { address, attributes, path, prefix } from './routes.ts'

describe.each(backends)('routes in $name', ({ backend }) => {
  let speaker: Speaker
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ speaker, close } = await openSpeaker(backend))
  })
  afterAll(() => close())

  test('says which API answers and which AS it runs', async () => {
    const api = { memory: 'memory', trixie: 'gobgp-v3', forky: 'gobgp-v4' }[backend]
    expect(await speaker.global(options)).toMatchObject({ api, asn })
  })

  test('an announced path is in the RIB, local and best', async () => {
    const before = Math.floor(Date.now() / 1000)
    expect(await speaker.announce([path('192.0.2.0/24', { med: 5 })], options)).toEqual([])
    const [found, ...more] = await speaker.rib([prefix('192.0.2.0/24')], options)
    expect(more).toEqual([])
    expect(found).toMatchObject({ ...path('192.0.2.0/24', { med: 5 }), best: true })
    expect(found?.learnedFrom).toBeUndefined()
    expect(found?.sinceSeconds).toBeGreaterThanOrEqual(before - 1)
    expect(found?.sinceSeconds).toBeLessThanOrEqual(before + 10)
  })

  test('announcing the same prefix again replaces its attributes', async () => {
    await speaker.announce([path('192.0.3.0/24', { med: 1 })], options)
    await speaker.announce([path('192.0.3.0/24', { med: 2 })], options)
    expect(keys(await speaker.rib([prefix('192.0.3.0/24')], options))).toEqual([path('192.0.3.0/24', { med: 2 })])
  })

  test('of two paths of one prefix in one call the last one counts', async () => {
    const many = Array.from({ length: 100 }, (_, i) => path('192.0.4.0/24', { med: i }))
    await speaker.announce(many, options)
    expect(keys(await speaker.rib([prefix('192.0.4.0/24')], options))).toEqual([many.at(-1)])
  })

  test('announcing an unchanged path again changes nothing', async () => {
    await speaker.announce([path('192.0.5.0/24')], options)
    await speaker.announce([path('192.0.5.0/24')], options)
    expect(keys(await speaker.rib([prefix('192.0.5.0/24')], options))).toEqual([path('192.0.5.0/24')])
  })

  test('a withdrawn path is gone, and withdrawing it again is fine', async () => {
    await speaker.announce([path('192.0.6.0/24')], options)
    await speaker.withdraw([path('192.0.6.0/24')], options)
    expect(await speaker.rib([prefix('192.0.6.0/24')], options)).toEqual([])
    await speaker.withdraw([path('192.0.6.0/24')], options)
  })

  test('withdrawing nothing leaves everything, in both families', async () => {
    await speaker.announce([path('192.0.7.0/24'), path('2001:db8:7::/48', { nextHop: '::' })], options)
    const before = keys(await speaker.rib('all', options))
    await speaker.withdraw([], options)
    await speaker.announce([], options)
    expect(keys(await speaker.rib('all', options))).toEqual(before)
    expect(before.length).toBeGreaterThanOrEqual(2)
  })

  test('asking for no prefixes is answered with none, not with the table', async () => {
    await speaker.announce([path('192.0.8.0/24')], options)
    expect(await speaker.rib([], options)).toEqual([])
  })

  test('exact prefixes are found beside their more-specifics, unknown ones are not', async () => {
    const paths = [path('198.18.0.0/16'), path('198.18.0.0/24'), path('2001:db8::/32', { nextHop: '2001:db8::1' })]
    await speaker.announce([...paths, path('2001:db8::/48', { nextHop: '2001:db8::1' })], options)
    const asked = [prefix('198.18.0.0/16'), prefix('198.18.9.0/24'), prefix('2001:db8::/32')]
    expect(keys(await speaker.rib(asked, options))).toEqual(keys([paths[0], paths[2]]))
  })

  test.each(everyAttribute)('carries $what there and back', async ({ of }) => {
    const announced = path('203.0.113.0/24', of)
    expect(await speaker.announce([announced], options)).toEqual([])
    const [found] = await speaker.rib([announced.prefix], options)
    expect(found && attributesOf(found.attributes)).toEqual(attributes(of))
  })

  test('carries IPv6 with all attributes there and back', async () => {
    const of = { ...everything, nextHop: '2001:db8::1' }
    await speaker.announce([path('2001:db8:1::/48', of), path('2001:db8:2::/48', of)], options)
    const found = await speaker.rib([prefix('2001:db8:1::/48'), prefix('2001:db8:2::/48')], options)
    expect(found.map((one) => attributesOf(one.attributes))).toEqual([attributes(of), attributes(of)])
  })

  test.each(['0.0.0.0/0', '10.0.0.0/8', '10.128.0.0/9', '10.1.2.3/32', '::/0', '2000::/3', '2001:db8::1/128'])(
    'spells %s as Herald does',
    async (text) => {
      await speaker.announce([path(text, { nextHop: text.includes(':') ? '2001:db8::1' : '192.0.2.1' })], options)
      expect((await speaker.rib([prefix(text)], options)).map((found) => found.prefix)).toEqual([text])
      expect((await speaker.rib('all', options)).map((found) => found.prefix)).toContain(text)
      await speaker.withdraw([{ prefix: prefix(text), identifier: 0 }], options)
      expect(await speaker.rib([prefix(text)], options)).toEqual([])
    },
  )

  test('paths with different identifiers stand side by side; LOCAL_PREF chooses; each goes alone', async () => {
    const low = path('192.0.10.0/24', { localPref: 1000 }, 1)
    const high = path('192.0.10.0/24', { localPref: 1500 }, 4294967295)
    await speaker.announce([low, high], options)
    const both = await speaker.rib([low.prefix], options)
    expect(new Map(both.map(({ identifier, best }) => [identifier, best]))).toEqual(
      new Map([
        [1, false],
        [4294967295, true],
      ]),
    )
    await speaker.withdraw([high], options)
    expect(keys(await speaker.rib([low.prefix], options))).toEqual([low])
  })

  test('takes 5,000 paths of both families at once and gives them up at once', async () => {
    const paths = Array.from({ length: 5000 }, (_, i) =>
      i % 2 === 0
        ? path(`100.64.${i >> 8}.${i & 255}/32`, { med: i % 10 })
        : path(`2001:db8:ffff:${i.toString(16)}::/64`, { nextHop: '2001:db8::1', med: i % 10 }),
    )
    const before = (await speaker.rib('all', options)).length
    expect(await speaker.announce(paths, options)).toEqual([])
    const wanted = paths.map((one) => one.prefix)
    expect(keys(await speaker.rib(wanted, options))).toEqual(keys(paths))
    expect((await speaker.rib('all', options)).length).toBe(before + 5000)
    await speaker.withdraw(paths, options)
    expect((await speaker.rib('all', options)).length).toBe(before)
  })

  test.each([
    { many: 5, bad: [2] },
    { many: 2000, bad: [777] },
    { many: 2000, bad: [0, 1, 1998, 1999] },
  ])('of $many paths refuses the $bad.length bad ones by name and takes all others', async ({ many, bad }) => {
    const good = Array.from({ length: many }, (_, i) => path(`100.100.${i >> 8}.${i & 255}/32`))
    const paths = good.map((one, i): Path => (bad.includes(i) ? { ...one, prefix: tooLong(i) } : one))
    const refused = await speaker.announce(paths, options)
    expect(refused.map((one) => one.prefix).toSorted()).toEqual(bad.map(tooLong).toSorted())
    for (const { message } of refused) expect(message.length).toBeGreaterThan(10)
    const taken = paths.filter((_, i) => !bad.includes(i))
    expect(
      keys(
        await speaker.rib(
          taken.map((one) => one.prefix),
          options,
        ),
      ),
    ).toEqual(keys(taken))
    await speaker.withdraw(good, options)
  })
})

const everything = {
  asPath: [65001, 64999, 4200000000],
  nextHop: '192.0.2.77',
  med: 4294967295,
  localPref: 0,
  origin: 'egp',
  communities: ['65001:0', '65535:666', '0:65535', 'no-export'],
  largeCommunities: ['65001:100:1', '4294967295:0:4294967295', '65001:6:9'],
} as const

const everyAttribute = [
  { what: 'nothing but the mark', of: {} },
  { what: 'every attribute', of: everything },
  { what: 'ORIGIN incomplete', of: { origin: 'incomplete' } },
  { what: 'MED 0, which is not an absent MED', of: { med: 0 } },
  { what: 'LOCAL_PREF of the service band', of: { localPref: 1999 } },
  { what: 'no large community at all', of: { owned: false } },
  { what: '100 large communities', of: { largeCommunities: numbered(100, (i) => `65001:100:${i}`) } },
  { what: '100 communities', of: { communities: numbered(100, (i) => `65001:${i}`) } },
  { what: 'an AS_PATH of 300', of: { asPath: Array.from({ length: 300 }, (_, i) => 64512 + i) } },
] as const

function numbered(count: number, text: (i: number) => string): readonly string[] {
  return Array.from({ length: count }, (_, i) => text(i))
}

function tooLong(i: number): Prefix {
  return `100.99.${i >> 8}.${i & 255}/33` as Prefix
}

/** Paths without what differs by time and place, in prefix order. */
function keys(paths: readonly (Path | RibPath | undefined)[]): readonly Path[] {
  return paths
    .flatMap((one) =>
      one === undefined ? [] : [{ prefix: one.prefix, identifier: one.identifier, attributes: one.attributes }],
    )
    .toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1))
}

async function openSpeaker(backend: BackendName): Promise<{ speaker: Speaker; close: () => Promise<void> }> {
  if (backend === 'memory') {
    const speaker = createMemorySpeaker({ asn, address: address('127.0.0.1') })
    return { speaker, close: async () => speaker.close() }
  }
  const daemon = await startGobgpd({ version: backend, asn })
  const speaker = connectGobgp({ endpoint: daemon.endpoint })
  const close = async () => {
    speaker.close()
    await daemon.stop()
  }
  return { speaker, close }
}
