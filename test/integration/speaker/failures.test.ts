/** How a real daemon fails: away, hung, restarted empty, another version, wrong certificates. */
import { type Server, type Socket, connect, createServer } from 'node:net'
import { once } from 'node:events'
import { afterEach, beforeAll, afterAll, describe, expect, test } from 'vitest'
import { connectGobgp } from '../../../src/speaker/gobgp/connect.ts'
import type { Speaker } from '../../../src/speaker/speaker.ts'
import { type Gobgpd, type GobgpdOptions, freePort, gobgpVersions, startGobgpd } from '../../support/gobgpd.ts'
import { type Certificates, makeCertificates } from './certificates.ts'
import { asn, neighborConfig, options } from './backend.ts'
import { address, path, prefix } from './routes.ts'

const closing: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

describe('a speaker that is not there', () => {
  test('is unreachable at once, with the endpoint in the words', async () => {
    const speaker = connected(`127.0.0.1:${await freePort()}`)
    const started = performance.now()
    for (const call of everyCall(speaker, { deadlineMs: 5000 }))
      await expect(call()).rejects.toMatchObject({
        code: 'speaker-unreachable',
        retryable: true,
        message: expect.stringContaining('127.0.0.1:') as string,
      })
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('is unreachable where the unix socket or a PEM file is missing', async () => {
    const socket = connected('unix:///nonexistent/herald/api.sock')
    await expect(socket.global(options)).rejects.toMatchObject({ code: 'speaker-unreachable' })
    const tls = connectGobgp({ endpoint: '127.0.0.1:1', tls: { ca: '/nonexistent/ca.pem' } })
    closing.push(() => tls.close())
    await expect(tls.global(options)).rejects.toMatchObject({
      code: 'speaker-unreachable',
      message: expect.stringContaining('/nonexistent/ca.pem') as string,
    })
  })

  test('that accepts connections and never answers is a timeout, within the deadline', async () => {
    const { port } = await silentServer()
    const speaker = connected(`127.0.0.1:${port}`)
    for (const call of everyCall(speaker, { deadlineMs: 200 })) {
      const started = performance.now()
      await expect(call()).rejects.toMatchObject({ code: 'speaker-timeout', retryable: true })
      expect(performance.now() - started).toBeLessThan(1500)
    }
  })

  test('that died without a word answers again as soon as it is back', async () => {
    const { server, port } = await silentServer()
    const speaker = connected(`127.0.0.1:${port}`)
    for (let calls = 0; calls < 2; calls++)
      await expect(speaker.global({ deadlineMs: 200 })).rejects.toMatchObject({ code: 'speaker-timeout' })
    // It is back, and does not know the connection from before, which nobody resets either.
    const daemon = await startGobgpd({ version: 'forky', asn })
    closing.push(daemon.stop)
    const [host, number] = daemon.endpoint.split(':')
    server.removeAllListeners('connection').on('connection', (socket: Socket) => {
      const onward = connect(Number(number), host)
      closing.push(() => void socket.destroy())
      socket.on('error', () => onward.destroy()).pipe(onward)
      onward.on('error', () => socket.destroy()).pipe(socket)
    })
    const startedAt = performance.now()
    expect(await answers(speaker)).toMatchObject({ asn })
    expect(performance.now() - startedAt).toBeLessThan(3000)
  })

  test('that is no gobgpd at all says what it is', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const speaker = connected(`127.0.0.1:${await listening(server)}`)
    await expect(speaker.global({ deadlineMs: 1000 })).rejects.toMatchObject({
      code: expect.stringMatching(/speaker-(unreachable|timeout)/) as string,
    })
  })

  test('an abort ends a call that waits, and one that has not begun', async () => {
    const { port } = await silentServer()
    const speaker = connected(`127.0.0.1:${port}`)
    const abort = new AbortController()
    const waiting = speaker.rib('all', { deadlineMs: 10_000, signal: abort.signal })
    abort.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
    const late = speaker.announce([path('192.0.2.0/24')], { deadlineMs: 10_000, signal: abort.signal })
    await expect(late).rejects.toMatchObject({ code: 'aborted' })
  })

  test('a closed connection takes no calls', async () => {
    const speaker = connected('127.0.0.1:1')
    speaker.close()
    await expect(speaker.global(options)).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe.each(gobgpVersions)('gobgpd of %s', (version) => {
  test('that freezes is a timeout, and answers again once it thaws', async () => {
    const { daemon, speaker } = await started({ version, asn })
    await speaker.announce([path('198.51.100.0/24')], options)
    daemon.pause()
    for (const call of everyCall(speaker, { deadlineMs: 200 }))
      await expect(call()).rejects.toMatchObject({ code: 'speaker-timeout' })
    daemon.resume()
    expect(await speaker.rib([prefix('198.51.100.0/24')], options)).toHaveLength(1)
  })

  test('that is killed breaks the watch and the next call; restarted it is seen to be empty', async () => {
    const { daemon, speaker } = await started({ version, asn })
    await speaker.ensureExportPolicy({ asn, neighbors: [], treatments: [] }, options)
    await speaker.announce([path('192.0.2.0/24')], options)
    const opened = Promise.withResolvers<void>()
    const events = speaker.watch({ signal: new AbortController().signal, opened: opened.resolve })
    const broken = events[Symbol.asyncIterator]()
      .next()
      .then(
        () => undefined,
        (error: unknown) => error,
      )
    await opened.promise
    await daemon.kill()
    expect(await broken).toMatchObject({ code: 'speaker-unreachable' })
    await expect(speaker.global(options)).rejects.toMatchObject({ code: 'speaker-unreachable' })
    await daemon.restart()
    await answers(speaker)
    expect(await speaker.rib('all', options)).toEqual([])
    expect(await speaker.ensureExportPolicy({ asn, neighbors: [], treatments: [] }, options)).toBe('installed')
  })

  test('that comes back without BGP says so', async () => {
    const { daemon, speaker } = await started({ version })
    const listen = { listenPort: await freePort(daemon.address), listenAddresses: [address(daemon.address)] }
    await speaker.start({ asn, routerId: address('192.0.2.1'), ...listen }, options)
    expect((await speaker.global(options)).asn).toBe(asn)
    await daemon.restart()
    expect((await answers(speaker)).asn).toBeUndefined()
  })

  test('that comes back as the other version is spoken to as such', async () => {
    const { daemon, speaker } = await started({ version, asn })
    const before = (await speaker.global(options)).api
    await daemon.restart({ version: version === 'forky' ? 'trixie' : 'forky' })
    const after = (await answers(speaker)).api
    expect([before, after].toSorted()).toEqual(['gobgp-v3', 'gobgp-v4'])
    expect(await speaker.announce([path('192.0.2.0/24')], options)).toEqual([])
  })

  test('answers on a unix socket', async () => {
    const { speaker } = await started({ version, asn, apiSocket: true })
    await speaker.announce([path('192.0.2.0/24')], options)
    expect(await speaker.rib('all', options)).toHaveLength(1)
  })

  describe('with TLS', () => {
    let certificates: Certificates
    beforeAll(async () => {
      certificates = await makeCertificates('speaker.example')
    })
    afterAll(() => certificates.remove())

    test('answers where the certificate is of our CA, and not otherwise', async () => {
      const { certificate, key } = certificates.server
      const { daemon, speaker } = await started({ version, asn, tls: { certificate, key } }, { ca: certificates.ca })
      await speaker.announce([path('192.0.2.0/24')], options)
      expect(await speaker.rib('all', options)).toHaveLength(1)
      const other = connectGobgp({ endpoint: daemon.endpoint, tls: { ca: certificates.otherCa, serverName } })
      const plain = connectGobgp({ endpoint: daemon.endpoint })
      const misnamed = connectGobgp({
        endpoint: daemon.endpoint,
        tls: { ca: certificates.ca, serverName: 'other.example' },
      })
      for (const wrong of [other, plain, misnamed]) {
        closing.push(() => wrong.close())
        await expect(wrong.global({ deadlineMs: 2000 })).rejects.toMatchObject({ code: 'speaker-unreachable' })
      }
    })

    test('asks for our certificate where it has a client CA', async () => {
      const { certificate, key } = certificates.server
      const clientCa = certificates.ca
      const tls = { ca: clientCa, ...certificates.client }
      const { daemon, speaker } = await started({ version, asn, tls: { certificate, key, clientCa } }, tls)
      expect((await speaker.global(options)).asn).toBe(asn)
      const without = connectGobgp({ endpoint: daemon.endpoint, tls: { ca: clientCa, serverName } })
      closing.push(() => without.close())
      await expect(without.global({ deadlineMs: 2000 })).rejects.toMatchObject({ code: 'speaker-unreachable' })
    })
  })
})

const serverName = 'speaker.example'

function connected(endpoint: string): Speaker {
  const speaker = connectGobgp({ endpoint })
  closing.push(() => speaker.close())
  return speaker
}

async function started(
  daemonOptions: GobgpdOptions,
  tls?: { ca: string; certificate?: string; key?: string },
): Promise<{ daemon: Gobgpd; speaker: Speaker }> {
  const daemon = await startGobgpd(daemonOptions)
  const { endpoint } = daemon
  const speaker = connectGobgp(tls === undefined ? { endpoint } : { endpoint, tls: { ...tls, serverName } })
  closing.push(daemon.stop, () => speaker.close())
  return { daemon, speaker }
}

/** The channel looks again after at most a second. */
async function answers(speaker: Speaker): ReturnType<Speaker['global']> {
  const deadline = performance.now() + 5000
  for (;;)
    try {
      return await speaker.global(options)
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
}

function everyCall(speaker: Speaker, limit: { deadlineMs: number }): readonly (() => Promise<unknown>)[] {
  const many = Array.from({ length: 100 }, (_, i) => path(`192.0.2.${i}/32`))
  const config = { asn, routerId: address('192.0.2.1'), listenPort: -1, listenAddresses: [] }
  const neighbor = { address: address('192.0.2.9'), asn }
  return [
    () => speaker.global(limit),
    () => speaker.start(config, limit),
    () => speaker.announce([path('192.0.2.0/24')], limit),
    () => speaker.announce(many, limit),
    () => speaker.withdraw([path('192.0.2.0/24')], limit),
    () => speaker.withdraw(many, limit),
    () => speaker.rib('all', limit),
    () => speaker.adjOut(neighbor.address, 'all', limit),
    () => speaker.neighbors(limit),
    () => speaker.addNeighbor(neighborConfig(neighbor), limit),
    () => speaker.deleteNeighbor(neighbor.address, limit),
    () => speaker.ensureExportPolicy({ asn, neighbors: [], treatments: [] }, limit),
  ]
}

async function silentServer(): Promise<{ server: Server; port: number }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  const port = await listening(server)
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
  })
  return { server, port }
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => void server.close())
  const at = server.address()
  if (at === null || typeof at === 'string') throw new Error('no port')
  return at.port
}
