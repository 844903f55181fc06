/** The contract of `Speaker` about the daemon itself: starting BGP, its policy, its neighbors, and what a watch tells. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Asn } from '../../../src/bgp/asn.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { connectGobgp } from '../../../src/speaker/gobgp/connect.ts'
import { createMemorySpeaker } from '../../../src/speaker/memory.ts'
import type { Speaker, SpeakerEvent } from '../../../src/speaker/speaker.ts'
import { eventually } from '../../support/eventually.ts'
import { freePort, startGobgpd } from '../../support/gobgpd.ts'
import { type BackendName, type Bench, asn, backends, neighborConfig, openBench, options } from './backend.ts'
import { address, path, prefix } from './routes.ts'

const emptyPolicy = { asn, neighbors: [], treatments: [] }

describe.each(backends)('a daemon behind $name', ({ backend }) => {
  let close: (() => Promise<void>) | undefined
  afterEach(() => close?.())

  test('without BGP says so, takes nothing, and starts once', async () => {
    const { speaker, startable, stop } = await fresh(backend)
    close = stop
    expect((await speaker.global(options)).asn).toBeUndefined()
    const attempts = [
      () => speaker.announce([path('192.0.2.0/24')], options),
      () =>
        speaker.announce(
          Array.from({ length: 100 }, (_, i) => path(`192.0.2.${i}/32`)),
          options,
        ),
      () => speaker.withdraw([path('192.0.2.0/24')], options),
      () => speaker.rib('all', options),
      () => speaker.rib([prefix('192.0.2.0/24')], options),
      () => speaker.ensureExportPolicy(emptyPolicy, options),
    ]
    for (const attempt of attempts)
      await expect(attempt()).rejects.toMatchObject({
        code: 'speaker-unreachable',
        message: expect.stringContaining('BGP is not started') as string,
      })
    await speaker.start(startable, options)
    expect(await speaker.global(options)).toMatchObject({ asn, routerId: '192.0.2.1' })
    expect(await speaker.ensureExportPolicy(emptyPolicy, options)).toBe('installed')
    expect(await speaker.announce([path('192.0.2.0/24')], options)).toEqual([])
    const again = { ...startable, listenPort: -1, listenAddresses: [] }
    await expect(speaker.start(again, options)).rejects.toMatchObject({ code: 'speaker-refused' })
    expect(await speaker.rib('all', options)).toHaveLength(1)
  })

  test('gets its export policy once, and grows it neighbor by neighbor', async () => {
    const { speaker, startable, stop } = await fresh(backend)
    close = stop
    await speaker.start(startable, options)
    const neighbors = [
      { address: address('192.0.2.9'), number: 1 },
      { address: address('2001:db8::9'), number: 2 },
    ]
    expect(await speaker.ensureExportPolicy(emptyPolicy, options)).toBe('installed')
    expect(await speaker.ensureExportPolicy(emptyPolicy, options)).toBe('unchanged')
    expect(await speaker.ensureExportPolicy({ ...emptyPolicy, neighbors }, options)).toBe('extended')
    expect(await speaker.ensureExportPolicy({ ...emptyPolicy, neighbors }, options)).toBe('unchanged')
    expect(await speaker.ensureExportPolicy(emptyPolicy, options)).toBe('unchanged')
    const moved = [{ address: address('192.0.2.10'), number: 1 }]
    expect(await speaker.ensureExportPolicy({ ...emptyPolicy, neighbors: moved }, options)).toBe('extended')
    expect(await speaker.ensureExportPolicy({ ...emptyPolicy, neighbors: moved }, options)).toBe('unchanged')
  })

  test('with an export policy of somebody else is left as it is', async () => {
    const { speaker, stop } = await withForeignPolicy(backend)
    close = stop
    await expect(speaker.ensureExportPolicy(emptyPolicy, options)).rejects.toMatchObject({
      code: 'speaker-policy',
      message: expect.stringMatching(/export policy that is not Herald's \(site-policy\)/) as string,
    })
  })
})

describe.each(backends)('sessions and events of $name', ({ backend }) => {
  let bench: Bench
  beforeAll(async () => {
    bench = await openBench(backend)
  })
  afterAll(() => bench.close())

  test('lists its neighbors with their states', async () => {
    const neighbors = await bench.speaker.neighbors(options)
    expect(neighbors.map((one) => one.address).toSorted()).toEqual(
      [bench.transit, bench.peer, bench.internal].map((one) => one.address).toSorted(),
    )
    const transit = neighbors.find((one) => one.address === bench.transit.address)
    expect(transit).toMatchObject({ asn: bench.transit.asn, state: 'established', adminDown: false })
    expect(transit?.uptimeSeconds).toBeGreaterThanOrEqual(0)
    expect(transit?.uptimeSeconds).toBeLessThan(120)
  })

  test('refuses a neighbor twice and the removal of one that is not there', async () => {
    const again = bench.speaker.addNeighbor(neighborConfig(bench.transit), options)
    await expect(again).rejects.toMatchObject({ code: 'speaker-refused' })
    const unknown = address('192.0.2.99')
    await expect(bench.speaker.deleteNeighbor(unknown, options)).rejects.toMatchObject({ code: 'speaker-refused' })
    await expect(bench.speaker.adjOut(unknown, 'all', options)).rejects.toMatchObject({ code: 'speaker-refused' })
  })

  test('a neighbor that is not up is sent nothing; once removed it is gone from the list', async () => {
    const silent = { address: address('127.254.254.254'), asn: 64999 as Asn }
    await bench.speaker.addNeighbor(neighborConfig(silent, { passive: true }), options)
    if (bench.setState !== undefined) bench.setState(silent.address, 'active')
    await bench.speaker.announce([path('192.0.2.0/24')], options)
    expect(await bench.speaker.adjOut(silent.address, 'all', options)).toEqual([])
    const listed = await bench.speaker.neighbors(options)
    expect(listed.find((one) => one.address === silent.address)?.state).not.toBe('established')
    await bench.speaker.deleteNeighbor(silent.address, options)
    expect((await bench.speaker.neighbors(options)).map((one) => one.address)).not.toContain(silent.address)
  })

  test('a watch names prefixes that come, change and go, of both families', async () => {
    const watch = await follow(bench.speaker)
    await bench.speaker.announce([path('192.0.3.0/24'), path('2001:db8:3::/48', { nextHop: '2001:db8::1' })], options)
    await watch.names('192.0.3.0/24', '2001:db8:3::/48')
    await bench.speaker.announce([path('192.0.3.0/24', { med: 3 })], options)
    await watch.names('192.0.3.0/24')
    await bench.speaker.withdraw([path('192.0.3.0/24'), path('2001:db8:3::/48')], options)
    await watch.names('192.0.3.0/24', '2001:db8:3::/48')
    await watch.end()
  })

  test('a watch names what neighbors teach', async () => {
    const watch = await follow(bench.speaker)
    await bench.transit.teach(prefix('198.51.100.0/24'), taught)
    await watch.names('198.51.100.0/24')
    await watch.end()
  })

  test('a slow consumer of a watch gets 3,000 changes merged, each prefix once', async () => {
    const abort = new AbortController()
    const opened = Promise.withResolvers<void>()
    const events = bench.speaker.watch({ signal: abort.signal, opened: opened.resolve })[Symbol.asyncIterator]()
    const first = events.next()
    await opened.promise
    const paths = (med: number) =>
      Array.from({ length: 1000 }, (_, i) => path(`100.70.${i >> 8}.${i & 255}/32`, { med }))
    for (const med of [1, 2, 3]) await bench.speaker.announce(paths(med), options)
    const wanted = new Set(paths(3).map((one) => one.prefix))
    const named = new Map<Prefix, number>()
    const note = (batch: readonly SpeakerEvent[]) => {
      for (const event of batch)
        if (event.kind === 'routes') for (const one of event.prefixes) named.set(one, (named.get(one) ?? 0) + 1)
    }
    note((await first).value as readonly SpeakerEvent[])
    await eventually(5000, async () => {
      note((await events.next()).value as readonly SpeakerEvent[])
      expect(wanted.difference(new Set(named.keys())).size).toBe(0)
    })
    // The first batch was taken early; everything after it was merged while nobody looked.
    for (const times of named.values()) expect(times).toBeLessThanOrEqual(3)
    abort.abort()
    expect((await events.next()).done).toBe(true)
    await bench.speaker.withdraw(paths(0), options)
  })

  test('a watch tells when a session goes', async () => {
    const watch = await follow(bench.speaker)
    await bench.peer.leave()
    await watch.hears(
      (event) => event.kind === 'neighbor' && event.address === bench.peer.address && event.state !== 'established',
    )
    await watch.end()
  })

  test('a session that is shut stays down and is said to be, until it is opened', async () => {
    const watch = await follow(bench.speaker)
    const of = async () => (await bench.speaker.neighbors(options)).find((one) => one.address === bench.transit.address)
    await bench.speaker.shutNeighbor(bench.transit.address, 'maintenance, 30 €', options)
    await watch.hears(
      (event) => event.kind === 'neighbor' && event.address === bench.transit.address && event.state !== 'established',
    )
    await eventually(5000, async () => expect(await of()).toMatchObject({ adminDown: true, state: 'idle' }))
    await bench.speaker.shutNeighbor(bench.transit.address, 'again', options)
    await bench.speaker.openNeighbor(bench.transit.address, options)
    await eventually(20_000, async () => expect(await of()).toMatchObject({ adminDown: false, state: 'established' }))
    const unknown = bench.speaker.shutNeighbor(address('192.0.2.99'), 'who?', options)
    await expect(unknown).rejects.toMatchObject({ code: 'speaker-refused' })
    await watch.end()
  })

  test('a neighbor can be added shut, and is opened later', async () => {
    const silent = { address: address('127.254.254.253'), asn: 64999 as Asn }
    await bench.speaker.addNeighbor(neighborConfig(silent, { passive: true, shut: true }), options)
    const adminDown = async () =>
      (await bench.speaker.neighbors(options)).find((one) => one.address === silent.address)?.adminDown
    expect(await adminDown()).toBe(true)
    await bench.speaker.openNeighbor(silent.address, options)
    await eventually(5000, async () => expect(await adminDown()).toBe(false))
    await bench.speaker.deleteNeighbor(silent.address, options)
  })

  test('a watch that is aborted ends quietly, before and after it opened', async () => {
    const aborted = bench.speaker.watch({ signal: AbortSignal.abort(), opened: () => undefined })
    const outcome = aborted[Symbol.asyncIterator]().next()
    await expect(
      outcome.then(
        ({ done }) => done === true,
        (error: unknown) => error,
      ),
    ).resolves.toBeTruthy()
    const watch = await follow(bench.speaker)
    await watch.end()
  })
})

const taught = {
  origin: 'igp',
  asPath: [],
  nextHop: address('0.0.0.0'),
  communities: [],
  largeCommunities: [],
} as const

/** A watch that is read as it goes. */
async function follow(speaker: Speaker) {
  const abort = new AbortController()
  const opened = Promise.withResolvers<void>()
  const seen: SpeakerEvent[] = []
  const reading = (async () => {
    for await (const events of speaker.watch({ signal: abort.signal, opened: opened.resolve })) seen.push(...events)
  })()
  await Promise.race([opened.promise, reading])
  const hears = (wanted: (event: SpeakerEvent) => boolean) =>
    eventually(5000, async () => expect(seen.some(wanted)).toBe(true))
  return {
    hears,
    /** Waits for the prefixes, then forgets what was seen. */
    async names(...texts: readonly string[]) {
      for (const text of texts)
        await hears((event) => event.kind === 'routes' && event.prefixes.some((one) => one === text))
      seen.length = 0
    },
    async end() {
      abort.abort()
      await reading
    },
  }
}

