/** Writes: reviewed as a whole, previewed, committed by compare-and-set, audited, and taken back. */
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest'
import type { ChangeView } from '../../../src/api/wire/change.ts'
import type { DocumentListView, OneDocumentView } from '../../../src/api/wire/document.ts'
import type { Problem } from '../../../src/api/wire/problem.ts'
import type { RevisionListView, RevisionView } from '../../../src/api/wire/revision.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { type Stage, accept, ask, openStage, prefix, speakersAreUp, withFiveSites } from './stage.ts'

let redis: TestRedis
let stage: Stage

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  stage = await openStage(redis.url)
  await withFiveSites(stage)
  await speakersAreUp(stage)
})
afterEach(() => stage.close())

const publish = '/v1/prefixes/publish'
const everywhere = { prefix, at: ['all'] }

async function announcedAt(): Promise<unknown> {
  const { body } = await ask<OneDocumentView>(stage, 'GET', `/v1/documents/Prefix/${prefix}`)
  return (body.document.spec as { readonly at: unknown }).at
}

describe('publishing', () => {
  test('is accepted with a revision, the plan and where its proof is, and rings the planner', async () => {
    const wakes = stage.wakes()
    const answer = await ask<ChangeView>(stage, 'POST', publish, { body: { ...everywhere, reason: 'launch' } })
    expect(answer.status).toBe(202)
    expect(answer.headers).toMatchObject({ etag: '"2"', location: '/v1/revisions/2/proof' })
    expect(answer.body).toMatchObject({
      status: 'accepted',
      revision: 2,
      changes: [{ document: `Prefix/${prefix}`, change: 'create' }],
      announcements: { before: 0, after: 5 },
      proof: '/v1/revisions/2/proof',
    })
    expect(answer.body.plan.actions.map(({ kind, speaker }) => `${kind} ${speaker}`)).toEqual([
      'announce s1',
      'announce s2',
      'announce s3',
      'announce s4',
      'announce s5',
    ])
    expect(stage.wakes()).toBe(wakes + 1)
  })

  test('as a dry run shows the same and commits nothing', async () => {
    const head = await stage.store.revisions.head()
    const wakes = stage.wakes()
    const answer = await ask<ChangeView>(stage, 'POST', `${publish}?dryRun=true`, {
      body: { ...everywhere, reason: 'look' },
    })
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ status: 'dry-run', revision: 1, announcements: { before: 0, after: 5 } })
    expect(answer.body.plan.summary).toEqual({ announce: 5 })
    expect(answer.body.proof).toBeUndefined()
    expect(await stage.store.revisions.head()).toEqual(head)
    expect(stage.wakes()).toBe(wakes)
  })

  test('at a speaker that was never read is shown as held, because another program may announce there', async () => {
    await accept(stage, 'PUT', '/v1/documents/Speaker/s6', {
      spec: { pop: 'pop-s1', endpoint: 's6.example.net:50051' },
    })
    const { plan } = await accept(stage, 'POST', publish, everywhere)
    expect(plan.summary).toEqual({ announce: 5 })
    expect(plan.held).toMatchObject([{ speaker: 's6', reason: 'speaker-unknown', wanted: 'announce' }])
  })

  test('what is so already makes no revision', async () => {
    await accept(stage, 'POST', publish, everywhere)
    const again = await ask<ChangeView>(stage, 'POST', publish, { body: { ...everywhere, reason: 'again' } })
    expect(again.status).toBe(200)
    expect(again.body).toMatchObject({ status: 'unchanged', revision: 2, changes: [] })
    expect((await stage.store.revisions.head())?.revision).toBe(2)
  })

  test('is refused outside owned space, whoever forces it', async () => {
    const body = { prefix: '8.8.8.0/24', at: ['all'], reason: 'oops', force: true }
    const answer = await ask<Problem>(stage, 'POST', publish, { body })
    expect([409, 422]).toContain(answer.status)
    expect(JSON.stringify(answer.body)).toMatch(/pool/i)
    expect((await stage.store.revisions.head())?.revision).toBe(1)
  })
})

