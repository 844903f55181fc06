/**
 * What people say to the path learner on a real daemon: freeze, undo, pin, reset, tune; and that its budget, its log and its
 * settings survive whatever happens to the controller.
 */
import { Redis } from 'ioredis'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ExplanationView } from '../../../src/api/wire/explanation.ts'
import type { LearnerReplayView, LearnerView } from '../../../src/api/wire/learner.ts'
import type { Digest } from '../../../src/learning/digest.ts'
import type { LogEntry } from '../../../src/learning/log.ts'
import { replayLog } from '../../../src/learning/log.ts'
import type { Place } from '../../../src/learning/place.ts'
import { defaultSettings } from '../../../src/learning/settings.ts'
import { commandLine } from '../../support/command-line.ts'
import { eventually } from '../../support/eventually.ts'
import { type PathName, type TwoPaths, destination, startTwoPaths } from '../../support/two-paths.ts'

const withinMs = 30_000
const place = 'pop-s0/origin'
const fast = { threshold: 1, warmUp: 3, dwell: '1s', backOff: '1h' }
let at: TwoPaths
let own: PathName
let other: PathName
let client: Redis

beforeAll(async () => {
  at = await startTwoPaths()
  client = new Redis(at.redis.url)
  await at.group('auto', fast)
  await eventually(withinMs, async () => expect((await at.learner())?.batches).toBeGreaterThan(4))
  own = await at.inUse()
  other = own === 'bb1' ? 'bb2' : 'bb1'
}, 90_000)

afterAll(async () => {
  await client?.quit()
  await at?.stop()
}, 30_000)

test('a line is not filled beyond 80 % of its capacity, nor on the word of nobody', async () => {
  const capacity = '10 Gbit/s'
  const lines = await at.store.revisions.documents()
  const line = (name: PathName) => lines.documents.get(`Neighbor/${name}`) as object
  await at.controller.apply([{ kind: 'Neighbor', name: other, spec: { ...line(other), capacity } }])
  at.probing.costsMs[own] = 60
  const held = async (words: RegExp) =>
    eventually(withinMs, async () => expect((await view()).decisions[0]?.sentence).toMatch(words))
  await held(/guard load: the capacity of bb\d is written and its load is not known/)
  await at.controller.expect('POST', '/v1/traffic', {
    neighbors: { [other]: 7e9 },
    groups: { origin: { 'pop-s0': 2e9 } },
  })
  // What is held is said once: its figures are in how the place stands now.
  await eventually(withinMs, async () =>
    expect((await view()).places[0]?.explanation?.sentence).toMatch(
      /bb\d would be at 90 % of its capacity, above 80 %/,
    ),
  )
  expect(await at.preferences()).toEqual([])
  const refused = await at.controller.request<{ detail: string }>('POST', '/v1/traffic', { groups: { nope: { x: 1 } } })
  expect([refused.status, refused.body.detail]).toEqual([422, 'there is no group "nope"; nothing was taken'])
  at.probing.costsMs[own] = 20
  await eventually(withinMs, async () => expect((await at.learner())?.held).toBeNull())
  await at.controller.apply([{ kind: 'Neighbor', name: other, spec: line(other) }])
}, 60_000)

test('a freeze stops it, and says so; afterwards it moves', async () => {
  await at.controller.expect('POST', '/v1/freeze', { reason: 'look' })
  at.probing.costsMs[own] = 60
  await eventually(withinMs, async () =>
    expect((await view()).decisions[0]).toMatchObject({ kind: 'held', guard: 'frozen', to: other }),
  )
  expect(await at.preferences()).toEqual([])
  expect(await metric('herald_learner_held_total{guard="frozen"}')).toBe(1)
  await at.controller.expect('POST', '/v1/unfreeze', { reason: 'done' })
  await eventually(withinMs, async () => expect(await at.steeredTo()).toBe(other))
}, 60_000)

