/** Bad input: every one a clear problem with its place and the way out, and nothing is lost or half applied. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Problem } from '../../../src/api/wire/problem.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { type Method, type Stage, accept, ask, fiveSites, openStage, prefix, withFiveSites } from './stage.ts'

let redis: TestRedis
let stage: Stage

beforeAll(async () => {
  redis = await startRedis()
  stage = await openStage(redis.url)
  await withFiveSites(stage)
  await accept(stage, 'POST', '/v1/prefixes/publish', { prefix, at: ['all'] })
})

afterAll(async () => {
  await stage.close()
  await redis.stop()
})

interface Case {
  readonly name: string
  readonly method?: Method
  readonly url: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  readonly code?: string
  /** Pointer of one of the errors. */
  readonly pointer?: string
  readonly document?: string
  readonly says: RegExp
}

const reason = 'a test'
const publish = '/v1/prefixes/publish'
const pool = (prefixes: readonly string[]) => ({ kind: 'Pool', name: 'more', spec: { prefixes } })

const cases: readonly Case[] = [
  {
    name: 'a prefix with host bits is refused and the prefix is named',
    url: publish,
    body: { prefix: '203.0.113.7/24', at: ['all'], reason },
    status: 422,
    code: 'invalid-request',
    pointer: '/prefix',
    says: /host bits set; the prefix is "203\.0\.113\.0\/24"/,
  },
  {
    name: 'a prefix in another spelling is refused and the canonical one is named',
    url: publish,
    body: { prefix: '2001:DB8:0::/48', at: ['all'], reason },
    status: 422,
    pointer: '/prefix',
    says: /write "2001:db8::\/48"/,
  },
  {
    name: 'a malformed prefix in a query is refused',
    method: 'GET',
    url: '/v1/plan?prefix=203.0.113.0',
    status: 400,
    pointer: '/prefix',
    says: /has no \/length/,
  },
  {
    name: 'a question about what is neither a prefix nor an address is refused',
    method: 'GET',
    url: '/v1/explain?prefix=frankfurt',
    status: 400,
    pointer: '/prefix',
    says: /"frankfurt" is not a prefix/,
  },
  {
    name: 'a question about an address that is in no Prefix document is refused',
    method: 'GET',
    url: '/v1/explain?prefix=192.0.2.7',
    status: 404,
    says: /192\.0\.2\.7 lies in no Prefix document/,
  },
  {
    name: 'a Prefix document under a name that is not canonical is refused',
    method: 'PUT',
    url: '/v1/documents/Prefix/203.0.113.7/24',
    body: { spec: { at: ['all'] }, reason },
    status: 422,
    code: 'invalid-documents',
    pointer: '/metadata/name',
    says: /host bits/,
  },
  {
    name: 'a next hop of the other family is refused',
    url: publish,
    body: { prefix, at: ['all'], attributes: { nextHop: '2001:db8::1' }, reason },
    status: 422,
    says: /next hop/i,
  },
  {
    name: 'an unknown site is refused',
    url: publish,
    body: { prefix, at: ['pop-s9'], reason },
    status: 422,
    says: /pop-s9/,
  },
  {
    name: 'a speaker at an unknown POP is refused with the place in its document',
    method: 'PUT',
    url: '/v1/documents/Speaker/s6',
    body: { spec: { pop: 'nowhere', endpoint: 's6.example.net:50051' }, reason },
    status: 422,
    document: 'Speaker/s6',
    pointer: '/spec/pop',
    says: /nowhere/,
  },
  {
    name: 'two speakers with one endpoint are refused',
    method: 'PUT',
    url: '/v1/documents/Speaker/s6',
    body: { spec: { pop: 'pop-s1', endpoint: 's1.example.net:50051' }, reason },
    status: 422,
    document: 'Speaker/s6',
    says: /s1/,
  },
  {
    name: 'one document given twice is refused',
    url: '/v1/apply',
    body: { documents: [pool(['198.51.100.0/24']), pool(['198.51.100.0/24'])], reason },
    status: 422,
    document: 'Pool/more',
    says: /given twice/,
  },
  {
    name: 'overlapping pools are refused',
    url: '/v1/apply',
    body: { documents: [pool(['203.0.113.0/25'])], reason },
    status: 422,
    document: 'Pool/more',
    says: /203\.0\.113\.0\/25 lies within 203\.0\.113\.0\/24 of Pool\/service/,
  },
  {
    name: 'an unknown field of a body is refused with its pointer',
    url: publish,
    body: { prefix, at: ['all'], reason, colour: 'red' },
    status: 422,
    pointer: '/colour',
    says: /colour/,
  },
  {
    name: 'an unknown field of a document is refused with its pointer',
    method: 'PUT',
    url: '/v1/documents/Pop/pop-s1',
    body: { spec: { region: 'region-s1', colour: 'red' }, reason },
    status: 422,
    document: 'Pop/pop-s1',
    pointer: '/spec/colour',
    says: /colour/,
  },
  {
    name: 'an unknown query parameter is refused and not taken for "everything"',
    method: 'GET',
    url: '/v1/documents?knid=Pop',
    status: 400,
    code: 'invalid-request',
    pointer: '/knid',
    says: /knid/,
  },
  {
    name: 'an empty query parameter is refused',
    method: 'GET',
    url: '/v1/documents?kind=',
    status: 400,
    pointer: '/kind',
    says: /kind/,
  },
  {
    name: 'a query parameter given twice is refused',
    method: 'GET',
    url: '/v1/routes?speaker=s1&speaker=s2',
    status: 400,
    pointer: '/speaker',
    says: /speaker/,
  },
  {
    name: 'a query parameter is refused where none is known',
    method: 'GET',
    url: '/v1/status?verbose=1',
    status: 400,
    pointer: '/verbose',
    says: /verbose/,
  },
  {
    name: 'a write without a reason is refused with the way out',
    url: publish,
    body: { prefix, at: ['all'] },
    status: 422,
    code: 'reason-required',
    pointer: '/reason',
    says: /say why/,
  },
  {
    name: 'an empty reason is no reason',
    url: publish,
    body: { prefix, at: ['all'], reason: '  ' },
    status: 422,
    code: 'reason-required',
    says: /say why/,
  },
  {
    name: 'a deletion without a reason is refused',
    method: 'DELETE',
    url: '/v1/documents/Prefix/203.0.113.0/24',
    status: 422,
    code: 'reason-required',
    says: /say why/,
  },
  {
    name: 'a withdrawal that does not say where is refused',
    url: '/v1/prefixes/withdraw',
    body: { prefix, reason },
    status: 422,
    says: /say where/,
  },
  {
    name: 'an empty list of sites is refused',
    url: '/v1/prefixes/withdraw',
    body: { prefix, at: [], reason },
    status: 422,
    pointer: '/at',
    says: /at least one site/,
  },
  {
    name: 'a body that is not JSON is refused',
    url: publish,
    body: '{"prefix": ',
    status: 400,
    code: 'malformed-json',
    says: /JSON/,
  },
  {
    name: 'an empty body is refused',
    url: publish,
    body: '',
    status: 400,
    says: /empty|JSON/,
  },
  {
    name: 'another media type is refused',
    url: publish,
    body: 'prefix=203.0.113.0/24',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    status: 415,
    code: 'unsupported-media-type',
    says: /application\/json/,
  },
  {
    name: 'a body above 8 MiB is refused',
    url: publish,
    body: { prefix, at: ['all'], reason: 'x'.repeat(8 * 1024 * 1024) },
    status: 413,
    code: 'body-too-large',
    says: /8 MiB/,
  },
  {
    name: 'an If-Match that is no revision is refused',
    url: publish,
    body: { prefix, at: ['all'], reason },
    headers: { 'if-match': '"yesterday"' },
    status: 400,
    says: /not a revision/,
  },
  {
    name: 'a stale revision is refused and the head is named',
    url: publish,
    body: { prefix, at: ['all'], attributes: { med: 5 }, reason },
    headers: { 'if-match': '"1"' },
    status: 412,
    code: 'stale-revision',
    says: /revision 1 is not the head/,
  },
  {
    name: 'an unknown kind of document is refused',
    method: 'GET',
    url: '/v1/documents?kind=Popp',
    status: 400,
    pointer: '/kind',
    says: /Pop/,
  },
  {
    name: 'a document that does not exist is told as such',
    method: 'GET',
    url: '/v1/documents/Prefix/198.51.100.0/24',
    status: 404,
    code: 'not-found',
    says: /no Prefix\/198\.51\.100\.0\/24/,
  },
  {
    name: 'a revision that never was is told as such',
    method: 'GET',
    url: '/v1/documents?at=4711',
    status: 404,
    code: 'not-found',
    says: /4711/,
  },
  {
    name: 'a path that does not exist is a problem too',
    method: 'GET',
    url: '/v1/nothing',
    status: 404,
    code: 'not-found',
    says: /\/v1\/nothing/,
  },
  {
    name: 'a URL that cannot be decoded is a problem too',
    method: 'GET',
    url: '/v1/documents/Pop/%zz',
    status: 400,
    code: 'malformed-url',
    says: /%zz/,
  },
  {
    name: 'a write to a path that does not exist is a problem, with an Idempotency-Key too',
    url: '/v1/publish',
    body: { prefix, reason },
    headers: { 'idempotency-key': 'abc' },
    status: 404,
    code: 'not-found',
    says: /POST \/v1\/publish/,
  },
  {
    name: 'an unknown speaker is told as such',
    method: 'GET',
    url: '/v1/speakers/s9',
    status: 404,
    code: 'not-found',
    says: /s9/,
  },
  {
    name: 'a neighbor password that is only its mask is refused',
    method: 'PUT',
    url: '/v1/documents/Neighbor/s2-isp',
    body: {
      spec: { speaker: 's2', address: '192.0.2.11', asn: 64602, kind: 'transit', session: { password: '********' } },
      reason,
    },
    status: 422,
    pointer: '/spec/session/password',
    says: /stands for a stored password/,
  },
]

