/** Every kind of probe but ICMP against real servers: what is well, what is sick, what is slow, what is the agent's own. */
import { connect } from 'node:net'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Address } from '../../../src/bgp/address.ts'
import type { PopId } from '../../../src/intent/model.ts'
import { startReflector } from '../../../src/probe/echo/reflector.ts'
import { type AgentProbeOptions, type SingleProbe, type SingleTask, probe } from '../../../src/probe/probe.ts'
import { Targets, selfSigned } from './targets.ts'

const targets = new Targets()
afterEach(() => targets.close())

const loopback = '127.0.0.1' as Address
const running = new AbortController().signal

function taskOf(what: SingleProbe, more: Partial<SingleTask> = {}): SingleTask {
  const subject = { kind: 'service', pop: 'fra' as PopId, service: 'web' } as const
  return { id: 'web', check: 'web', subject, probe: what, intervalMs: 1000, timeoutMs: 1000, ...more }
}

function run(what: SingleProbe, more: Partial<SingleTask> = {}, shared: AgentProbeOptions = {}) {
  return probe(taskOf(what, more), running, { hasLink: () => true, ...shared })
}

describe('any probe', () => {
  test('from a source address that is not here is unknown', async () => {
    const source = '198.51.100.77' as Address
    const foreign = { outcome: 'unknown', detail: 'source address is not here' }
    const port = await targets.tcp()
    expect(await run({ kind: 'tcp', address: loopback, port }, { source })).toEqual(foreign)
    expect(await run({ kind: 'http', url: `http://127.0.0.1:${port}/`, statuses: [200] }, { source })).toEqual(foreign)
    expect(await run({ kind: 'dns', server: loopback, port, name: 'a.example', type: 'A' }, { source })).toEqual(
      foreign,
    )
    expect(await run({ kind: 'udp', address: loopback, port, packets: 1, spacingMs: 10 }, { source })).toEqual(foreign)
  })

  test('from a source of another family is unknown', async () => {
    const found = await run({ kind: 'tcp', address: loopback, port: 9 }, { source: '::1' as Address })
    expect(found).toMatchObject({ outcome: 'unknown', detail: 'source ::1 and target 127.0.0.1 are of two families' })
  })

  test('is given up at once when the agent stops, and makes no sample', async () => {
    const port = await targets.deaf()
    const kinds: readonly SingleProbe[] = [
      { kind: 'tcp', address: loopback, port },
      { kind: 'http', url: `http://127.0.0.1:${port}/`, statuses: [200] },
      { kind: 'dns', server: loopback, port: await targets.udp(() => undefined), name: 'a.example', type: 'A' },
    ]
    for (const kind of kinds) {
      const stop = new AbortController()
      const startedMs = performance.now()
      const ended = probe(taskOf(kind, { timeoutMs: 30_000 }), stop.signal)
      setTimeout(() => stop.abort(), 50)
      await expect(ended).rejects.toThrow('aborted')
      expect(performance.now() - startedMs).toBeLessThan(2000)
    }
  })

  test('gets back the time in which the agent did not run', async () => {
    const port = await targets.http((_request, response) => setTimeout(() => response.end('late'), 30))
    const found = run({ kind: 'http', url: `http://127.0.0.1:${port}/`, statuses: [200] }, { timeoutMs: 100 })
    await new Promise((resolve) => setTimeout(resolve, 10))
    const untilMs = performance.now() + 400
    while (performance.now() < untilMs); // this process is busy
    expect(await found).toMatchObject({ outcome: 'ok' })
  })
})

describe('TCP', () => {
  test('a listener is well, from the source that was asked for', async () => {
    const seen: (string | undefined)[] = []
    const port = await targets.tcp((socket) => seen.push(socket.remoteAddress))
    const source = '127.0.0.9' as Address
    const found = await run({ kind: 'tcp', address: loopback, port }, { source })
    expect(found).toEqual({ outcome: 'ok', rttMs: expect.any(Number) })
    await expect.poll(() => seen).toEqual(['127.0.0.9'])
  })

  test('a closed port is sick', async () => {
    const port = await targets.tcp()
    await targets.close()
    expect(await run({ kind: 'tcp', address: loopback, port })).toEqual({
      outcome: 'fail',
      detail: 'connection refused',
    })
  })

  test('a listener that does not answer is sick after the timeout', async () => {
    const port = await targets.deaf()
    expect(await run({ kind: 'tcp', address: loopback, port }, { timeoutMs: 150 })).toEqual({
      outcome: 'fail',
      detail: 'no answer in 150 ms',
    })
  })

  test('silence is unknown where the agent has no link', async () => {
    const port = await targets.deaf()
    const found = await run({ kind: 'tcp', address: loopback, port }, { timeoutMs: 150 }, { hasLink: () => false })
    expect(found).toMatchObject({ outcome: 'unknown' })
  })
})

