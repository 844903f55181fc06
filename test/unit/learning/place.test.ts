/** A place over its life: what is taken back is barred, what is tuned counts when it won, and all of it replays. */
import { describe, expect, test } from 'vitest'
import { type Digest, type Gathering, batchesOf, digestMs, gather } from '../../../src/learning/digest.ts'
import { type LogEntry, replayLog } from '../../../src/learning/log.ts'
import { pinnedSettings } from '../../../src/learning/pinned.ts'
import { type Place, type PlaceEvent, newPlace, readPlace, stepPlace } from '../../../src/learning/place.ts'
import { isNight, tuningOf, untuned } from '../../../src/learning/self-tuning.ts'
import { type LearnerSettings, defaultSettings } from '../../../src/learning/settings.ts'
import { type Measured, batch, minuteMs, subject } from '../../support/learning.ts'

class PlaceRun {
  place: Place = newPlace(subject)
  atMs = Date.UTC(2026, 0, 1)
  readonly log: LogEntry[] = []

  tell(event: PlaceEvent) {
    const { place, decision } = stepPlace(this.place, event, defaultSettings)
    const begins = this.place.learner.batches === 0 && this.log.length === 0
    this.place = place
    const decided = decision.kind !== 'stay' && { decision }
    const snapshot = this.log.length % 100 === 99 && { snapshot: place }
    this.log.push({ subject, event, ...(begins && { begins }), ...decided, ...snapshot })
    return decision
  }

  steps(times: number, costs: (step: number) => Readonly<Record<string, Measured>>, pinned?: Partial<LearnerSettings>) {
    for (let i = 0; i < times; i++) {
      this.atMs += 4 * minuteMs
      this.tell({ kind: 'batch', batch: batch(this.atMs, costs(i)), ...(pinned !== undefined && { pinned }) })
    }
    return this
  }
}

const day = 360
const flat = { a: 50, b: 55 }
/** For 24 minutes of each two hours `a` is dearer than `b`: an eager setting changes for nothing. */
const flapping = (step: number) => ({ a: step % 30 < 6 ? 62 : 50, b: 53 })

describe('what the learner did', () => {
  test('and somebody took back is barred, whatever took it back', () => {
    const run = new PlaceRun().steps(30, () => flat).steps(10, () => ({ a: 90, b: 50 }))
    expect(run.place.committed).toBe('b')
    run.tell({ kind: 'in-use', atMs: run.atMs, path: 'a', committed: null, takenBack: true })
    expect(run.place).toMatchObject({ committed: null, learner: { chosen: 'a', lastMove: null } })
    run.steps(10, () => ({ a: 90, b: 50 }))
    expect(run.place.learner).toMatchObject({ chosen: 'a', held: { path: 'b', guard: 'back-off' } })
  })

  test('is barred also where its move is forgotten by then', () => {
    const run = new PlaceRun().steps(30, () => flat).steps(10, () => ({ a: 90, b: 50 }))
    const forgotten = { ...run.place, learner: { ...run.place.learner, lastMove: null } }
    const event = { kind: 'in-use', atMs: run.atMs, path: 'a', committed: null, takenBack: true } as const
    const { place } = stepPlace(forgotten, event, defaultSettings)
    expect(place.learner.arms.map(({ backOff }) => backOff.reverts)).toEqual([0, 1])
  })

  test('is not barred where BGP alone chose otherwise', () => {
    const run = new PlaceRun().steps(30, () => flat)
    run.tell({ kind: 'in-use', atMs: run.atMs, path: 'b', committed: null, takenBack: false })
    expect(run.place.learner.chosen).toBe('b')
    expect(run.place.learner.arms.map(({ backOff }) => backOff.reverts)).toEqual([0, 0])
  })
})