describe('bad input', () => {
  test.each(cases)('$name', async ({ method = 'POST', url, body, headers, status, code, pointer, document, says }) => {
    const before = await stage.store.revisions.head()
    const answer = await ask<Problem>(stage, method, url, {
      ...(body !== undefined && { body }),
      ...(headers !== undefined && { headers }),
    })
    expect(answer.body).toMatchObject({ status, ...(code !== undefined && { code }) })
    expect(answer.status).toBe(status)
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
    const text = [answer.body.detail, ...(answer.body.errors ?? []).map(({ message }) => message)].join('\n')
    expect(text).toMatch(says)
    if (pointer !== undefined) expect((answer.body.errors ?? []).map((error) => error.pointer)).toContain(pointer)
    if (document !== undefined) expect((answer.body.errors ?? []).map((error) => error.document)).toContain(document)
    expect(await stage.store.revisions.head()).toEqual(before)
  })

  test('every problem of a set of documents is told at once, and nothing of it is applied', async () => {
    const before = await stage.store.revisions.head()
    const documents = [
      ...fiveSites(),
      { kind: 'Pop', name: 'UPPER', spec: { region: 'region-s1' } },
      { kind: 'Region', name: 'lost', spec: { area: 'atlantis' } },
      { kind: 'Prefix', name: '198.51.100.1/24', spec: { at: ['all'] } },
      pool(['198.51.100.0/24']),
    ]
    const answer = await ask<Problem>(stage, 'POST', '/v1/apply', { body: { documents, reason } })
    expect(answer.status).toBe(422)
    const places = new Set((answer.body.errors ?? []).map(({ document }) => document))
    expect(places).toEqual(new Set(['Pop/UPPER', 'Region/lost', 'Prefix/198.51.100.1/24']))
    expect(await stage.store.revisions.head()).toEqual(before)
  })
})