test('explain tells candidates, samples, costs, evidence, guards, gains and what would flip it', async () => {
  await eventually(withinMs, async () => {
    const found = await at.controller.expect<ExplanationView>('GET', `/v1/explain?prefix=${destination}&pop=pop-s0`)
    const [learned] = found.learned
    expect(learned).toMatchObject({ place, now: { chosen: other }, lastDecision: { kind: 'move', cause: 'gain' } })
    const { candidates } = learned!.now!
    expect(candidates.map(({ path }) => path)).toEqual(['bb1', 'bb2'])
    const left = candidates.find(({ path }) => path === own)!
    expect(left.batches).toBeGreaterThan(4)
    expect(left.costMs).toBeGreaterThan(50)
    expect(left.lowMs).toBeLessThanOrEqual(left.highMs!)
    expect(left.thresholdMsMin).toBeGreaterThan(0)
    expect(left.guards.map(({ guard }) => guard)).toContain('budget')
    expect(left.flips).toMatch(/\.$/)
    const { expectedGainMs, realisedGainMs } = learned!.lastDecision!
    expect(expectedGainMs).toBeGreaterThan(25)
    expect(realisedGainMs).toBeCloseTo(40, 0)
    expect(found.sentences.join('\n')).toMatch(
      /stays on bb\d: .*\n.*Last decided at .* moves from bb\d to bb\d for \d+ ms less/,
    )
  })
  expect(await metric('herald_learner_moves_total{cause="gain",applied="true"}')).toBe(1)
  await eventually(withinMs, async () =>
    expect(await metric('herald_learner_realised_gain_seconds')).toBeCloseTo(0.04, 2),
  )
  expect(await metric('herald_learner_places{mode="auto"}')).toBe(1)
})

test('a decision is undone by its id; its path is barred, and what is in use is BGP alone again', async () => {
  const [decision] = (await view()).decisions
  await at.controller.expect('POST', `/v1/learner/decisions/${decision!.id}/undo`, { reason: 'a test' })
  await eventually(withinMs, async () => expect(await at.steeredTo()).toBeUndefined())
  await eventually(withinMs, async () =>
    expect((await view()).decisions[0]).toMatchObject({ kind: 'held', guard: 'back-off', to: other }),
  )
  expect((await view()).places[0]?.paths.find(({ path }) => path === other)?.barredMs).toBeGreaterThan(3_000_000)
  expect(await at.preferences()).toEqual([])
  const { status, body } = await at.controller.request<{ detail: string }>('POST', '/v1/learner/decisions/nope/undo', {
    reason: 'a test',
  })
  expect([status, body.detail]).toEqual([404, 'there is no decision "nope" among the last 1000'])
  const path = `/v1/learner/decisions/${decision!.id}/undo`
  const again = await at.controller.request<{ code: string }>('POST', path, { reason: 'a test' })
  expect([again.status, again.body.code]).toEqual([409, 'undone-already'])
}, 60_000)

test('two changes of an hour at a POP are all, also over a restart of the controller', async () => {
  // A dead path is left at once, barred or not: the second change of the hour; the third is held.
  at.probing.dead.add(own)
  await eventually(withinMs, async () => expect(await at.steeredTo()).toBe(other))
  at.probing.dead.clear()
  await at.controller.restart()
  at.probing.dead.add(other)
  await eventually(withinMs, async () =>
    expect((await view()).decisions[0]).toMatchObject({ kind: 'held', guard: 'budget', to: own }),
  )
  expect(await at.steeredTo()).toBe(other)
  at.probing.dead.clear()
}, 90_000)