describe('guards', () => {
  beforeEach(async () => {
    await accept(stage, 'POST', publish, everywhere)
  })

  test('refuse to leave a prefix at one POP, with the numbers', async () => {
    const answer = await ask<Problem>(stage, 'POST', publish, {
      body: { prefix, at: ['pop-s1'], only: true, reason: 'move' },
    })
    expect(answer.status).toBe(409)
    expect(answer.body.code).toBe('guard-refused')
    expect(answer.body.guards).toMatchObject([{ guard: 'G1', forceable: true, document: `Prefix/${prefix}` }])
    expect(answer.body.detail).toMatch(/1 POPs? \(pop-s1\), now at 5/)
    expect(await announcedAt()).toEqual(['all'])
  })

  test('are overridden by force with a reason, and the audit names guard, author and reason', async () => {
    const change = await accept(stage, 'POST', '/v1/prefixes/withdraw', {
      prefix,
      everywhere: true,
      force: true,
      reason: 'decommissioned',
    })
    expect(change.overridden).toContain('G1')
    const { body } = await ask<RevisionView>(stage, 'GET', `/v1/revisions/${change.revision}`, {})
    expect(body).toMatchObject({
      author: 'local',
      reason: 'decommissioned',
      command: `withdraw ${prefix} --everywhere`,
      forced: change.overridden,
      removes: 5,
    })
  })

  test('do not let references dangle', async () => {
    const answer = await ask<Problem>(stage, 'DELETE', '/v1/documents/Region/region-s1?reason=tidy')
    expect([409, 422]).toContain(answer.status)
    expect(JSON.stringify(answer.body)).toMatch(/pop-s1/)
  })
})

describe('races', () => {
  test('writers that race are all committed, one revision each', async () => {
    const prefixes = Array.from({ length: 3 }, (_, i) => `10.0.${i}.0/24`)
    const changes = await Promise.all(
      prefixes.map((one) => accept(stage, 'POST', publish, { prefix: one, at: ['all'] })),
    )
    expect(new Set(changes.map(({ revision }) => revision))).toEqual(new Set([2, 3, 4]))
    const { body } = await ask<DocumentListView>(stage, 'GET', '/v1/documents?kind=Prefix')
    expect(body.documents.map(({ name }) => name)).toEqual(prefixes)
  })

  test('of two writers that insist on the same revision one wins', async () => {
    const answers = await Promise.all(
      ['10.0.1.0/24', '10.0.2.0/24'].map((one) =>
        ask<Problem>(stage, 'POST', publish, {
          body: { prefix: one, at: ['all'], reason: 'race' },
          headers: { 'if-match': '"1"' },
        }),
      ),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 412]))
    const loser = answers.find(({ status }) => status === 412)
    expect(loser?.body).toMatchObject({ code: 'stale-revision', revision: 2 })
  })

  test('a write that another process committed is seen at once', async () => {
    await stage.store.revisions.commit({
      expected: 1,
      changes: [{ key: 'Area/moon', before: undefined, after: {} }],
      author: 'other',
      reason: 'elsewhere',
      command: 'apply',
      forced: [],
      removes: 0,
    })
    const { body, headers } = await ask<DocumentListView>(stage, 'GET', '/v1/documents?kind=Area')
    expect(body.documents.map(({ name }) => name)).toEqual(['moon', 'world'])
    expect(headers['etag']).toBe('"2"')
  })
})

describe('Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'ticket-4711' }

  test('answers a repeated write again and commits it once', async () => {
    const body = { ...everywhere, reason: 'launch' }
    const first = await ask<ChangeView>(stage, 'POST', publish, { body, headers })
    const again = await ask<ChangeView>(stage, 'POST', publish, { body, headers })
    expect([first.status, again.status]).toEqual([202, 202])
    expect(again.body).toEqual(first.body)
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect((await stage.store.revisions.head())?.revision).toBe(2)
  })

  test('is refused for another request', async () => {
    await ask(stage, 'POST', publish, { body: { ...everywhere, reason: 'launch' }, headers })
    const other = await ask<Problem>(stage, 'POST', publish, { body: { ...everywhere, reason: 'other' }, headers })
    expect(other.status).toBe(422)
    expect(other.body.code).toBe('idempotency-mismatch')
  })

  test('is free again after a refusal, because nothing was done', async () => {
    const wrong = { prefix: '203.0.113.7/24', at: ['all'], reason: 'launch' }
    expect((await ask(stage, 'POST', publish, { body: wrong, headers })).status).toBe(422)
    expect((await ask(stage, 'POST', publish, { body: { ...everywhere, reason: 'launch' }, headers })).status).toBe(202)
  })
})

