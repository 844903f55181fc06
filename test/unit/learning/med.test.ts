import { describe, expect, test } from 'vitest'
import type { Asn } from '../../../src/bgp/asn.ts'
import type { Decision } from '../../../src/learning/decision.ts'
import { type FleetState, emptyFleet, placeOf, stepFleet, tellPlace } from '../../../src/learning/fleet.ts'
import { type LogEntry, replayLog } from '../../../src/learning/log.ts'
import { type Attached, type Catchment, type MedVerdict, medProposal } from '../../../src/learning/med.ts'
import { newPlace } from '../../../src/learning/place.ts'
import { defaultSettings } from '../../../src/learning/settings.ts'
import { type Measured, batch, minuteMs } from '../../support/learning.ts'

const second = 1000
const entry = { entry: 'transit-eu' }
const same: Attached = { fra: [64496 as Asn], ams: [64496 as Asn] }
const at = (entersAt: string | null, costMs: number | null): Catchment => ({ entersAt, costMs })

/** One EntryGroup, its clock, what was decided and what became of it. */
class MedRun {
  fleet: FleetState = emptyFleet
  atMs = 0
  readonly decisions: Decision[] = []
  readonly verdicts: MedVerdict[] = []
  readonly log: LogEntry[] = []
  readonly attached: Attached
  readonly mode: 'auto' | 'shadow'

  constructor(attached: Attached = same, mode: 'auto' | 'shadow' = 'auto') {
    this.attached = attached
    this.mode = mode
  }

  get place() {
    return placeOf(this.fleet, entry)
  }

  /** Batches, and beside each of them a look at the catchment. */
  steps(times: number, costs: Readonly<Record<string, Measured>>, seen: Catchment, everyMs = 30 * second): this {
    for (let i = 0; i < times; i++) {
      this.atMs += everyMs
      this.look(seen)
      const { budget: _, applied: __, ...measurement } = batch(this.atMs, costs)
      const options = { mode: this.mode, canaries: [], settings: defaultSettings, attached: this.attached, seen }
      const { fleet, decision, event } = stepFleet(this.fleet, entry, measurement, options)!
      this.fleet = fleet
      this.log.push({ subject: entry, event, ...(decision.kind !== 'stay' && { decision }) })
      if (decision.kind !== 'stay') this.decisions.push(decision)
    }
    return this
  }

  look(seen: Catchment): void {
    this.tell({ kind: 'seen', atMs: this.atMs, seen })
  }

  tell(event: Parameters<typeof tellPlace>[2]): void {
    const { fleet, verdict } = tellPlace(this.fleet, entry, event, defaultSettings)
    this.fleet = fleet
    this.log.push({ subject: entry, event, ...(verdict !== undefined && { verdict }) })
    if (verdict !== undefined) this.verdicts.push(verdict)
  }

  /** Until `ams` was decided to be the better entry. */
  decide(): this {
    this.steps(30, { fra: 40, ams: 40 }, at('fra', 40))
    for (let i = 0; i < 100 && this.decisions.length === 0; i++) this.steps(1, better, at('fra', 60))
    return this
  }
}

const better = { fra: 60, ams: 30 }
const decided = () => new MedRun().decide()

