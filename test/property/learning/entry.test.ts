/**
 * What holds of every place where an AS enters, whatever is measured and seen, beside path learners at the same POPs and on
 * the same budget: random costs, losses, catchments, freezes, people who take back and clear. Seeded.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Asn } from '../../../src/bgp/asn.ts'
import type { PopId } from '../../../src/intent/model.ts'
import type { ArmBatch, LearnerSubject } from '../../../src/learning/batch.ts'
import { changesPerHourAtPop, changesPerHourInFleet } from '../../../src/learning/budget.ts'
import type { Decision } from '../../../src/learning/decision.ts'
import { type FleetState, emptyFleet, placeKey, placeOf, stepFleet, tellPlace } from '../../../src/learning/fleet.ts'
import { type LogEntry, replayLog } from '../../../src/learning/log.ts'
import { type Attached, type MedPhase, type MedVerdict, verifyWithinMs } from '../../../src/learning/med.ts'
import { type PlaceEvent, newPlace } from '../../../src/learning/place.ts'
import { defaultSettings } from '../../../src/learning/settings.ts'

const runs = { seed: 20261127, numRuns: 200 }
const settings = {
  ...defaultSettings,
  warmUpBatches: 2,
  dwellMs: 0,
  noiseFactor: 0.5,
  thresholdMsMin: 10,
  sampleMs: 6_000,
  backOffMs: 60_000,
}
const pops = ['ams', 'fra', 'lon'] as const
const entries: readonly LearnerSubject[] = [{ entry: 't1' }, { entry: 't2' }]
const paths: readonly LearnerSubject[] = pops.map((pop) => ({ pop: pop as string as PopId, destination: 'origin' }))
const subjects = [...entries, ...paths]
const attached: Attached = { ams: [1 as Asn], fra: [1 as Asn, 2 as Asn], lon: [2 as Asn] }

const arm = (path: string): fc.Arbitrary<ArmBatch> =>
  fc
    .record({
      answered: fc.oneof({ weight: 8, arbitrary: fc.constant(3) }, fc.nat(2)),
      rttMs: fc.constantFrom(20, 40, 60, 120),
    })
    .map(({ answered, rttMs }) => ({
      candidate: { path, kind: 'transit' as const },
      sent: 3,
      rttsMs: Array.from({ length: answered }, () => rttMs),
    }))

/** Some batches of the same kind at one place, with what is seen meanwhile. */
const spell = fc.record({
  subject: fc.nat(subjects.length - 1),
  arms: fc.tuple(...pops.map(arm)),
  times: fc.integer({ min: 1, max: 15 }),
  everyMs: fc.constantFrom(1000, 10_000, 30_000, 240_000),
  frozen: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
  /** `to`: where MED wants it. */
  entersAt: fc.constantFrom('to', 'to', 'from', 'ams', 'fra', 'lon', null),
  costMs: fc.constantFrom(10, 30, 300),
  word: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, fc.constantFrom('clear' as const, 'back' as const)),
})
type Spell = typeof spell extends fc.Arbitrary<infer One> ? One : never

interface Seen {
  readonly subject: LearnerSubject
  readonly atMs: number
  readonly decision: Decision
  readonly verdict: MedVerdict | undefined
  readonly before: MedPhase | undefined
  readonly after: MedPhase | undefined
  readonly batchArms: readonly string[]
}

class Life {
  fleet: FleetState = emptyFleet
  atMs = 1_700_000_000_000
  readonly seen: Seen[] = []
  readonly log: LogEntry[] = []

  live(spells: readonly Spell[]): this {
    for (const one of spells) {
      const subject = subjects[one.subject]!
      if (one.word === 'clear') this.#tell(subject, { kind: 'clear', atMs: this.atMs })
      const { committed } = placeOf(this.fleet, subject)
      if (one.word === 'back' && committed !== null)
        this.#tell(subject, { kind: 'in-use', atMs: this.atMs, path: 'fra', committed: null, takenBack: true })
      for (let i = 0; i < one.times; i++) this.#step(subject, one)
    }
    return this
  }

  #step(subject: LearnerSubject, { arms, everyMs, frozen, entersAt, costMs }: Spell): void {
    this.atMs += everyMs
    for (const entry of entries) this.#look(entry, entersAt, costMs)
    const isEntry = 'entry' in subject
    const measurement = { atMs: this.atMs, bgpChoice: 'fra', arms, frozen }
    const before = placeOf(this.fleet, subject)
    const begins = this.fleet.places[placeKey(subject)] === undefined
    const step = stepFleet(this.fleet, subject, measurement, {
      mode: 'auto',
      canaries: [],
      settings,
      ...(isEntry && { attached, seen: { entersAt: before.learner.chosen, costMs } }),
    })!
    this.fleet = step.fleet
    this.#note(
      subject,
      step.event,
      step.decision,
      undefined,
      before.entry?.phase,
      begins,
      arms.map(({ candidate }) => candidate.path),
    )
  }

  #look(subject: LearnerSubject, where: string | null, costMs: number): void {
    const { entry } = placeOf(this.fleet, subject)
    if (entry?.phase.kind !== 'verifying') return
    const { from, to } = entry.phase
    const entersAt = where === 'to' ? to : where === 'from' ? from : where
    this.#tell(subject, { kind: 'seen', atMs: this.atMs, seen: { entersAt, costMs } })
  }

  #tell(subject: LearnerSubject, event: Exclude<PlaceEvent, { kind: 'batch' }>): void {
    const before = placeOf(this.fleet, subject)
    const begins = this.fleet.places[placeKey(subject)] === undefined
    const { fleet, decision, verdict } = tellPlace(this.fleet, subject, event, settings)
    this.fleet = fleet
    this.#note(subject, event, decision, verdict, before.entry?.phase, begins, [])
  }

  #note(
    subject: LearnerSubject,
    event: PlaceEvent,
    decision: Decision,
    verdict: MedVerdict | undefined,
    before: MedPhase | undefined,
    begins: boolean,
    batchArms: readonly string[],
  ): void {
    const place = placeOf(this.fleet, subject)
    this.seen.push({ subject, atMs: this.atMs, decision, verdict, before, after: place.entry?.phase, batchArms })
    this.log.push({
      subject,
      event,
      ...(begins && { begins }),
      ...(decision.kind !== 'stay' && { decision }),
      ...(verdict !== undefined && { verdict }),
      ...(this.log.length % 7 === 0 && { snapshot: place }),
    })
  }
}