describe('HTTP', () => {
  const ask = (port: number, more: Partial<Extract<SingleProbe, { kind: 'http' }>> = {}) =>
    run(
      { kind: 'http', url: `http://127.0.0.1:${port}/health?deep=1`, statuses: [200, 204], ...more },
      { timeoutMs: 300 },
    )

  test('status, body and the header that names the POP are told, each on a connection of its own', async () => {
    const ports = new Set<number | undefined>()
    const port = await targets.http((request, response) => {
      ports.add(request.socket.remotePort)
      response.setHeader('X-Pop', 'fra')
      response.end(`${request.url} is well`)
    })
    for (let i = 0; i < 3; i++)
      expect(await ask(port, { body: '/health?deep=1 is well', popHeader: 'x-pop' })).toEqual({
        outcome: 'ok',
        rttMs: expect.any(Number),
        answeredBy: 'fra',
      })
    expect(ports.size).toBe(3)
  })

  test('another status, also a redirect, is sick, and the POP is still named', async () => {
    let status = 503
    const port = await targets.http((_request, response) => {
      response.writeHead(status, { 'x-pop': 'sin', location: '/elsewhere' }).end()
    })
    expect(await ask(port, { popHeader: 'X-Pop' })).toMatchObject({
      outcome: 'fail',
      detail: 'HTTP 503',
      answeredBy: 'sin',
    })
    status = 302
    expect(await ask(port)).toMatchObject({ outcome: 'fail', detail: 'HTTP 302' })
  })

  test('a body without the text is sick; text after 64 KiB does not count', async () => {
    const port = await targets.http((request, response) => {
      response.write(request.url?.includes('late') ? 'x'.repeat(70_000) : 'x'.repeat(60_000))
      response.end('all is well')
    })
    expect((await ask(port, { body: 'all is well' })).outcome).toBe('ok')
    expect(await ask(port, { url: `http://127.0.0.1:${port}/late`, body: 'all is well' })).toMatchObject({
      outcome: 'fail',
      detail: 'the body does not contain "all is well"',
    })
  })

  test('headers that never come, and a body that never ends, are sick after the timeout', async () => {
    const port = await targets.http((request, response) => {
      if (request.url === '/stuck') response.write('a little')
    })
    expect(await ask(port)).toEqual({ outcome: 'fail', detail: 'no answer in 300 ms' })
    expect(await ask(port, { url: `http://127.0.0.1:${port}/stuck`, body: 'more' })).toMatchObject({ outcome: 'fail' })
  })

  test('what is not HTTP, closes at once, or refuses is sick', async () => {
    const banner = await targets.tcp((socket) => socket.end('220 mail.example ESMTP\r\n'))
    expect(await ask(banner)).toMatchObject({ outcome: 'fail', detail: expect.stringContaining('not HTTP') })
    const closing = await targets.tcp((socket) => socket.destroy())
    expect((await ask(closing)).outcome).toBe('fail')
    const gone = await targets.tcp()
    await targets.close()
    expect(await ask(gone)).toEqual({ outcome: 'fail', detail: 'connection refused' })
  })

  test('a name is asked at the address that was given', async () => {
    const hosts: (string | undefined)[] = []
    const port = await targets.http((request, response) => {
      hosts.push(request.headers.host)
      response.end()
    })
    expect((await ask(port, { url: `http://service.example:${port}/`, address: loopback })).outcome).toBe('ok')
    expect(hosts).toEqual([`service.example:${port}`])
  })

  test('a name that does not resolve is the agent’s own trouble', async () => {
    expect((await ask(80, { url: 'http://nowhere.invalid/' })).outcome).toBe('unknown')
  })
})