describe('a change of MED', () => {
  test('is decided as between paths, and then to be verified', () => {
    const run = decided()
    expect(run.decisions).toMatchObject([{ kind: 'move', from: 'fra', to: 'ams', applied: true }])
    expect(run.decisions).toMatchObject([
      {
        explanation: {
          sentence: expect.stringMatching(/^The entry of transit-eu moves from fra to ams for 28 ms less/),
        },
      },
    ])
    expect(run.place).toMatchObject({
      committed: 'ams',
      entry: { phase: { kind: 'verifying', to: 'ams', beforeMs: 60 } },
    })
  })

  test('is confirmed when vantage points see the AS enter there, at no more cost', () => {
    const run = decided()
    run.steps(2, better, at('ams', 31), 10 * second)
    expect(run.verdicts).toMatchObject([{ kind: 'confirmed', tookMs: 10_000 }])
    expect(run.verdicts[0]?.sentence).toBe(
      'transit-eu enters at ams instead of fra after 10 s, in 31.0 ms instead of 60.0 ms.',
    )
    expect(run.place.entry?.phase).toEqual({ kind: 'settled' })
  })

  test.each([
    ['worse', at('ams', 90)],
    ['elsewhere', at('lon', 10)],
    ['unseen', at(null, null)],
    ['ignored', at('fra', 60)],
  ] as const)('is rolled back to what was preferred before where it is %s', (reason, seen) => {
    const run = decided().steps(13, better, seen, 10 * second)
    expect(run.verdicts).toMatchObject([{ kind: 'rolled-back', reason, back: null }])
    expect(run.place).toMatchObject({ committed: null, learner: { chosen: 'fra' } })
    expect(run.place.entry?.phase.kind).toBe(reason === 'ignored' ? 'ignored' : 'settled')
    expect(run.place.learner.arms.find(({ path }) => path === 'ams')?.backOff.barredMs).toBeGreaterThan(0)
  })

  test('is rolled back to nothing of the learner where the POP before is none any more', () => {
    const rolledBackTo = (mayEnter: readonly string[]) => {
      const run = decided()
      const { entry: state, ...rest } = run.place
      if (state?.phase.kind !== 'verifying') throw new Error('assertion: it is verified')
      const place = { ...rest, entry: { ...state, phase: { ...state.phase, before: 'lon' } } }
      run.fleet = { ...run.fleet, places: { 'entry:transit-eu': place } }
      run.tell({ kind: 'seen', atMs: run.atMs + 10 * second, seen: at('ams', 90), mayEnter })
      const [verdict] = run.verdicts
      return [verdict?.kind === 'rolled-back' ? verdict.back : verdict?.kind, run.place.committed]
    }
    expect(rolledBackTo(['ams', 'fra', 'lon'])).toEqual(['lon', 'lon'])
    expect(rolledBackTo(['ams', 'fra'])).toEqual([null, null])
  })

  test('has 120 s, and not a second less, to be seen', () => {
    const run = decided().steps(11, better, at('fra', 60), 10 * second)
    expect(run.verdicts).toEqual([])
    run.steps(1, better, at('fra', 60), 10 * second)
    expect(run.verdicts).toMatchObject([{ reason: 'ignored' }])
  })

  test('that was ignored is not tried again until a person clears that, and waits for the flap budget then', () => {
    const run = decided().steps(13, better, at('fra', 60), 10 * second)
    run.steps(400, better, at('fra', 60))
    expect(run.decisions.filter(({ kind }) => kind === 'move')).toHaveLength(1)
    expect(run.decisions.at(-1)).toMatchObject({ kind: 'held' })
    run.tell({ kind: 'clear', atMs: run.atMs })
    run.steps(20, better, at('fra', 60))
    expect(run.decisions.filter(({ kind }) => kind === 'move')).toHaveLength(2)
  })

  test('is not followed by another one within 30 minutes (G15), nor without room for another rollback', () => {
    const run = decided().steps(2, better, at('ams', 31), 10 * second)
    const [setAtMs, worse] = [run.place.entry?.changedAtMs ?? 0, { fra: 30, ams: 90 }]
    const held = () => run.decisions.slice(1).map((one) => (one.kind === 'held' ? one.guard : one.kind))
    while (!held().includes('move') && run.atMs < setAtMs + 120 * minuteMs) run.steps(1, worse, at('ams', 31))
    expect(held()).toEqual(['dwell', 'waiting', 'budget', 'move'])
    expect(run.atMs - setAtMs).toBeGreaterThanOrEqual(60 * minuteMs)
  })

  test('needs room for its rollback in the budget of the hour, and gives it back when it is confirmed', () => {
    const run = decided()
    expect(run.fleet.changes).toHaveLength(2)
    run.steps(1, better, at('ams', 31), 10 * second)
    expect(run.fleet.changes).toMatchObject([{ pop: 'fra', others: ['ams'], applied: true }])
    const rolledBack = decided().steps(1, better, at('ams', 99), 10 * second)
    expect(rolledBack.fleet.changes.map(({ reservedBy }) => reservedBy)).toEqual([undefined, undefined])
  })

  test('is held where a path at one of its POPs has used the budget of the hour', () => {
    const run = new MedRun().steps(30, { fra: 40, ams: 40 }, at('fra', 40))
    run.fleet = { ...run.fleet, changes: [{ pop: 'ams' as never, atMs: run.atMs, applied: true }] }
    run.steps(20, better, at('fra', 60))
    expect(run.decisions).toMatchObject([{ kind: 'held', guard: 'budget' }])
  })

  test('in shadow is decided, and nothing is to be verified', () => {
    const run = new MedRun(same, 'shadow').decide().steps(10, better, at('fra', 60))
    expect(run.decisions).toMatchObject([{ kind: 'move', applied: false }])
    expect(run.place).toMatchObject({ committed: null, entry: { phase: { kind: 'settled' } } })
  })

  test('for which a person prefers another entry is not verified any more, nor held against the AS', () => {
    const run = decided()
    run.tell({ kind: 'in-use', atMs: run.atMs, path: 'ams', committed: null, takenBack: false })
    expect(run.place.entry?.phase).toEqual({ kind: 'settled' })
    expect(run.place.learner.arms.map(({ backOff }) => backOff.reverts)).toEqual([0, 0])
    run.atMs += 600 * second
    run.look(at('fra', 60))
    expect(run.verdicts).toEqual([])
  })

  test('that a person takes back bars its POP, and is not verified any more', () => {
    const run = decided()
    run.tell({ kind: 'in-use', atMs: run.atMs, path: 'fra', committed: null, takenBack: true })
    expect(run.place).toMatchObject({
      committed: null,
      learner: { chosen: 'fra' },
      entry: { phase: { kind: 'settled' } },
    })
    expect(run.fleet.changes).toHaveLength(1)
    run.steps(10, better, at('fra', 60))
    expect(run.decisions.at(-1)).toMatchObject({ kind: 'held' })
  })
})

