/** `--wait` and `--seen` where it comes otherwise: interrupted, or another change takes the place of the one waited for. */
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listenApi } from '../../../src/api/listen.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { runCommand } from '../../../src/commands/run.ts'
import type { Fence } from '../../../src/store/store.ts'
import type { Ended } from '../../support/command-line.ts'
import { eventually } from '../../support/eventually.ts'
import { quietTerminal } from '../../support/quiet-terminal.ts'
import { type TestRedis, startRedis } from '../../support/redis.ts'
import { lead } from '../../support/store.ts'
import { type Stage, accept, openStage, prefix, speakersAreUp, withFiveSites } from './stage.ts'

let redis: TestRedis
let stage: Stage
let fence: Fence
let socket: string
beforeAll(async () => void (redis = await startRedis()))
afterAll(() => redis.stop())
beforeEach(async () => {
  stage = await openStage(redis.url)
  socket = join(stage.folder, 'herald.sock')
  await listenApi(stage.api, { host: '127.0.0.1', port: 0, tokens: undefined, socket })
  await withFiveSites(stage)
  await speakersAreUp(stage)
  fence = await lead(stage.store)
  await accept(stage, 'POST', '/v1/prefixes/publish', { prefix, at: ['all'] })
  await stage.store.proofs.settle(fence, 2, 'done', stage.nowMs, [])
})
afterEach(() => stage.close())

/** As alice says it, with the words joined to what she reads; `interrupt` is her Ctrl-C. */
function herald(...words: readonly string[]): { readonly ended: Promise<Ended>; interrupt(): void } {
  const terminal = quietTerminal()
  const interrupted = new AbortController()
  const environment = { HERALD_URL: `unix://${socket}`, HERALD_AUTHOR: 'alice' }
  const ended = runCommand(words, { terminal, environment, signal: interrupted.signal }, '0.0.0')
  return { ended: ended.then((code) => ({ code, ...terminal.told })), interrupt: () => interrupted.abort() }
}

async function committed(revision: number): Promise<void> {
  await eventually(5000, async () => expect((await stage.store.revisions.head())?.revision).toBe(revision))
}

/** Bob changes the same prefix, and the planner settles that for the revision before. */
async function bobIsFaster(superseded: number): Promise<void> {
  const by = await accept(stage, 'POST', '/v1/prefixes/publish', {
    prefix,
    at: ['all'],
    attributes: { med: 50 },
    reason: 'faster',
  })
  await stage.store.proofs.settle(fence, superseded, 'superseded', stage.nowMs, [], by.revision)
}

const later = (revision: number) =>
  `  revision ${revision} by local changed the same prefixes: publish ${prefix} --at all --med 50 (faster)\n` +
  `  routes are as that one says; its proof: herald history ${revision}\n`

describe('interrupted', () => {
  test.each([
    ['a change', ['publish', prefix, '--at', 'all', '--med', '10'], /^herald: interrupted; revision 3 is committed/],
    ['a drain', ['drain', 'pop-s1', '--for', '1h', '--grace', '10m'], /^herald: interrupted; drain-\S+ is committed/],
  ])('%s is not done: exit 130, and where to look for it', async (_what, words, said) => {
    const waiting = herald(...words, '--reason', 'x', '--wait')
    await committed(3)
    waiting.interrupt()
    const { code, err } = await waiting.ended
    expect(err).toMatch(said)
    expect(err).toMatch(/ and goes on, see: herald (history 3|drains)\n$/)
    expect(code).toBe(130)
  })
})

describe('superseded by another change', () => {
  test('a change was not proved: exit 3, by whom, and that routes are as that one says', async () => {
    const waiting = herald('publish', prefix, '--at', 'all', '--med', '10', '--reason', 'x', '--wait')
    await committed(3)
    await bobIsFaster(3)
    const { code, err } = await waiting.ended
    expect(err).toBe(`herald: revision 3 was superseded by another change before it was proved\n${later(4)}`)
    expect(code).toBe(3)
  })

  const drain = ['drain', 'pop-s1', '--for', '1h', '--grace', '0s', '--reason', 'x']

  test('a drain that is gone all the same is: exit 0, and what took its place', async () => {
    const waiting = herald(...drain, '--wait')
    await committed(3)
    await bobIsFaster(3)
    const { code, out, err } = await waiting.ended
    expect(out).toContain('out of traffic until')
    expect(err).toBe(later(4).replaceAll(/^ {2}/gm, ''))
    expect(code).toBe(0)
  })

  test('a drain that nobody could see gone is not seen: exit 3, and what took its place', async () => {
    const waiting = herald(...drain, '--seen')
    await committed(3)
    await bobIsFaster(3)
    const { code, err } = await waiting.ended
    expect(err).toBe(`herald: revision 3 was superseded by another change before it was seen\n${later(4)}`)
    expect(code).toBe(3)
  })

  test('a change that was proved, and watched until another came: exit 3, and what took its place', async () => {
    const waiting = herald('publish', prefix, '--at', 'all', '--med', '10', '--reason', 'x', '--seen')
    await committed(3)
    await accept(stage, 'POST', '/v1/prefixes/publish', {
      prefix,
      at: ['all'],
      attributes: { med: 50 },
      reason: 'faster',
    })
    const state = 'superseded' as const
    const prefixes = [{ prefix: prefix as Prefix, left: [], joined: [], state, supersededBy: 4 }]
    const move = { acceptedAtMs: stage.nowMs, prefixes, vantages: [] }
    await stage.store.proofs.witness(fence, 3, 'catchment', move, 'keep')
    await stage.store.proofs.settle(fence, 3, 'done', stage.nowMs, [])
    const { code, err } = await waiting.ended
    expect(err).toBe(`herald: revision 3 was superseded by another change before it was seen\n${later(4)}`)
    expect(code).toBe(3)
  })
})
