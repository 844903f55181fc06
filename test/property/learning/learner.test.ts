/**
 * What holds of every learner, whatever is measured and in whatever order: random paths that come and go, levels, losses,
 * silence, freezes, loads and clocks, on a fleet of three POPs. Seeded, so that a failure comes back.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type NeighborKind, inBand, localPrefBands, neighborKinds, serviceBand } from '../../../src/bgp/neighbor.ts'
import type { PopId } from '../../../src/intent/model.ts'
import type { ArmBatch, Batch } from '../../../src/learning/batch.ts'
import { changesPerHourAtPop, changesPerHourInFleet } from '../../../src/learning/budget.ts'
import type { Decision } from '../../../src/learning/decision.ts'
import { type FleetState, type Measurement, emptyFleet, stepFleet } from '../../../src/learning/fleet.ts'
import { type LogEntry, replayLog } from '../../../src/learning/log.ts'
import { defaultSettings } from '../../../src/learning/settings.ts'
import { newPlace } from '../../../src/learning/place.ts'

const runs = { seed: 20261121, numRuns: 300 }
const settings = { ...defaultSettings, warmUpBatches: 2, dwellMs: 0, noiseFactor: 0.5 }
const subjects = ['fra', 'sin', 'nrt'].flatMap((pop) =>
  ['eu', 'us'].map((destination) => ({ pop: pop as PopId, destination })),
)
const kinds: Readonly<Record<string, NeighborKind>> = { a: 'transit', b: 'transit', c: 'transit', d: 'peer', e: 'peer' }

/** A level, and how many of three probes are answered: most often all. */
const arm = (path: string): fc.Arbitrary<ArmBatch> =>
  fc
    .record({
      sent: fc.oneof({ weight: 8, arbitrary: fc.constant(3) }, fc.nat(2)),
      answered: fc.oneof({ weight: 6, arbitrary: fc.constant(3) }, fc.nat(2)),
      rttMs: fc.oneof(fc.constantFrom(40, 50, 60, 120), fc.double({ min: 1, max: 400, noNaN: true })),
      loadBps: fc.nat(100),
    })
    .map(({ sent, answered, rttMs, loadBps }) => ({
      candidate: { path, kind: kinds[path] as NeighborKind, capacity: { limitBps: 100, loadBps } },
      sent,
      rttsMs: Array.from({ length: Math.min(sent, answered) }, () => rttMs),
    }))

interface Spell {
  readonly subject: number
  readonly arms: readonly ArmBatch[]
  readonly times: number
  readonly everyMs: number
  readonly frozen: boolean
  readonly demandBps: number
}

/** Some batches of the same kind: evidence needs time to gather. */
const spell: fc.Arbitrary<Spell> = fc.record({
  subject: fc.nat(subjects.length - 1),
  arms: fc
    .subarray(Object.keys(kinds), { minLength: 2 })
    .chain((paths) => fc.tuple(...paths.map(arm)) as fc.Arbitrary<readonly ArmBatch[]>),
  times: fc.integer({ min: 1, max: 20 }),
  everyMs: fc.constantFrom(0, 1000, 60_000, 240_000, 600_000),
  frozen: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
  demandBps: fc.nat(20),
})

interface Seen {
  readonly subject: number
  readonly batch: Batch
  readonly decision: Decision
}

function live(spells: readonly Spell[]): readonly Seen[] {
  const seen: Seen[] = []
  let fleet: FleetState = emptyFleet
  let atMs = 1_700_000_000_000
  for (const { subject, arms, times, everyMs, frozen, demandBps } of spells)
    for (let i = 0; i < times; i++) {
      atMs += everyMs
      const measurement: Measurement = { atMs, bgpChoice: 'a', arms, frozen, demandBps }
      const step = stepFleet(fleet, subjects[subject] as (typeof subjects)[number], measurement, {
        mode: 'auto',
        canaries: [],
        settings,
      })
      if (step === undefined) throw new Error('auto decides')
      fleet = step.fleet
      if (step.event.kind !== 'batch') throw new Error('a batch was taken')
      seen.push({ subject, batch: step.event.batch, decision: step.decision })
    }
  return seen
}

type MoveDecision = Extract<Decision, { kind: 'move' }>
const moves = (seen: readonly Seen[]) =>
  seen.filter((one): one is Seen & { readonly decision: MoveDecision } => one.decision.kind === 'move')