const lives = fc.array(spell, { minLength: 1, maxLength: 60 })
const isEntry = ({ subject }: Seen) => 'entry' in subject
const isMove = ({ decision }: Seen) => decision.kind === 'move' && decision.cause !== 'gone'
const isRollback = ({ verdict }: Seen) => verdict?.kind === 'rolled-back'

function everyLife(check: (life: Life) => void): void {
  fc.assert(
    fc.property(lives, (spells) => check(new Life().live(spells))),
    runs,
  )
}

describe('whatever is seen, the entry of an AS', () => {
  test('moves, is confirmed and is rolled back in these lives often enough to test anything', () => {
    const all = fc.sample(lives, { ...runs, numRuns: 100 }).flatMap((spells) => new Life().live(spells).seen)
    expect(all.filter((one) => isEntry(one) && isMove(one)).length).toBeGreaterThan(40)
    expect(all.filter(({ verdict }) => verdict?.kind === 'confirmed').length).toBeGreaterThan(10)
    expect(new Set(all.flatMap(({ verdict }) => (verdict?.kind === 'rolled-back' ? verdict.reason : [])))).toEqual(
      new Set(['worse', 'elsewhere', 'unseen', 'ignored']),
    )
  })

  test('moves between POPs where one AS is attached to both, and to none that was not there', () => {
    everyLife(({ seen }) => {
      for (const { decision, batchArms } of seen.filter((one) => isEntry(one) && isMove(one))) {
        if (decision.kind !== 'move') continue
        expect(batchArms).toContain(decision.to)
        expect(attached[decision.from]!.some((asn) => attached[decision.to]!.includes(asn))).toBe(true)
      }
    })
  })

  test('never takes more changes of an hour than a POP and the fleet may, rollbacks and paths included', () => {
    everyLife(({ seen }) => {
      const made = seen
        .filter((one) => isMove(one) || isRollback(one))
        .map(({ subject, atMs }) => ({ atMs, at: 'entry' in subject ? pops : [subject.pop as string] }))
      for (const { atMs } of made) {
        const hour = made.filter((one) => one.atMs <= atMs && atMs - one.atMs < 3_600_000)
        expect(hour.length).toBeLessThanOrEqual(changesPerHourInFleet)
        for (const pop of pops)
          expect(hour.filter(({ at }) => (at as readonly string[]).includes(pop)).length).toBeLessThanOrEqual(
            changesPerHourAtPop,
          )
      }
    })
  })

  test('is changed once in 30 minutes, but for the rollback of that change', () => {
    everyLife(({ seen }) => {
      for (const entry of entries) {
        let lastMs = -Infinity
        for (const one of seen.filter(({ subject }) => subject === entry)) {
          if (isMove(one)) expect(one.atMs - lastMs).toBeGreaterThanOrEqual(1_800_000)
          if (isMove(one) || isRollback(one)) lastMs = one.atMs
        }
      }
    })
  })

  test('is verified or rolled back by the first look after 120 s, and nothing else is decided meanwhile', () => {
    everyLife(({ seen }) => {
      for (const { before, after, atMs, decision, verdict, subject } of seen) {
        if (before?.kind !== 'verifying') continue
        if (decision.kind === 'move') expect(decision.cause).toBe('gone')
        if (verdict?.kind === 'rolled-back') expect(verdict.back).toBe(before.before)
        if ('entry' in subject && after?.kind === 'verifying') expect(atMs - after.sinceMs).toBeLessThan(verifyWithinMs)
      }
    })
  })

  test('is not tried again after MED was ignored, until a person clears that', () => {
    everyLife(({ seen }) => {
      for (const { before, after, decision } of seen) {
        if (before?.kind !== 'ignored') continue
        expect(decision.kind).not.toBe('move')
        expect(['ignored', 'settled']).toContain(after?.kind)
      }
    })
  })

  test('decides the same log again, bit for bit, from its beginning and from any snapshot', () => {
    everyLife(({ log }) => {
      const stored = JSON.parse(JSON.stringify(log)) as readonly LogEntry[]
      for (const subject of subjects) {
        const own = stored.filter((one) => placeKey(one.subject) === placeKey(subject))
        expect(replayLog(own, settings, newPlace(subject)).difference).toBeUndefined()
        const trimmed = replayLog(own.slice(Math.floor(own.length / 3)), settings)
        expect(trimmed.difference).toBeUndefined()
        expect(trimmed.skipped + trimmed.events).toBe(own.length - Math.floor(own.length / 3))
      }
    })
  })
})