describe('self-learning', () => {
  const eager = { ...defaultSettings, thresholdMsMin: 60 }
  const challenger = { settings: { ...eager, thresholdMsMin: 900 }, priors: undefined }

  /** A place whose setting in force is the eager one, and a challenger that has begun. */
  function begun(): PlaceRun {
    const run = new PlaceRun().steps(30, () => flat)
    run.place = { ...run.place, tuned: { ...untuned, tuning: { settings: eager, priors: undefined } } }
    run.tell({ kind: 'night', atMs: run.atMs, challenger })
    return run
  }

  test('promotes a challenger after 24 hours in which it would have cost less, and not before', () => {
    const run = begun().steps(day - 1, flapping)
    expect(run.place.tuned).toMatchObject({ trial: { tuning: challenger }, verdicts: [] })
    run.steps(1, flapping)
    expect(run.place.tuned).toMatchObject({ trial: null, tuning: challenger, verdicts: [{ verdict: 'promoted' }] })
    const [{ challengerMsMin, presentMsMin } = { challengerMsMin: 0, presentMsMin: 0 }] = run.place.tuned.verdicts
    expect(challengerMsMin).toBeLessThan(presentMsMin)
  })

  test('drops a challenger that did not win, and keeps what is in force', () => {
    const run = begun().steps(day, () => flat)
    expect(run.place.tuned).toMatchObject({ trial: null, verdicts: [{ verdict: 'dropped' }] })
    expect(run.place.tuned.tuning?.settings).toEqual(eager)
  })

  test('ends where a document pins the settings, and what was learned does not count meanwhile', () => {
    const pinned = pinnedSettings({ thresholdMsMin: 500 })!
    const run = begun().steps(1, () => flat, pinned)
    expect(run.place.tuned.trial).toBeNull()
    expect(tuningOf(run.place.tuned, defaultSettings, run.place.pinned).settings.thresholdMsMin).toBe(500)
    run.steps(1, () => flat)
    expect(tuningOf(run.place.tuned, defaultSettings, run.place.pinned).settings.thresholdMsMin).toBe(60)
  })

  test('is forgotten by a word', () => {
    const run = begun()
    run.tell({ kind: 'reset', atMs: run.atMs })
    expect(run.place.tuned).toEqual({ ...untuned, nightAtMs: run.atMs })
  })

  test('comes once a night, and not while a trial runs', () => {
    const three = Date.UTC(2026, 0, 5, 3, 10)
    expect(isNight(untuned, three)).toBe(true)
    expect(isNight(untuned, three + 3_600_000)).toBe(false)
    expect(isNight({ ...untuned, nightAtMs: three - 60_000 }, three)).toBe(false)
    expect(isNight({ ...untuned, nightAtMs: three - 24 * 3_600_000 }, three)).toBe(true)
    expect(isNight(begun().place.tuned, three)).toBe(false)
  })

  test('replays bit for bit with its trials, from the beginning and from a snapshot', () => {
    const run = begun()
    run.log.length = 0
    const start = JSON.parse(JSON.stringify(run.place)) as Place
    run.steps(day + 40, flapping)
    const stored = JSON.parse(JSON.stringify(run.log)) as LogEntry[]
    expect(replayLog(stored, defaultSettings, start)).toMatchObject({ events: day + 40, skipped: 0 })
    expect(replayLog(stored, defaultSettings, start).difference).toBeUndefined()
    const trimmed = replayLog(stored.slice(50), defaultSettings)
    expect(trimmed).toMatchObject({ skipped: 50, events: day - 60 })
    expect(trimmed.difference).toBeUndefined()
  })

  test('of a learner of another form is not misread: it begins anew, and what was committed stands', () => {
    const { place } = begun()
    expect(readPlace(place)).toBe(place)
    const older = { ...place, committed: 'b', learner: { ...place.learner, version: 1 as 2, arms: [{}] as never } }
    expect(readPlace(older)).toEqual({ ...newPlace(place.learner.subject), committed: 'b' })
  })

  test('of a learner of another form is not decided again; its log replays from the first snapshot of this one', () => {
    const before = new PlaceRun().steps(100, flapping)
    const old = { ...before.place, learner: { ...before.place.learner, version: 1 as 2 } }
    const older = before.log.map((entry, i) => (i % 99 === 0 ? { ...entry, snapshot: old } : entry))
    const run = new PlaceRun().steps(1, flapping)
    const first = { subject, event: run.log[0]!.event, snapshot: run.place }
    const log = [...older, first, ...run.steps(120, flapping).log.slice(1)]
    const replayed = replayLog(JSON.parse(JSON.stringify(log)) as LogEntry[], defaultSettings)
    expect(replayed).toMatchObject({ events: 120, skipped: 101 })
    expect(replayed.difference).toBeUndefined()
  })

  test('that something else than its log was remembered is noticed at the next snapshot', () => {
    const run = new PlaceRun().steps(120, flapping)
    const stored = JSON.parse(JSON.stringify(run.log)) as LogEntry[]
    const forged = stored.map((entry, i) =>
      i === 99 ? { ...entry, snapshot: { ...entry.snapshot!, committed: 'c' } } : entry,
    )
    expect(replayLog(stored, defaultSettings).difference).toBeUndefined()
    expect(replayLog(forged, defaultSettings).difference).toMatchObject({ index: 99, what: 'snapshot' })
  })
})

describe('digests', () => {
  const seconds = (s: number) => batch(s * 1000, { a: 50 + (s % 3), b: s % 40 === 0 ? 'lost' : 60 })

  test('are one in four minutes, with medians, and no loss is forgotten', () => {
    let gathering: Gathering = []
    const digests: Digest[] = []
    for (let s = 0; s <= 600; s += 3) {
      const step = gather(gathering, seconds(s))
      gathering = step.gathering
      if (step.digest !== undefined) digests.push(step.digest)
    }
    expect(digests).toHaveLength(2)
    const [first] = digests
    expect(digestMs).toBe(240_000)
    expect(first?.arms).toMatchObject([
      { candidate: { path: 'a' }, sent: 240, answered: 240, rttMs: 50 },
      { candidate: { path: 'b' }, sent: 240, answered: 234, rttMs: 60 },
    ])
    const week = batchesOf(Array<Digest>(100).fill(first!))
    const lost = week.map(({ arms }) => (arms[1]?.sent ?? 0) - (arms[1]?.rttsMs.length ?? 0))
    expect(week.every(({ arms }) => arms[0]?.rttsMs.length === 20)).toBe(true)
    expect(lost.reduce((sum, one) => sum + one, 0)).toBe(50)
    expect(Math.max(...lost)).toBe(1)
  })
})