describe('the way back', () => {
  test('undo takes back what one revision changed, and only that', async () => {
    const published = await accept(stage, 'POST', publish, everywhere)
    await accept(stage, 'POST', publish, { prefix: '10.0.0.0/24', at: ['all'] })
    await accept(stage, 'POST', `/v1/revisions/${published.revision}/undo`, { force: true, reason: 'mistake' })
    const { body } = await ask<DocumentListView>(stage, 'GET', '/v1/documents?kind=Prefix')
    expect(body.documents.map(({ name }) => name)).toEqual(['10.0.0.0/24'])
  })

  test('restore makes everything as it was at a revision, and ?at= shows it before', async () => {
    await accept(stage, 'POST', publish, everywhere)
    await accept(stage, 'POST', publish, { prefix, at: ['pop-s1', 'pop-s2', 'pop-s3'], only: true })
    await accept(stage, 'POST', '/v1/drains', { at: 'pop-s1', forSeconds: 60 })
    const then = await ask<OneDocumentView>(stage, 'GET', `/v1/documents/Prefix/${prefix}?at=2`)
    expect(then.body).toMatchObject({ revision: 2, document: { spec: { at: ['all'] } } })
    expect(then.headers['etag']).toBe('"2"')
    await accept(stage, 'POST', '/v1/revisions/2/restore', { reason: 'back' })
    expect(await announcedAt()).toEqual(['all'])
    const { body } = await ask<DocumentListView>(stage, 'GET', '/v1/documents?kind=Drain')
    expect(body).toEqual({ revision: 5, documents: [] })
  })

  test('history pages from the newest to the oldest', async () => {
    for (let i = 0; i < 4; i++) await accept(stage, 'POST', publish, { prefix: `10.0.${i}.0/24`, at: ['all'] })
    const first = await ask<RevisionListView>(stage, 'GET', '/v1/revisions?limit=3')
    expect(first.body.revisions.map(({ revision }) => revision)).toEqual([5, 4, 3])
    const rest = await ask<RevisionListView>(stage, 'GET', `/v1/revisions?limit=3&before=${first.body.next}`)
    expect(rest.body.revisions.map(({ revision }) => revision)).toEqual([2, 1])
    expect(rest.body.next).toBeUndefined()
  })

  test('history is asked about a prefix, a POP, a document or an author, and pages as far as there is more', async () => {
    await accept(stage, 'POST', publish, { prefix, at: ['pop-s1', 'pop-s2', 'pop-s3'] })
    for (let i = 0; i < 3; i++) await accept(stage, 'POST', publish, { prefix: `10.0.${i}.0/24`, at: ['all'] })
    const drained = await accept(stage, 'POST', '/v1/drains', { at: 'pop-s1', forSeconds: 60 })
    await accept(stage, 'POST', '/v1/overrides', { prefix, attributes: { med: 5 }, forSeconds: 60 })
    const found = async (query: string) => {
      const { body } = await ask<RevisionListView>(stage, 'GET', `/v1/revisions?${query}`)
      return { revisions: body.revisions.map(({ revision }) => revision), next: body.next }
    }
    expect(await found(`about=${prefix}`)).toEqual({ revisions: [7, 2, 1] }) // 1: its pool
    expect(await found('about=pop-s1')).toMatchObject({ revisions: [6, 2, 1] })
    expect(await found(`about=Drain/${drained.id}`)).toEqual({ revisions: [6] })
    expect(await found('about=pop-s1&limit=2')).toEqual({ revisions: [6, 2], next: 2 })
    expect(await found('about=pop-s1&limit=2&before=2')).toEqual({ revisions: [1] })
    expect(await found('author=local&limit=2')).toEqual({ revisions: [7, 6], next: 6 })
    expect(await found('author=nobody')).toEqual({ revisions: [] })
  })
})

