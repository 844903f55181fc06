import { describe, expect, test } from 'vitest'
import type { PopId } from '../../../src/intent/model.ts'
import type { Decision } from '../../../src/learning/decision.ts'
import { type FleetState, emptyFleet, isApplied, placeKey, stepFleet } from '../../../src/learning/fleet.ts'
import { type LogEntry, replayLog } from '../../../src/learning/log.ts'
import { newPlace } from '../../../src/learning/place.ts'
import { type Mode, defaultSettings } from '../../../src/learning/settings.ts'
import { newLearner } from '../../../src/learning/state.ts'
import { undoMove } from '../../../src/learning/undo.ts'
import { LearnerRun, batch, minuteMs, subject } from '../../support/learning.ts'

const fra = 'fra' as PopId

/** Every destination of a POP wants to move at once. */
function rush(destinations: number, mode: Mode, canaries: readonly PopId[] = []) {
  let fleet: FleetState = emptyFleet
  const decisions: Decision[] = []
  for (let step = 0; step < 40; step++)
    for (let i = 0; i < destinations; i++) {
      const { budget: _, applied: __, ...measurement } = batch(step * 4 * minuteMs, { a: step < 20 ? 50 : 80, b: 50 })
      const taken = stepFleet(fleet, { pop: fra, destination: `d${i}` }, measurement, {
        mode,
        canaries,
        settings: defaultSettings,
      })
      if (taken === undefined) return { fleet, decisions }
      fleet = taken.fleet
      if (taken.decision.kind !== 'stay') decisions.push(taken.decision)
    }
  return { fleet, decisions }
}

describe('a fleet of learners', () => {
  test('spends two changes of an hour at a POP, and holds the rest for want of budget', () => {
    const { decisions } = rush(4, 'auto')
    const first = decisions.slice(0, 4)
    expect(first.map(({ kind }) => kind).sort()).toEqual(['held', 'held', 'move', 'move'])
    expect(first.filter(({ kind }) => kind === 'held')).toMatchObject([{ guard: 'budget' }, { guard: 'budget' }])
  })

  test('takes nothing in when it is off', () => {
    expect(rush(1, 'off').fleet).toBe(emptyFleet)
  })

  test.each([
    ['auto', [], true],
    ['canary', [fra], true],
    ['canary', [], false],
    ['shadow', [fra], false],
    ['off', [fra], false],
  ] as const)('in mode %s with canaries %j carries a decision out: %s', (mode, canaries, applied) => {
    expect(isApplied(mode, { pop: fra, destination: 'd' }, canaries)).toBe(applied)
  })

  test('decides in shadow what it would do, and says so', () => {
    expect(rush(1, 'shadow').decisions).toMatchObject([{ kind: 'move', applied: false }])
  })

  test('keeps one learner for each POP and destination', () => {
    expect(Object.keys(rush(2, 'auto').fleet.places)).toEqual(['fra/d0', 'fra/d1'])
    expect(placeKey(subject)).toBe('fra/origin-eu')
    expect(placeKey({ entry: 'transit-eu' })).toBe('entry:transit-eu')
  })
})

describe('undo', () => {
  test('goes back to the path before, and bars the one that was taken', () => {
    const run = new LearnerRun().settle({ a: 50, b: 50 })
    run.untilMove({ a: 70, b: 50 }, 10)
    const undone = undoMove(run.state, defaultSettings)
    expect(undone).toMatchObject({ chosen: 'a', lastMove: null })
    run.state = undone
    expect(run.untilMove({ a: 70, b: 50 }, 10)).toBeUndefined()
    expect(run.decisions.at(-1)).toMatchObject({ kind: 'held', guard: 'back-off', wanted: 'b' })
  })

  test('changes nothing where nothing was moved', () => {
    const state = newLearner(subject)
    expect(undoMove(state, defaultSettings)).toBe(state)
  })
})

describe('the log', () => {
  const entries: LogEntry[] = []
  const run = new LearnerRun()
  for (let i = 0; i < 30; i++) {
    const decision = run.step({ a: i < 15 ? 50 : 70, b: 50 })
    const logged = batch(run.atMs, { a: i < 15 ? 50 : 70, b: 50 })
    const event = { kind: 'batch', batch: logged } as const
    entries.push(decision.kind === 'stay' ? { subject, event } : { subject, event, decision })
  }

  test('replays to the same decisions, and names the first that differs under other settings', () => {
    expect(replayLog(entries, defaultSettings, newPlace(subject))).toEqual({ events: 30, decisions: 1, skipped: 0 })
    const other = { ...defaultSettings, thresholdMsMin: 400 }
    expect(replayLog(entries, other, newPlace(subject)).difference).toMatchObject({
      index: entries.findIndex(({ decision }) => decision),
      what: 'decision',
      replayed: '{"kind":"stay"}',
    })
  })
})
