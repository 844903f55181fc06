/** Event streams and long polls: told at once, resumed without a gap, and over when the server closes. */
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { join } from 'node:path'
import { Client } from 'undici'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SpeakerId } from '../../../src/intent/model.ts'
import { listenApi } from '../../../src/api/listen.ts'
import type { ProofView } from '../../../src/api/wire/revision.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { eventually, lead } from '../../support/store.ts'
import { type Stage, accept, ask, openStage, prefix, withFiveSites } from './stage.ts'

let redis: TestRedis
let stage: Stage
let origin: string
let socket: string

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  stage = await openStage(redis.url)
  await withFiveSites(stage)
  socket = join(stage.folder, 'herald.sock')
  const [tcp] = await listenApi(stage.api, { host: '127.0.0.1', port: 0, tokens: undefined, socket })
  origin = tcp ?? ''
})
afterEach(() => stage.close())

interface Reader {
  readonly events: EventSourceMessage[]
  /** Resolves when the server ended the stream. */
  readonly ended: Promise<void>
  close(): Promise<void>
}

async function readEvents(headers: Readonly<Record<string, string>> = {}): Promise<Reader> {
  const client = new Client(origin)
  const response = await client.request({ method: 'GET', path: '/v1/events', headers })
  expect(response.statusCode).toBe(200)
  expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8')
  const events: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => void events.push(event) })
  const ended = (async () => {
    try {
      for await (const chunk of response.body.setEncoding('utf8')) parser.feed(String(chunk))
    } catch {
      // the reader closed it
    }
  })()
  return { events, ended, close: () => client.destroy() }
}

const types = ({ events }: Reader): readonly unknown[] => events.map(({ event }) => event)

describe('event streams', () => {
  test('tell a revision as it is committed, under its place in the audit', async () => {
    const reader = await readEvents()
    await accept(stage, 'POST', '/v1/prefixes/publish', { prefix, at: ['all'], reason: 'launch' })
    await eventually(() => reader.events.length > 0)
    const [event] = reader.events
    expect(event?.event).toBe('revision')
    expect(event?.id).toMatch(/^\d+-\d+$/)
    expect(JSON.parse(event?.data ?? '')).toMatchObject({ type: 'revision', revision: 2, reason: 'launch' })
    await reader.close()
  })

  test('resume after Last-Event-ID without a gap', async () => {
    const first = await readEvents()
    await accept(stage, 'POST', '/v1/freeze', { id: 'one' })
    await eventually(() => first.events.length === 1)
    const last = first.events[0]?.id ?? ''
    await first.close()
    await accept(stage, 'POST', '/v1/freeze', { id: 'two' })
    await stage.store.events.append({ type: 'speaker', speaker: 's1', reach: 'up' })
    const second = await readEvents({ 'last-event-id': last })
    await accept(stage, 'POST', '/v1/freeze', { id: 'three' })
    await eventually(() => second.events.length === 3)
    expect(types(second)).toEqual(['revision', 'speaker', 'revision'])
    await second.close()
  })

  test('end when the server closes, and do not hold it up', async () => {
    const reader = await readEvents()
    const began = performance.now()
    await stage.api.close()
    await reader.ended
    expect(performance.now() - began).toBeLessThan(2000)
  })
})

describe('the proof of a revision', () => {
  const s1 = 's1' as SpeakerId

  test('is answered as soon as it is settled', async () => {
    const { revision } = await accept(stage, 'POST', '/v1/prefixes/publish', { prefix, at: ['all'] })
    const waiting = ask<ProofView>(stage, 'GET', `/v1/revisions/${revision}/proof?wait=30`)
    const accepted = (await stage.store.proofs.get(revision))?.acceptedAtMs ?? 0
    await stage.store.proofs.planned(revision, accepted + 2)
    await stage.store.proofs.speaker(revision, s1, {
      announce: 1,
      withdraw: 0,
      pushedAtMs: accepted + 4,
      ribAtMs: accepted + 5,
      adjOutAtMs: accepted + 7,
      neighbors: 1,
    })
    await stage.store.proofs.settle(await lead(stage.store), revision, 'done', accepted + 8, [])
    const { body } = await waiting
    expect(body).toMatchObject({
      revision,
      state: 'done',
      plannedMs: 2,
      doneMs: 8,
      speakers: [{ speaker: 's1', pop: 'pop-s1', pushedMs: 4, ribMs: 5, adjOutMs: 7, neighbors: 1 }],
    })
  })

  test('with `seen` is answered at the next step', async () => {
    const { revision } = await accept(stage, 'POST', '/v1/prefixes/publish', { prefix, at: ['all'] })
    const first = await ask<ProofView>(stage, 'GET', `/v1/revisions/${revision}/proof`)
    expect(first.body.state).toBe('pending')
    const waiting = ask<ProofView>(stage, 'GET', `/v1/revisions/${revision}/proof?wait=30&seen=${first.body.progress}`)
    await stage.store.proofs.planned(revision, Date.parse(first.body.acceptedAt) + 3)
    expect((await waiting).body).toMatchObject({ state: 'pending', plannedMs: 3 })
  })

  test('of a revision that never was is a problem', async () => {
    expect((await ask(stage, 'GET', '/v1/revisions/4711/proof?wait=1')).status).toBe(404)
  })

  test('that is waited for ends when the server closes', async () => {
    const { revision } = await accept(stage, 'POST', '/v1/prefixes/publish', { prefix, at: ['all'] })
    const client = new Client(origin)
    const waiting = client.request({ method: 'GET', path: `/v1/revisions/${revision}/proof?wait=30` })
    await eventually(async () => (await connections()) > 0)
    const began = performance.now()
    await Promise.all([
      stage.api.close(),
      waiting.then(
        ({ body }) => body.dump(),
        () => undefined,
      ),
    ])
    expect(performance.now() - began).toBeLessThan(2000)
    await client.destroy()
  })
})

describe('the unix socket', () => {
  test('is admin without a token, is not for others, and is taken over after a crash', async () => {
    const client = new Client('http://localhost', { socketPath: socket })
    const { statusCode, body } = await client.request({
      method: 'GET',
      path: '/v1/status',
      headers: { host: 'whatever' },
    })
    expect(statusCode).toBe(200)
    expect(await body.json()).toMatchObject({ revision: 1 })
    await client.destroy()
    const { stat } = await import('node:fs/promises')
    expect((await stat(socket)).mode & 0o777).toBe(0o660)
    const other = await openStage(redis.url)
    await expect(listenApi(other.api, { host: '127.0.0.1', port: 0, tokens: undefined, socket })).rejects.toThrow(
      /another Herald/,
    )
    await other.close()
  })

  test('beyond loopback nothing listens without tokens', async () => {
    const other = await openStage(redis.url)
    await expect(listenApi(other.api, { host: '0.0.0.0', port: 0, tokens: undefined })).rejects.toThrow(
      /without tokens/,
    )
    expect(other.api.server.listening).toBe(false)
    await other.close()
  })
})

function connections(): Promise<number> {
  return new Promise((resolve, reject) =>
    stage.api.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  )
}