describe('HTTPS', () => {
  let pair: Awaited<ReturnType<typeof selfSigned>>
  beforeAll(async () => {
    pair = await selfSigned(10)
  })

  async function ask(more: Partial<Extract<SingleProbe, { kind: 'http' }>>, trusted = true) {
    const port = await targets.https(pair, (_request, response) => response.end('secure'))
    const what = {
      kind: 'http',
      url: `https://service.example:${port}/`,
      address: loopback,
      statuses: [200],
      ...more,
    } as const
    return run(
      { ...what, url: more.url?.replace('PORT', String(port)) ?? what.url },
      {},
      trusted ? { ca: pair.certificate } : {},
    )
  }

  test('a certificate that lasts is well, one that expires soon is sick', async () => {
    expect(await ask({ tlsDaysLeft: 7 })).toMatchObject({ outcome: 'ok' })
    expect(await ask({ tlsDaysLeft: 30 })).toMatchObject({ outcome: 'fail', detail: 'certificate expires in 9 days' })
  })

  test('a certificate that nobody vouches for, or of another name, is sick', async () => {
    expect(await ask({}, false)).toMatchObject({ outcome: 'fail', detail: expect.stringContaining('certificate') })
    expect(await ask({ url: 'https://other.example:PORT/' })).toMatchObject({
      outcome: 'fail',
      detail: expect.stringContaining('certificate'),
    })
  })

  test('a server without TLS is sick', async () => {
    const port = await targets.http((_request, response) => response.end())
    expect(await run({ kind: 'http', url: `https://127.0.0.1:${port}/`, statuses: [200] })).toMatchObject({
      outcome: 'fail',
      detail: expect.stringContaining('TLS'),
    })
  })
})

describe('DNS', () => {
  const name = 'www.service.example'
  const ask = (port: number, more: Partial<Extract<SingleProbe, { kind: 'dns' }>> = {}) =>
    run({ kind: 'dns', server: loopback, port, name, type: 'A', ...more }, { timeoutMs: 300 })
  const a = (data: string) => ({ type: 'A', name, ttl: 60, data }) as const
  const nxdomain = 3

  test('any answer without error is well; the expected one is looked for', async () => {
    const port = await targets.dns(({ id, questions }) => ({
      type: 'response',
      id: id ?? 0,
      questions: questions ?? [],
      answers: [a('192.0.2.1'), a('192.0.2.2')],
    }))
    expect(await ask(port)).toEqual({ outcome: 'ok', rttMs: expect.any(Number) })
    expect((await ask(port, { answer: '192.0.2.2' })).outcome).toBe('ok')
    expect(await ask(port, { answer: '192.0.2.9' })).toMatchObject({
      outcome: 'fail',
      detail: 'answered 192.0.2.1, 192.0.2.2 instead of 192.0.2.9',
    })
  })

  test('an error is sick, by its name', async () => {
    const port = await targets.dns(({ id }) => ({ type: 'response', id: id ?? 0, flags: nxdomain }))
    expect(await ask(port)).toMatchObject({ outcome: 'fail', detail: 'NXDOMAIN' })
  })

  test('NSID names the POP (RFC 5001)', async () => {
    const port = await targets.dns(({ id, additionals }) => {
      const asked = JSON.stringify(additionals).includes('"code":3')
      const options = asked ? [{ code: 3, data: Buffer.from('fra1') }] : []
      return {
        type: 'response',
        id: id ?? 0,
        answers: [a('192.0.2.1')],
        additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options } as never],
      }
    })
    expect(await ask(port, { identify: 'nsid' })).toMatchObject({ outcome: 'ok', answeredBy: 'fra1' })
    expect(await ask(port)).not.toHaveProperty('answeredBy')
  })

  test('id.server names the POP (RFC 4892), from the socket of the question', async () => {
    const ports = new Set<number>()
    const port = await targets.dns(({ id, questions }, _over, from) => {
      ports.add(from)
      const identity = questions?.[0]?.class === 'CH' && questions[0].name === 'id.server'
      return {
        type: 'response',
        id: id ?? 0,
        answers: identity ? [{ type: 'TXT', class: 'CH', name: 'id.server', data: 'sin2' } as const] : [a('192.0.2.1')],
      }
    })
    expect(await ask(port, { identify: 'id.server' })).toMatchObject({ outcome: 'ok', answeredBy: 'sin2' })
    expect(ports.size).toBe(1)
  })

  test('a server that does not say who it is is well all the same', async () => {
    const port = await targets.dns(({ id, questions }) =>
      questions?.[0]?.class === 'CH' ? undefined : { type: 'response', id: id ?? 0, answers: [a('192.0.2.1')] },
    )
    expect(await ask(port, { identify: 'id.server' })).toEqual({ outcome: 'ok', rttMs: expect.any(Number) })
  })

  test('a truncated answer is asked for again by TCP', async () => {
    const over: string[] = []
    const truncated = 0x200
    const port = await targets.dns(({ id }, by) => {
      over.push(by)
      if (by === 'udp') return { type: 'response', id: id ?? 0, flags: truncated }
      return { type: 'response', id: id ?? 0, answers: [a('192.0.2.7')] }
    })
    expect((await ask(port, { answer: '192.0.2.7' })).outcome).toBe('ok')
    expect(over).toEqual(['udp', 'tcp'])
  })

  test('garbage and answers to other questions are not heard; silence and a closed port are sick', async () => {
    const garbage = await targets.dns(() => Buffer.from('no DNS at all'))
    expect(await ask(garbage)).toEqual({ outcome: 'fail', detail: 'no answer in 300 ms' })
    const other = await targets.dns(({ id }) => ({ type: 'response', id: ((id ?? 0) + 7) % 65_536 }))
    expect(await ask(other)).toEqual({ outcome: 'fail', detail: 'no answer in 300 ms' })
    await targets.close()
    expect(await ask(other)).toEqual({ outcome: 'fail', detail: 'connection refused' })
  })
})