describe('overlays', () => {
  beforeEach(async () => {
    await accept(stage, 'POST', publish, everywhere)
  })

  test('a drain is begun, shown, and ended by its name', async () => {
    const drain = await accept(stage, 'POST', '/v1/drains', { at: 'pop-s1', forSeconds: 7200, reason: 'upgrade' })
    expect(drain.id).toBe('drain-1')
    const shown = await ask<OneDocumentView>(stage, 'GET', '/v1/documents/Drain/drain-1')
    expect(shown.body.document.spec).toMatchObject({
      target: { at: 'pop-s1' },
      startedAtMs: stage.nowMs,
      expiresAtMs: stage.nowMs + 7_200_000,
    })
    const ended = await ask<ChangeView>(stage, 'DELETE', '/v1/drains/drain-1?reason=done')
    expect(ended.status).toBe(202)
    const gone = await ask<Problem>(stage, 'DELETE', '/v1/drains/drain-1?reason=done')
    expect(gone.status).toBe(404)
  })

  test('a drain of an unknown place is refused', async () => {
    const answer = await ask<Problem>(stage, 'POST', '/v1/drains', { body: { at: 'atlantis', reason: 'x' } })
    expect(answer.status).toBe(422)
    expect(JSON.stringify(answer.body)).toMatch(/atlantis/)
  })

  test('a drain that names two things, or none, is refused', async () => {
    for (const target of [{}, { at: 'pop-s1', speaker: 's1' }]) {
      const answer = await ask<Problem>(stage, 'POST', '/v1/drains', { body: { ...target, reason: 'x' } })
      expect(answer.status).toBe(422)
      expect(JSON.stringify(answer.body)).toMatch(/name one of a place/)
    }
  })

  test('an override changes attributes at a site for a while', async () => {
    const change = await accept(stage, 'POST', '/v1/overrides', {
      prefix,
      at: ['pop-s1'],
      attributes: { med: 50 },
      forSeconds: 60,
    })
    expect(change.plan.actions.map(({ speaker, to }) => `${speaker} ${to?.med}`)).toContain('s1 50')
    expect((await ask(stage, 'DELETE', `/v1/overrides/${change.id}?reason=done`)).status).toBe(202)
  })

  test('a freeze is lifted as a whole', async () => {
    await accept(stage, 'POST', '/v1/freeze', { forSeconds: 60 })
    await accept(stage, 'POST', '/v1/freeze', {})
    await accept(stage, 'POST', '/v1/unfreeze', {})
    const { body } = await ask<DocumentListView>(stage, 'GET', '/v1/documents?kind=Freeze')
    expect(body.documents).toEqual([])
    const again = await ask<Problem>(stage, 'POST', '/v1/unfreeze', { body: { reason: 'again' } })
    expect(again.body).toMatchObject({ status: 422, detail: 'nothing is frozen' })
  })
})

describe('session passwords', () => {
  const path = '/v1/documents/Neighbor/s1-isp'
  const spec = { speaker: 's1', address: '192.0.2.10', asn: 64601, kind: 'transit', managed: true }

  test('never come out, and applying what was shown keeps them', async () => {
    await accept(stage, 'PUT', path, { spec: { ...spec, session: { password: 'swordfish' } } })
    const shown = await ask<OneDocumentView>(stage, 'GET', path)
    expect(shown.body.document.spec).toMatchObject({ session: { password: '********' } })
    const history = await ask(stage, 'GET', '/v1/revisions/2')
    expect(JSON.stringify(history.body)).not.toContain('swordfish')
    const again = await ask<ChangeView>(stage, 'PUT', path, {
      body: { spec: shown.body.document.spec, reason: 'as shown' },
    })
    expect(again.body.status).toBe('unchanged')
    const { documents } = await stage.store.revisions.documents()
    expect(documents.get('Neighbor/s1-isp')).toMatchObject({ session: { password: 'swordfish' } })
  })
})