async function fresh(backend: BackendName) {
  const startable = { asn, routerId: address('192.0.2.1') }
  if (backend === 'memory') {
    const speaker = createMemorySpeaker()
    return {
      speaker,
      startable: { ...startable, listenPort: -1, listenAddresses: [] },
      stop: async () => speaker.close(),
    }
  }
  const daemon = await startGobgpd({ version: backend })
  const speaker = connectGobgp({ endpoint: daemon.endpoint })
  const stop = async () => {
    speaker.close()
    await daemon.stop()
  }
  const listen = { listenPort: await freePort(daemon.address), listenAddresses: [address(daemon.address)] }
  return { speaker, startable: { ...startable, ...listen }, stop }
}

const siteConfig = `
[global.apply-policy.config]
  export-policy-list = ["site-policy"]
  default-export-policy = "accept-route"
[[policy-definitions]]
  name = "site-policy"
  [[policy-definitions.statements]]
    name = "site-statement"
    [policy-definitions.statements.actions]
      route-disposition = "accept-route"
`

async function withForeignPolicy(backend: BackendName) {
  if (backend === 'memory') {
    const speaker = createMemorySpeaker({ asn })
    speaker.setForeignPolicy('site-policy')
    return { speaker, stop: async () => speaker.close() }
  }
  const daemon = await startGobgpd({ version: backend, asn, config: siteConfig })
  // Its API answers a moment before it has read the policies of its file.
  await eventually(5000, async () => expect(await daemon.cli('global', 'policy')).toContain('site-policy'))
  const speaker = connectGobgp({ endpoint: daemon.endpoint })
  const stop = async () => {
    speaker.close()
    await daemon.stop()
  }
  return { speaker, stop }
}