const own = (seen: readonly Seen[]) => moves(seen).filter(({ decision }) => decision.cause !== 'gone')
const lives = fc.array(spell, { minLength: 1, maxLength: 60 })

function everyLife(check: (seen: readonly Seen[]) => void): void {
  fc.assert(
    fc.property(lives, (spells) => check(live(spells))),
    runs,
  )
}

describe('whatever is measured, the learner', () => {
  test('moves in these lives often enough to test anything', () => {
    const all = fc.sample(lives, { ...runs, numRuns: 60 }).map((spells) => own(live(spells)).length)
    expect(all.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(40)
  })

  test('never chooses a path that was not among the candidates', () => {
    everyLife((seen) => {
      for (const { batch, decision } of moves(seen)) {
        expect(batch.arms.map(({ candidate }) => candidate.path)).toContain(decision.to)
        expect(decision.preference.path).toBe(decision.to)
      }
    })
  })

  test('never leaves the band of a relationship, and never reaches that of local services', () => {
    everyLife((seen) => {
      for (const { batch, decision } of moves(seen)) {
        const kindOf = (path: string) => batch.arms.find(({ candidate }) => candidate.path === path)?.candidate.kind
        const kind = kindOf(decision.to) as NeighborKind
        expect(neighborKinds).toContain(kind)
        expect(inBand(localPrefBands[kind], decision.preference.localPref)).toBe(true)
        expect(decision.preference.localPref).toBeLessThan(serviceBand.min)
        if (decision.cause !== 'gone') expect(kindOf(decision.from)).toBe(kind)
      }
    })
  })

  test('never makes more changes in an hour than a POP and the fleet may', () => {
    everyLife((seen) => {
      const made = own(seen).map(({ subject, batch }) => ({ pop: subjects[subject]?.pop, atMs: batch.atMs }))
      for (const { pop, atMs } of made) {
        const hour = made.filter((one) => one.atMs <= atMs && atMs - one.atMs < 3_600_000)
        expect(hour.length).toBeLessThanOrEqual(changesPerHourInFleet)
        expect(hour.filter((one) => one.pop === pop).length).toBeLessThanOrEqual(changesPerHourAtPop)
      }
    })
  })

  test('never moves to a path that did not answer, nor while frozen, nor onto one that would be too full', () => {
    everyLife((seen) => {
      for (const { batch, decision } of own(seen)) {
        const to = batch.arms.find(({ candidate }) => candidate.path === decision.to) as ArmBatch
        expect(to.rttsMs.length).toBeGreaterThan(0)
        expect(batch.frozen).toBe(false)
        expect((to.candidate.capacity?.loadBps ?? 0) + (batch.demandBps ?? 0)).toBeLessThanOrEqual(80)
      }
    })
  })

  test('never moves for a gain on a batch in which the path in use was not measured', () => {
    everyLife((seen) => {
      for (const { batch, decision } of own(seen)) {
        if (decision.cause === 'blackhole') continue
        expect(batch.arms.find(({ candidate }) => candidate.path === decision.from)?.rttsMs.length).toBeGreaterThan(0)
      }
    })
  })

  test('explains each decision in a sentence, with every candidate and its guards', () => {
    everyLife((seen) => {
      for (const { batch, decision } of seen) {
        if (decision.kind === 'stay') continue
        const { sentence, candidates } = decision.explanation
        expect(sentence).toMatch(/^\w+ toward \w+ .+\.$/)
        expect(sentence).not.toMatch(/NaN|undefined|null|Infinity/)
        expect(candidates.map(({ path }) => path)).toEqual(batch.arms.map(({ candidate }) => candidate.path))
        for (const { flips } of candidates) expect(flips).not.toMatch(/NaN|undefined|Infinity/)
      }
    })
  })

  test('decides the same log again, bit for bit, also after a restart in the middle', () => {
    everyLife((seen) => {
      for (const [i, subject] of subjects.entries()) {
        const entries = seen
          .filter((one) => one.subject === i)
          .map(({ batch, decision }): LogEntry => ({
            subject,
            event: { kind: 'batch', batch },
            ...(decision.kind !== 'stay' && { decision }),
          }))
        const stored = JSON.parse(JSON.stringify(entries)) as readonly LogEntry[]
        const start = JSON.parse(JSON.stringify(newPlace(subject)))
        expect(replayLog(stored, settings, start)).toMatchObject({ events: stored.length, skipped: 0 })
        expect(replayLog(stored, settings, start).difference).toBeUndefined()
      }
    })
  })
})