describe('UDP echo', () => {
  test('is unknown where the agent did not run when its packets’ time was over', async () => {
    const port = await targets.udp(() => undefined)
    const found = run({ kind: 'udp', address: loopback, port, packets: 2, spacingMs: 5 }, { timeoutMs: 100 })
    await new Promise((resolve) => setTimeout(resolve, 40))
    const untilMs = performance.now() + 400
    while (performance.now() < untilMs); // this process is busy
    expect(await found).toMatchObject({ outcome: 'unknown', detail: expect.stringContaining('stood still') })
  })

  test('tells round trip, jitter and who answered', async () => {
    const stop = new AbortController()
    const reflector = await startReflector({ bind: '127.0.0.1', port: 0, name: 'fra', signal: stop.signal })
    const what = { kind: 'udp', address: loopback, port: reflector.port, packets: 5, spacingMs: 10 } as const
    expect(await run(what)).toEqual({
      outcome: 'ok',
      rttMs: expect.any(Number),
      lossRatio: 0,
      jitterMs: expect.any(Number),
      answeredBy: 'fra',
    })
    expect(reflector.reflected).toBe(5)
    stop.abort()
    await reflector.closed
  })

  test('tells loss as a share, and total loss as a failure', async () => {
    const stop = new AbortController()
    const reflector = await startReflector({ bind: '127.0.0.1', port: 0, name: 'fra', signal: stop.signal })
    let count = 0
    let lossy = true
    const clients = new Map<number, (message: Buffer) => void>()
    const relay = await targets.udp((message, from, socket) => {
      if (from.port === reflector.port) {
        for (const back of clients.values()) back(message)
        return
      }
      clients.clear()
      clients.set(from.port, (reply) => socket.send(reply, from.port, from.address))
      if (lossy && count++ % 5 !== 0) socket.send(message, reflector.port, '127.0.0.1')
    })
    const what = { kind: 'udp', address: loopback, port: relay, packets: 10, spacingMs: 5 } as const
    expect(await run(what, { timeoutMs: 200 })).toMatchObject({ outcome: 'ok', lossRatio: 0.2 })
    lossy = false
    expect(await run(what, { timeoutMs: 200 })).toEqual({ outcome: 'fail', detail: 'no answer in 200 ms' })
    stop.abort()
    await reflector.closed
  })
})

test('a TCP probe leaves nothing behind on the other side', async () => {
  let open = 0
  const port = await targets.tcp((socket) => {
    open++
    socket.on('close', () => open--)
    socket.resume()
  })
  for (let i = 0; i < 5; i++) await run({ kind: 'tcp', address: loopback, port })
  await expect.poll(() => open).toBe(0)
  connect(port, '127.0.0.1').destroy()
})