describe('between different ASes', () => {
  const attached: Attached = { fra: [64496 as Asn], ams: [64497 as Asn] }

  test('MED can do nothing: that is said, and proposed what a person can', () => {
    const run = new MedRun(attached).decide()
    expect(run.decisions).toMatchObject([{ kind: 'held', guard: 'waiting', wanted: 'ams' }])
    expect(run.decisions).toMatchObject([
      {
        explanation: {
          sentence: expect.stringMatching(/MED cannot move transit-eu .* same AS only.*prepend once toward AS64496/),
        },
      },
    ])
    expect(run.place).toMatchObject({ committed: null, learner: { chosen: 'fra' } })
    expect(run.place.entry?.proposal).toMatchObject({ from: 'fra', to: 'ams' })
    expect(run.fleet.changes).toEqual([])
  })

  test('the proposal stands once while it is wanted, and goes when it is not', () => {
    const run = new MedRun(attached).decide()
    const { atMs } = run.place.entry?.proposal ?? {}
    run.steps(20, better, at('fra', 60))
    expect(run.place.entry?.proposal?.atMs).toBe(atMs)
    expect(run.decisions).toHaveLength(1)
    run.steps(200, { fra: 30, ams: 60 }, at('fra', 30))
    expect(run.place.entry?.proposal).toBeNull()
  })

  test('one AS in common is enough for MED', () => {
    expect(medProposal('t', 'fra', 'ams', { fra: [1 as Asn, 2 as Asn], ams: [2 as Asn] })).toBeUndefined()
    expect(medProposal('t', 'fra', 'ams', same)).toBeUndefined()
  })
})

test('the log of an entry replays, verdicts and words included', () => {
  const run = decided().steps(13, better, at('fra', 60), 10 * second)
  run.tell({ kind: 'clear', atMs: run.atMs })
  run.steps(150, better, at('ams', 30))
  const stored = JSON.parse(JSON.stringify(run.log)) as readonly LogEntry[]
  const replay = replayLog(stored, defaultSettings, newPlace(entry))
  expect(replay.difference).toBeUndefined()
  expect(replay).toMatchObject({ events: run.log.length, decisions: run.decisions.length + run.verdicts.length })
  const forged = stored.map((one) =>
    one.verdict?.kind === 'rolled-back' ? { ...one, verdict: { ...one.verdict, reason: 'worse' as const } } : one,
  )
  expect(replayLog(forged, defaultSettings, newPlace(entry)).difference).toMatchObject({ what: 'verdict' })
})