test('the log, taken out of Redis, replays bit for bit, and so says the API', async () => {
  const stored = await client.xrange('{herald}:learner:log', '-', '+')
  const entries = stored.map(([, [, text]]) => JSON.parse(text!) as LogEntry)
  expect(entries.length).toBeGreaterThan(10)
  const replay = replayLog(entries, defaultSettings)
  expect(replay.difference).toBeUndefined()
  expect(replay).toMatchObject({ events: entries.length, skipped: 0 })
  expect(replay.decisions).toBeGreaterThanOrEqual(4)
  const { places } = await at.controller.expect<LearnerReplayView>('GET', '/v1/learner/replay')
  expect(places).toMatchObject([{ place, skipped: 0 }])
  expect(places[0]?.difference).toBeUndefined()
  const page = await at.controller.expect<{ entries: readonly unknown[]; next?: string }>(
    'GET',
    '/v1/learner/log?limit=5',
  )
  expect(page.entries).toHaveLength(5)
  expect(page.next).toBeDefined()
})

test('as an operator types it: places, one place as it stands, the log and its replay, from outside as well', async () => {
  const herald = commandLine(at.controller)
  const { out } = await herald('learner')
  expect(out).toMatch(/^GROUP +POP +MODE +CHOICE +COST +BATCHES/)
  expect(out).toMatch(new RegExp(`origin +pop-s0 +auto +${other} \\*`))
  expect(out).toMatch(/moved: pop-s0 toward origin leaves .* \(revision \d+, pop-s0\.origin\.\w+\)/)
  expect((await herald('learner', '--place', place)).out).toMatch(
    /CHOICE +LEVEL +LOSS +EVIDENCE +HELD BY +WHAT WOULD FLIP IT/,
  )
  expect((await herald('learner', '--place', 'fra/x')).err).toMatch(/knows no place "fra\/x"; known: pop-s0\/origin/)
  expect(await herald('learner', 'replay')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^pop-s0\/origin: .*: the same\n$/),
  })
  const mode = async (...words: readonly string[]) =>
    herald('learner', 'mode', 'origin', ...words, '--reason', 'a test')
  expect(await mode('canary', '--canary', 'pop-s0')).toMatchObject({ code: 0, out: expect.stringMatching(/accepted/) })
  expect((await mode('fast')).err).toMatch(/"fast" is no mode: write off, shadow, canary or auto/)
  expect((await mode('auto')).code).toBe(0)
  const log = await herald('learner', 'log')
  const verified = await verify(log.out)
  expect(verified).toMatchObject({ code: 0, out: expect.stringMatching(/: the same\n$/) })
  const forged = log.out.replaceAll('"kind":"move","cause":"blackhole"', '"kind":"move","cause":"gain"')
  expect(await verify(forged)).toMatchObject({
    code: 1,
    out: expect.stringMatching(/decision of event \d+ comes out otherwise/),
  })
}, 60_000)

test('what a person prefers there is told instead of what it would have stayed on', async () => {
  const prefer = { group: 'origin', pop: 'pop-s0', reason: 'a test' }
  await at.controller.expect('POST', '/v1/preferences', { ...prefer, path: other })
  const [standing] = (await view()).places
  expect(standing).toMatchObject({ preferred: { path: other, by: 'person' } })
  expect(standing).not.toHaveProperty('explanation')
  const { sentences, learned } = await at.controller.expect<ExplanationView>(
    'GET',
    `/v1/explain?prefix=${destination}&pop=pop-s0`,
  )
  expect(sentences.join(' ')).toMatch(/leaves pop-s0\/origin alone while a person prefers/)
  expect(learned[0]).not.toHaveProperty('now')
  await at.controller.expect('POST', '/v1/preferences', { ...prefer, path: null })
  await eventually(withinMs, async () => expect((await view()).places[0]).toHaveProperty('explanation'))
})

test('what it learned is pinned into the document by one command, and taken out by another', async () => {
  const pin = { group: 'origin', pinned: true, reason: 'a test' }
  const { body } = await at.controller.request<{ status: string }>('POST', '/v1/learner/pins', pin)
  expect(body.status).toBe('accepted')
  const written = async () => (await at.store.revisions.documents()).documents.get('PathGroup/origin')
  expect(await written()).toMatchObject({ learning: { threshold: 1, deadband: 0, warmUp: 3 } })
  await at.controller.expect('POST', '/v1/learner/pins', { ...pin, pinned: false })
  expect(await written()).not.toHaveProperty('learning')
  await eventually(withinMs, async () => expect((await view()).places[0]?.tuning.from).toBe('default'))
})

