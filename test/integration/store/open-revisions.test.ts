import { afterAll, beforeAll, expect, it } from 'vitest'
import { openRevisions } from '../../../src/store/open-revisions.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { adding, lead, openTestStore } from '../../support/store.ts'

let redis: TestRedis

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

it('an older revision that is still held is open although a later one is done', async () => {
  const store = await openTestStore(redis.url)
  await store.revisions.initialise()
  const fence = await lead(store)
  for (let revision = 0; revision < 4; revision++)
    await store.revisions.commit(
      adding(revision, [{ kind: 'Area', name: `area-${revision}`, spec: {} }], { removes: 1 }),
    )
  await store.proofs.settle(fence, 1, 'superseded', 1, [])
  await store.proofs.settle(fence, 2, 'held', 2, ['sin cannot be reached'])
  await store.proofs.settle(fence, 4, 'done', 3, [])
  const open = await openRevisions(store)
  expect(open.map(({ revision, removes }) => [revision, removes])).toEqual([
    [2, 2],
    [3, 1],
  ])
  expect((await openRevisions(store, 2)).map(({ revision }) => revision)).toEqual([2])
  await store.close()
})
