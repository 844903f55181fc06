/** Who may do what, and what a browser on this machine must not be able to do. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkBinding } from '../../../src/api/binding.ts'
import type { Problem } from '../../../src/api/wire/problem.ts'
import type { RevisionView } from '../../../src/api/wire/revision.ts'
import { type Role, parseTokens } from '../../../src/api/token.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { type Method, type Stage, ask, fiveSites, openStage, prefix, withFiveSites } from './stage.ts'

let redis: TestRedis
let open: Stage
let guarded: Stage

const tokens = (['viewer', 'operator', 'admin'] as const).map((role) => ({
  name: `${role}-token`,
  role,
  sha256: createHash('sha256').update(`secret of ${role}`).digest('hex'),
}))
const bearer = (role: Role) => ({ authorization: `Bearer secret of ${role}` })

beforeAll(async () => {
  redis = await startRedis()
  open = await openStage(redis.url)
  await withFiveSites(open)
  guarded = await openStage(redis.url, { auth: { tokens } })
  await ask(guarded, 'POST', '/v1/apply', {
    body: { documents: fiveSites(), reason: 'setup' },
    headers: bearer('admin'),
  })
})

afterAll(async () => {
  await open.close()
  await guarded.close()
  await redis.stop()
})

describe('roles', () => {
  const area = (name: string) => ({ documents: [{ kind: 'Area', name, spec: {} }], reason: 'a test' })
  const cases: readonly (readonly [string, Method, string, unknown, Role])[] = [
    ['reading', 'GET', '/v1/documents', undefined, 'viewer'],
    ['metrics', 'GET', '/metrics', undefined, 'viewer'],
    ['planning documents', 'POST', '/v1/plan', { documents: [{ kind: 'Area', name: 'x', spec: {} }] }, 'viewer'],
    ['a dry run', 'POST', '/v1/apply?dryRun=true', area('x'), 'viewer'],
    ['writing', 'POST', '/v1/apply', area('a-1'), 'operator'],
    ['forcing', 'POST', '/v1/apply', { ...area('a-2'), force: true }, 'admin'],
    ['pruning', 'POST', '/v1/apply', { ...area('world'), prune: true }, 'admin'],
    ['restoring', 'POST', '/v1/revisions/1/restore', { reason: 'a test' }, 'admin'],
    ['accepting a store', 'POST', '/v1/store/accept', { reason: 'a test' }, 'admin'],
    ['adopting', 'POST', '/v1/speakers/s1/adopt', { all: true, reason: 'a test' }, 'admin'],
  ]

  test.each(cases)('%s needs a role', async (_what, method, url, body, needed) => {
    const order: readonly Role[] = ['viewer', 'operator', 'admin']
    for (const role of order) {
      const answer = await ask<Problem>(guarded, method, url, {
        ...(body !== undefined && { body }),
        headers: bearer(role),
      })
      const allowed = order.indexOf(role) >= order.indexOf(needed)
      if (allowed) expect([401, 403]).not.toContain(answer.status)
      else expect(answer.body).toMatchObject({ status: 403, code: 'role' })
    }
  })

  test('nobody without a token, or with an unknown one, gets in', async () => {
    const none = await ask<Problem>(guarded, 'GET', '/v1/documents')
    expect(none.body).toMatchObject({ status: 401, code: 'token' })
    expect(none.headers['www-authenticate']).toBe('Bearer realm="herald"')
    const wrong = await ask<Problem>(guarded, 'GET', '/v1/documents', { headers: { authorization: 'Bearer guess' } })
    expect(wrong.status).toBe(401)
  })

  test('health and the API description are public', async () => {
    for (const url of ['/healthz', '/readyz', '/v1/openapi.json', '/docs/', '/v1/schemas/Prefix'])
      expect((await ask(guarded, 'GET', url)).status).toBe(200)
  })

  test('the audit names the token, whatever the client says of itself', async () => {
    const answer = await ask<{ revision: number }>(guarded, 'POST', '/v1/apply', {
      body: area('a-3'),
      headers: { ...bearer('operator'), 'x-herald-author': 'root' },
    })
    const { body } = await ask<RevisionView>(guarded, 'GET', `/v1/revisions/${answer.body.revision}`, {
      headers: bearer('viewer'),
    })
    expect(body.author).toBe('root (token operator-token)')
  })
})

describe('without tokens', () => {
  test('a local caller says who it is', async () => {
    const answer = await ask<{ revision: number }>(open, 'POST', '/v1/prefixes/publish', {
      body: { prefix, at: ['all'], reason: 'launch' },
      headers: { 'x-herald-author': 'alice' },
    })
    const { body } = await ask<RevisionView>(open, 'GET', `/v1/revisions/${answer.body.revision}`)
    expect(body.author).toBe('alice')
  })

  test('nobody writes in the name of automation', async () => {
    const answer = await ask<{ revision: number }>(open, 'POST', '/v1/apply', {
      body: { documents: [{ kind: 'Area', name: 'a-4', spec: {} }], reason: 'a test' },
      headers: { 'x-herald-author': 'herald:failover' },
    })
    const { body } = await ask<RevisionView>(open, 'GET', `/v1/revisions/${answer.body.revision}`)
    expect(body.author).toBe('local')
  })

  test('a page that rebinds its name to 127.0.0.1 is refused', async () => {
    for (const host of ['evil.example', 'evil.example:7179', 'localhost.evil.example']) {
      const answer = await ask<Problem>(open, 'GET', '/v1/documents', { headers: { host } })
      expect(answer.body).toMatchObject({ status: 421, code: 'host' })
    }
    for (const host of ['localhost:7179', '127.0.0.1', '[::1]:7179'])
      expect((await ask(open, 'GET', '/v1/documents', { headers: { host } })).status).toBe(200)
  })

  test('a page of another site cannot write, and no answer lets it read', async () => {
    const body = { prefix, at: ['all'], reason: 'evil' }
    const foreign: readonly Readonly<Record<string, string>>[] = [
      { origin: 'https://evil.example' },
      { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site' },
    ]
    for (const headers of foreign) {
      const answer = await ask<Problem>(open, 'POST', '/v1/prefixes/publish', { body, headers })
      expect(answer.body).toMatchObject({ status: 403, code: 'cross-site' })
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    }
    const form = await ask<Problem>(open, 'POST', '/v1/unfreeze', {
      body: '{}',
      headers: { 'content-type': 'text/plain' },
    })
    expect(form.status).toBe(415)
  })

  test('a write without a body is no simple request', async () => {
    const answer = await ask<Problem>(open, 'POST', '/v1/unfreeze')
    expect(answer.status).toBe(415)
  })
})

describe('the binding', () => {
  test('beyond loopback is refused without tokens', () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'herald.example.net'])
      expect(checkBinding({ host, tokens: undefined })).toMatch(/without tokens/)
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
      expect(checkBinding({ host, tokens: undefined })).toBeUndefined()
    expect(checkBinding({ host: '0.0.0.0', tokens })).toBeUndefined()
  })
})

describe('the token file', () => {
  test('is read, or refused with every problem', () => {
    expect(parseTokens(JSON.stringify(tokens))).toMatchObject({ ok: true })
    const wrong = parseTokens(JSON.stringify([{ name: '', role: 'root', sha256: 'secret', extra: 1 }]))
    expect(wrong).toMatchObject({ ok: false })
    const problem = wrong.ok ? '' : wrong.problem
    for (const place of ['/0/name', '/0/role', '/0/sha256', 'extra']) expect(problem).toContain(place)
    const automation = [{ name: 'herald:failover', role: 'admin', sha256: 'a'.repeat(64) }]
    expect(parseTokens(JSON.stringify(automation))).toMatchObject({ ok: false })
    expect(parseTokens('[]')).toMatchObject({ ok: false })
    expect(parseTokens('{')).toMatchObject({ ok: false })
  })
})
