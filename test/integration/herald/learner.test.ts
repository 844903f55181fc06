/** The path learner on a real daemon: what probes of the paths say becomes a Preference, and the best path follows. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LearnerReplayView, LearnerView } from '../../../src/api/wire/learner.ts'
import type { RevisionView } from '../../../src/api/wire/revision.ts'
import { startController } from '../../support/controller.ts'
import { eventually } from '../../support/eventually.ts'
import { type TwoPaths, startTwoPaths } from '../../support/two-paths.ts'

const withinMs = 40_000
let at: TwoPaths

beforeAll(async () => {
  at = await startTwoPaths()
  await at.group('shadow')
  await eventually(withinMs, async () => expect((await at.paths()).length).toBe(2))
}, 90_000)

afterAll(() => at?.stop(), 30_000)

test('in shadow a dead path is told and nothing moves; in auto it is left for the healthy one, with a sentence', async () => {
  const { store, probing, controller } = at
  const own = await at.inUse()
  const other = own === 'bb1' ? 'bb2' : 'bb1'
  await eventually(withinMs, async () => expect((await at.learner())?.batches).toBeGreaterThanOrEqual(8))
  expect((await at.learner())?.chosen).toBe(own)
  probing.dead.add(own)
  await eventually(withinMs, async () =>
    expect((await store.learner.decisions(10))[0]?.decision).toMatchObject({ kind: 'move', to: other, applied: false }),
  )
  expect(await at.preferences()).toEqual([])
  probing.dead.clear()
  // The last twenty probes count: until they are good again the path is dead, and auto would leave it at once.
  const { batches = 0 } = (await at.learner()) ?? {}
  await eventually(withinMs, async () => expect((await at.learner())?.batches).toBeGreaterThan(batches + 8))
  await at.group('auto')
  // What is in use is BGP's own choice, whatever was decided in the shadow.
  await eventually(withinMs, async () => expect((await at.learner())?.chosen).toBe(own))
  await eventually(withinMs, async () => expect((await at.learner())?.batches).toBeGreaterThanOrEqual(24))
  probing.dead.add(own)
  const died = Date.now()
  await eventually(withinMs, async () => expect(await at.steeredTo()).toBe(other))
  console.log(`blackhole at 100 ms probes → best path moved after ${Date.now() - died} ms`)
  const { revisions } = await controller.expect<{ revisions: readonly RevisionView[] }>('GET', '/v1/revisions?limit=1')
  expect(revisions[0]).toMatchObject({ author: 'herald:learner', command: `prefer origin --at pop-s0 --path ${other}` })
  const { decisions } = await controller.expect<LearnerView>('GET', '/v1/learner')
  expect(decisions[0]).toMatchObject({ kind: 'move', pop: 'pop-s0', to: other, applied: true })
  expect(decisions[0]?.revision).toBe(revisions[0]?.revision)
  expect(revisions[0]?.reason).toBe(decisions[0]?.sentence)
}, 120_000)

test('a controller that is killed goes on with what it knew', async () => {
  const before = await at.learner()
  await at.controller.restart()
  await eventually(withinMs, async () =>
    expect((await at.learner())?.batches).toBeGreaterThan((before?.batches ?? 0) + 2),
  )
  expect((await at.learner())?.chosen).toBe(before?.chosen)
  expect(await at.steeredTo()).toBe(before?.chosen)
}, 60_000)

test('another controller that takes over goes on with what was known, and the log of both replays as one', async () => {
  const second = await startController({ redis: at.redis.url })
  try {
    const before = await at.place()
    await at.controller.kill()
    await eventually(withinMs, async () =>
      expect((await at.learner())?.batches).toBeGreaterThan((before?.learner.batches ?? 0) + 2),
    )
    const after = await at.place()
    expect([after?.learner.chosen, after?.committed]).toEqual([before?.learner.chosen, before?.committed])
    const { places } = await second.expect<LearnerReplayView>('GET', '/v1/learner/replay')
    expect(places).toMatchObject([{ place: 'pop-s0/origin', skipped: 0 }])
    expect(places[0]?.difference).toBeUndefined()
  } finally {
    await second.stop()
    await at.controller.restart()
  }
}, 90_000)

test('what a person prefers is left alone, although that path is dead', async () => {
  const [dead] = at.probing.dead
  await at.controller.expect('POST', '/v1/preferences', {
    group: 'origin',
    pop: 'pop-s0',
    path: dead,
    reason: 'a test',
  })
  await eventually(withinMs, async () => expect(await at.steeredTo()).toBe(dead))
  const { batches } = (await at.learner()) ?? { batches: 0 }
  await new Promise((resolve) => setTimeout(resolve, 3000))
  expect((await at.learner())?.batches).toBe(batches)
  expect(await at.steeredTo()).toBe(dead)
})
