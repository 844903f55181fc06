import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startRequester, type SentRequest } from '../../../src/probe/echo/http-requester.ts'
import { startHttpResponder } from '../../../src/probe/echo/http-responder.ts'
import { decodeReply, encodeRequest, reflect, stampSendTime } from '../../../src/probe/echo/packet.ts'
import { startReflector } from '../../../src/probe/echo/reflector.ts'
import { type SentPacket, startSender } from '../../../src/probe/echo/sender.ts'

let stop: AbortController
beforeEach(() => {
  stop = new AbortController()
})
afterEach(() => stop.abort())

/** Sends `packets` and answers what became of them, by sequence. */
async function send(address: string, port: number, packets: number, options: object = {}): Promise<SentPacket[]> {
  const results: SentPacket[] = []
  const sender = await startSender({
    address,
    port,
    packets,
    intervalMs: 5,
    signal: stop.signal,
    onPacket: (packet) => results.push(packet),
    ...options,
  })
  await sender.finished
  return results.sort((one, other) => one.sequence - other.sequence)
}

describe('UDP echo', () => {
  test.each(['127.0.0.1', '::1'])('every packet to %s is answered, by name', async (bind) => {
    const reflector = await startReflector({ bind, port: 0, name: 'fra', signal: stop.signal })
    const startedAt = performance.now()
    const results = await send(bind, reflector.port, 40)
    expect(results.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 40 }, (_, index) => index))
    for (const packet of results) {
      expect(packet).toMatchObject({ outcome: 'answered', answeredBy: 'fra', reordered: false })
      if (packet.outcome === 'answered') expect(packet.rttMs).toBeLessThan(50)
    }
    expect(performance.now() - startedAt).toBeGreaterThan(39 * 5 - 1)
    expect(reflector.reflected).toBe(40)
  })

  test('packets that nobody answers are lost, each once', async () => {
    const silent = createSocket('udp4').bind(0, '127.0.0.1')
    await once(silent, 'listening')
    const results = await send('127.0.0.1', silent.address().port, 5, { timeoutMs: 50 })
    silent.close()
    expect(results.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 5 }, () => 'lost'))
  })

  test('an overtaken packet is reordered, a double counts once, and a foreign session never', async () => {
    const shuffler = createSocket('udp4').bind(0, '127.0.0.1')
    await once(shuffler, 'listening')
    const held: { packet: Buffer; port: number }[] = []
    shuffler.on('message', (packet, from) => {
      reflect(packet, Date.now(), 'fra')
      stampSendTime(packet, Date.now())
      held.push({ packet, port: from.port })
      if (held.length < 3) return
      const [first, second, third] = held.map(({ packet }) => packet) as [Buffer, Buffer, Buffer]
      const foreign = Buffer.from(first)
      foreign.writeUInt16BE((first.readUInt16BE(14) % 65_535) + 1, 14)
      for (const packet of [foreign, second, second, first, third]) shuffler.send(packet, from.port, '127.0.0.1')
    })
    const results = await send('127.0.0.1', shuffler.address().port, 3)
    shuffler.close()
    expect(results).toMatchObject([
      { outcome: 'answered', reordered: true },
      { outcome: 'answered', reordered: false },
      { outcome: 'answered', reordered: false },
    ])
  })

  test('what lands after the end of sending still counts', async () => {
    const slow = createSocket('udp4').bind(0, '127.0.0.1')
    await once(slow, 'listening')
    slow.on('message', (packet, from) => {
      reflect(packet, Date.now(), 'fra')
      stampSendTime(packet, Date.now())
      setTimeout(() => slow.send(packet, from.port, '127.0.0.1'), 100)
    })
    const [packet] = await send('127.0.0.1', slow.address().port, 1)
    slow.close()
    if (packet?.outcome !== 'answered') throw new Error('lost')
    expect(packet.rttMs).toBeGreaterThan(95)
  })

  test('a reflector never answers another reflector', async () => {
    const reflector = await startReflector({ bind: '127.0.0.1', port: 0, name: 'fra', signal: stop.signal })
    // The same port at another address, as a forged source would show it.
    const forger = createSocket('udp4').bind(reflector.port, '127.0.0.2')
    await once(forger, 'listening')
    let answers = 0
    forger.on('message', () => answers++)
    forger.send(encodeRequest({ sequence: 1, session: 1, sentAtMs: Date.now() }), reflector.port, '127.0.0.1')
    await send('127.0.0.1', reflector.port, 5)
    forger.close()
    expect(answers).toBe(0)
  })

  test('a reply names the reflector of its own address only', async () => {
    const fra = await startReflector({ bind: '127.0.0.1', port: 0, name: 'fra', signal: stop.signal })
    const asker = createSocket('udp4').bind(0, '127.0.0.1')
    await once(asker, 'listening')
    asker.send(encodeRequest({ sequence: 7, session: 8, sentAtMs: Date.now() }), fra.port, '127.0.0.1')
    const [message] = (await once(asker, 'message')) as [Buffer]
    asker.close()
    expect(decodeReply(message)).toMatchObject({ sequence: 7, session: 8, name: 'fra' })
  })
})

describe('HTTP echo', () => {
  test.each(['127.0.0.1', '::1'])('requests to %s are answered by name, one a connection', async (bind) => {
    const responder = await startHttpResponder({ bind, port: 0, name: 'sin', signal: stop.signal })
    const results = await requests(bind, responder.port, 3)
    expect(results).toMatchObject(Array.from({ length: 3 }, () => ({ outcome: 'answered', answeredBy: 'sin' })))
  })

  test('a refused connection says so', async () => {
    const gone = new AbortController()
    const responder = await startHttpResponder({ bind: '127.0.0.1', port: 0, name: 'sin', signal: gone.signal })
    gone.abort()
    await responder.closed
    const [result] = await requests('127.0.0.1', responder.port, 1)
    expect(result).toMatchObject({ outcome: 'lost', detail: 'ECONNREFUSED' })
  })
})

async function requests(address: string, port: number, count: number): Promise<SentRequest[]> {
  const results: SentRequest[] = []
  const signal = stop.signal
  startRequester({ address, port, intervalMs: 10, signal, onRequest: (request) => results.push(request) })
  const giveUpAt = performance.now() + 5000
  while (results.length < count && performance.now() < giveUpAt) await sleep(5)
  return results.slice(0, count)
}