test('a replay of its log begins a trial, which survives a restart, and ends as a day in shadow said', async () => {
  await storeDays(5)
  await at.controller.expect('POST', '/v1/learner/words', { word: 'tune', group: 'origin', reason: 'a test' })
  await eventually(withinMs, async () => expect((await view()).places[0]?.tuning.trial).toBeDefined())
  const { tuning } = (await view()).places[0]!
  expect(tuning.replayedAt).toBeDefined()
  expect(tuning.trial!.settings['thresholdMsMin']).not.toBe(defaultSettings.thresholdMsMin)
  await at.controller.restart()
  expect((await view()).places[0]?.tuning.trial?.since).toBe(tuning.trial!.since)
  await dayLater()
  await eventually(withinMs, async () =>
    expect((await view()).places[0]?.tuning).toMatchObject({ from: 'learned', verdicts: [{ verdict: 'promoted' }] }),
  )
  expect(await metric('herald_learner_trials_total{verdict="promoted"}')).toBe(1)
  await at.controller.expect('POST', '/v1/learner/words', { word: 'reset', group: 'origin', reason: 'a test' })
  await eventually(withinMs, async () =>
    expect((await view()).places[0]?.tuning).toMatchObject({ from: 'default', verdicts: [] }),
  )
}, 120_000)

/** `npm run learner:verify` on a log. */
function verify(log: string): Promise<{ readonly code: number; readonly out: string }> {
  const program = fileURLToPath(new URL('../../bench/learner-verify.ts', import.meta.url))
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program], (error, out) =>
      resolve({ code: error === null ? 0 : Number(error.code), out }),
    )
    child.stdin?.end(log)
  })
}

async function view(): Promise<LearnerView> {
  return at.controller.expect<LearnerView>('GET', `/v1/learner?place=${place}`)
}

async function metric(name: string): Promise<number | undefined> {
  const { body } = await at.controller.request<string>('GET', '/metrics')
  const line = body.split('\n').find((one) => one.startsWith(`${name} `))
  return line === undefined ? undefined : Number(line.slice(name.length + 1))
}

/** Days in which the path in use is dearer for 32 of each 160 minutes: the default moves there and back for less than it costs. */
async function storeDays(days: number): Promise<void> {
  const startMs = Date.now() - days * 86_400_000
  const candidate = (path: PathName) => ({ path, kind: 'transit' as const })
  const digests = Array.from({ length: days * 360 }, (_, i): Digest => ({
    atMs: startMs + i * 240_000,
    bgpChoice: own,
    frozen: false,
    arms: [own, other].toSorted().map((path) => ({
      candidate: candidate(path),
      sent: 240,
      answered: 240,
      rttMs: path === other ? 53 : i % 40 < 8 ? 66 : 50,
    })),
  }))
  await client.rpush('{herald}:learner:digests:pop-s0/origin', ...digests.map((digest) => JSON.stringify(digest)))
}

/** The trial as it is after a day in which the challenger cost less; the leader begins anew with it. */
async function dayLater(): Promise<void> {
  await at.controller.kill()
  const stored = JSON.parse((await client.hget('{herald}:learner:places', place))!) as Place
  const trial = stored.tuned.trial!
  const day = { costMsMin: 70_000, changes: 0, minutes: 1400 }
  const after: Place = {
    ...stored,
    tuned: {
      ...stored.tuned,
      trial: {
        ...trial,
        startedAtMs: trial.startedAtMs - 86_400_000,
        challenger: day,
        present: { ...day, changes: 9 },
      },
    },
  }
  await client.hset('{herald}:learner:places', place, JSON.stringify(after))
  await at.controller.restart()
}
