/**
 * The API as it is wired in production, but for the daemons: real Redis, real documents, review, plan and store; the
 * speakers are in memory, because what is asked here is what the API says, not what GoBGP does.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import type { ApiDeps } from '../../../src/api/deps.ts'
import { createApi } from '../../../src/api/server.ts'
import type { ChangeView } from '../../../src/api/wire/change.ts'
import type { Asn } from '../../../src/bgp/asn.ts'
import type { Document } from '../../../src/intent/document.ts'
import type { SpeakerId } from '../../../src/intent/model.ts'
import { type MemorySpeaker, createMemorySpeaker } from '../../../src/speaker/memory.ts'
import { openHighWater } from '../../../src/store/high-water.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import { networkAsn, networkDocuments } from '../../support/network.ts'
import { freshTag, openTestStore } from '../../support/store.ts'

export interface Stage {
  readonly api: FastifyInstance
  readonly store: OpenStore
  /** In memory, one a name, made when first asked for. */
  readonly speakers: ReadonlyMap<string, MemorySpeaker>
  speaker(name: string): MemorySpeaker
  /** How often the planner's doorbell was rung. */
  wakes(): number
  nowMs: number
  /** Where the unix socket may be opened. */
  readonly folder: string
  close(): Promise<void>
}

export interface Answer<T = unknown> {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: T
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export async function openStage(redisUrl: string, overrides: Partial<ApiDeps> = {}): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'herald-api-'))
  const store = await openTestStore(redisUrl, freshTag())
  await store.revisions.initialise()
  const speakers = new Map<string, MemorySpeaker>()
  const speaker = (name: string): MemorySpeaker => {
    const known = speakers.get(name) ?? createMemorySpeaker({ asn: networkAsn as Asn })
    speakers.set(name, known)
    return known
  }
  let wakes = 0
  let ids = 0
  const stage = { nowMs: 1_790_000_000_000 }
  const api = await createApi({
    store,
    clock: () => stage.nowMs,
    wakePlan: async () => void wakes++,
    speakers: ({ speaker: name }) => speaker(name),
    auth: { tokens: undefined },
    metrics: { contentType: 'text/plain', render: async () => 'herald_revision 0\n' },
    logger: pino({ level: 'silent' }),
    health: { ready: async () => ({ ready: true, checks: [] }) },
    storeIdentity: await openHighWater(join(folder, 'high-water.json')),
    newId: () => String(++ids),
    version: '0.0.0',
    ...overrides,
  })
  return Object.assign(stage, {
    api,
    store,
    speakers,
    speaker,
    wakes: () => wakes,
    folder,
    async close() {
      await api.close()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  })
}

export async function ask<T = unknown>(
  { api }: Pick<Stage, 'api'>,
  method: Method,
  url: string,
  options: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answer<T>> {
  const response = await api.inject({
    method,
    url,
    headers: {
      host: '127.0.0.1',
      ...(options.body !== undefined && { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body !== undefined && {
      payload: typeof options.body === 'string' ? options.body : JSON.stringify(options.body),
    }),
  })
  const json = String(response.headers['content-type']).includes('json')
  return {
    status: response.statusCode,
    headers: response.headers,
    body: (json ? JSON.parse(response.body) : response.body) as T,
  }
}

/** A write that must be accepted. */
export async function accept(stage: Stage, method: Method, url: string, body: object): Promise<ChangeView> {
  const answer = await ask<ChangeView>(stage, method, url, { body: { reason: 'a test', ...body } })
  if (answer.status === 202) return answer.body
  throw new Error(`${method} ${url} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
}

export const prefix = '203.0.113.0/24'

/** POPs `pop-s1` to `pop-s5` with a speaker and a transit neighbor each, in the area `world`. */
export function fiveSites(): readonly Document[] {
  const names = ['s1', 's2', 's3', 's4', 's5']
  return networkDocuments(
    names.map((id) => ({ id, endpoint: `${id}.example.net:50051` })),
    names.map((id, i) => ({ id: `${id}-isp`, speaker: id, address: `192.0.2.${i + 10}`, asn: 64601 + i })),
  )
}

/** Applies the five sites: revision 1. */
export async function withFiveSites(stage: Stage): Promise<void> {
  await accept(stage, 'POST', '/v1/apply', { documents: fiveSites() })
}

/** The watcher has read every speaker, and nothing is there. */
export async function speakersAreUp({ store, nowMs }: Stage): Promise<void> {
  for (const { kind, name } of fiveSites())
    if (kind === 'Speaker')
      await store.speakers.report(name as SpeakerId, { reach: 'up', sinceMs: nowMs, readAtMs: nowMs, foreign: 0 })
}
