import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DocumentChange, DocumentKey } from '../../../src/intent/document.ts'
import type { OpenStore } from '../../../src/store/open.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { adding, openTestStore } from '../../support/store.ts'

let redis: TestRedis
const opened: OpenStore[] = []

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()))
  await redis.stop()
})

async function freshStore(): Promise<OpenStore> {
  const store = await openTestStore(redis.url)
  opened.push(store)
  return store
}

const pop = (name: string) => ({ kind: 'Pop', name, spec: { region: 'eu' } }) as const

test('of 50 concurrent commits against one revision exactly one wins, and the others are told to review again', async () => {
  const store = await freshStore()
  await store.revisions.initialise()
  for (let revision = 0; revision < 5; revision++) {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, i) => store.revisions.commit(adding(revision, [pop(`p${revision}-${i}`)]))),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'stale-revision' })
  }
  const { revision, documents } = await store.revisions.documents()
  expect(revision).toBe(5)
  expect(documents.size).toBe(5)
})

test('one revision holds 10,000 documents, whole', async () => {
  const store = await freshStore()
  await store.revisions.initialise()
  const many = Array.from({ length: 10_000 }, (_, i) => pop(`p${i}`))
  await store.revisions.commit(adding(0, many))
  expect((await store.revisions.documents()).documents.size).toBe(10_000)
  const removal = many.map(({ name, spec }) => ({ key: `Pop/${name}` as const, before: spec, after: undefined }))
  await store.revisions.commit(adding(1, [], { changes: removal }))
  expect((await store.revisions.documents()).documents.size).toBe(0)
  expect((await store.revisions.documents(1)).documents.size).toBe(10_000)
})

test('each document names the revision that made it, whatever changed it since; made anew, the new one', async () => {
  const store = await freshStore()
  await store.revisions.initialise()
  const [fra, ams, sin] = ['Pop/fra', 'Pop/ams', 'Pop/sin'] as const
  const commit = (expected: number, changes: readonly DocumentChange[], reason: string) =>
    store.revisions.commit(adding(expected, [], { changes, reason, author: 'alice' }))
  const madeIn = async () => {
    const origins = await store.revisions.origins([fra, ams, sin])
    return Object.fromEntries(Array.from(origins, ([key, { revision, reason }]) => [key, `${revision} ${reason}`]))
  }
  expect(await madeIn()).toEqual({})
  await commit(
    0,
    [fra, ams].map((key) => ({ key, before: undefined, after: 1 })),
    'launch',
  )
  await commit(
    1,
    [
      { key: fra, before: 1, after: 2 },
      { key: sin, before: undefined, after: 1 },
    ],
    'grow',
  )
  expect(await madeIn()).toEqual({ [fra]: '1 launch', [ams]: '1 launch', [sin]: '2 grow' })
  await commit(2, [{ key: ams, before: 1, after: undefined }], 'close')
  expect(await madeIn()).toEqual({ [fra]: '1 launch', [sin]: '2 grow' })
  await commit(3, [{ key: ams, before: undefined, after: 1 }], 'open again')
  expect(await madeIn()).toMatchObject({ [ams]: '4 open again' })
})

test('every earlier revision reads back as a replay of all changes up to it', async () => {
  const keys = ['Pop/fra', 'Pop/sin', 'Area/eu', 'Prefix/203.0.113.0/24', 'Freeze/all'] as const
  const edit = fc.record({ key: fc.constantFrom(...keys), spec: fc.option(fc.jsonValue(), { nil: undefined }) })
  const history = fc.array(fc.uniqueArray(edit, { selector: ({ key }) => key, maxLength: 4 }), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(history, async (revisions) => {
      const store = await openTestStore(redis.url)
      await store.revisions.initialise()
      const replay: Map<DocumentKey, unknown>[] = [new Map()]
      for (const [expected, edits] of revisions.entries()) {
        const now = new Map(replay.at(-1))
        const changes: DocumentChange[] = []
        for (const { key, spec } of edits) {
          const after = spec === undefined ? undefined : JSON.parse(JSON.stringify(spec))
          if (!now.has(key) && after === undefined) continue
          changes.push({ key, before: now.get(key), after })
          if (after === undefined) now.delete(key)
          else now.set(key, after)
        }
        await store.revisions.commit(adding(expected, [], { changes }))
        replay.push(now)
      }
      for (const [revision, documents] of replay.entries())
        expect(await store.revisions.documents(revision)).toEqual({ revision, documents })
      expect(await store.revisions.documents()).toEqual({ revision: revisions.length, documents: replay.at(-1) })
      await store.close()
    }),
    { numRuns: 25 },
  )
})

test('the history gives every revision back as it was committed, by number, by range and by page', async () => {
  const store = await freshStore()
  await store.revisions.initialise()
  const committed = []
  for (let i = 0; i < 7; i++)
    committed.push(await store.revisions.commit(adding(i, [pop(`p${i}`)], { forced: ['G1'], removes: i })))
  expect(await store.revisions.get(3)).toEqual(committed[2])
  expect(await store.revisions.since(4)).toEqual(committed.slice(4))
  expect(await store.revisions.since(7)).toEqual([])
  expect((await store.revisions.list({ limit: 3 })).map(({ revision }) => revision)).toEqual([7, 6, 5])
  expect((await store.revisions.list({ before: 5, limit: 3 })).map(({ revision }) => revision)).toEqual([4, 3, 2])
  expect((await store.revisions.list({ before: 2, limit: 3 })).map(({ revision }) => revision)).toEqual([1])
})

test('a revision that never was is not found', async () => {
  const store = await freshStore()
  await store.revisions.initialise()
  for (const revision of [1, -1, 0.5])
    await expect(store.revisions.documents(revision)).rejects.toMatchObject({ code: 'not-found' })
  await expect(store.revisions.get(1)).rejects.toMatchObject({ code: 'not-found' })
})

test('an epoch is made once and named a non-zero 32-bit number', async () => {
  const store = await freshStore()
  expect(await store.revisions.head()).toBeUndefined()
  const heads = await Promise.all(Array.from({ length: 20 }, () => store.revisions.initialise()))
  expect(new Set(heads.map(({ epoch }) => epoch)).size).toBe(1)
  expect(await store.revisions.head()).toEqual(heads[0])
  expect(heads[0]?.revision).toBe(0)
  expect(heads[0]?.epoch).toBeGreaterThan(0)
  expect(heads[0]?.epoch).toBeLessThan(2 ** 32)
})

test('an emptied Redis answers no documents and takes no commit, so that nothing is concluded from it', async () => {
  const store = await freshStore()
  await expect(store.revisions.documents()).rejects.toMatchObject({ code: 'store-rolled-back' })
  await expect(store.revisions.since(0)).rejects.toMatchObject({ code: 'store-rolled-back' })
  await expect(store.revisions.commit(adding(0, [pop('fra')]))).rejects.toMatchObject({ code: 'store-rolled-back' })
  expect(await store.revisions.head()).toBeUndefined()
})
