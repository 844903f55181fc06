/** Drills with a known answer: noise that is only noise, a step, a black hole, and a path that a move fills. */
import type { PopId } from '../../../src/intent/model.ts'
import type { Candidate } from '../../../src/learning/batch.ts'
import { type FleetState, emptyFleet, stepFleet } from '../../../src/learning/fleet.ts'
import { defaultSettings } from '../../../src/learning/settings.ts'
import { type Group, random, stepsPerDay } from './group.ts'
import { runLearner } from './run-learner.ts'
import { gauss, stepEveryMs } from './synthetic.ts'

const pop = 'drill' as PopId
const subject = { pop, destination: 'drill' }

export interface Noise {
  /** `heavy`: log-normal. */
  readonly shape: 'normal' | 'heavy'
  /** Standard deviation; of `heavy`, the median. */
  readonly noiseMs: number
  /** AR(1): what is left of a deviation in the next sample, 0 to 1. Nothing: white. */
  readonly memory?: number
}

/** Three paths of the same cost; every change is one too many. Returns changes per path and day, first day included. */
export function noiseOnly(seed: number, { shape, noiseMs, memory = 0 }: Noise, runs = 30, days = 14): number {
  const draw = random(seed)
  const fresh = shape === 'normal' ? () => gauss(draw) : () => Math.exp(gauss(draw))
  let changes = 0
  for (let run = 0; run < runs; run++) {
    const noise = [0, 1, 2].map(fresh)
    const next = (path: number) =>
      (noise[path] = memory * (noise[path] as number) + Math.sqrt(1 - memory * memory) * fresh())
    const group = flat(days * stepsPerDay, (path) => 100 + noiseMs * next(path))
    const chosen = runLearner(group)
    for (let step = 1; step < group.steps; step++) if (chosen[step] !== chosen[step - 1]) changes++
  }
  return changes / (runs * days * 3)
}

/** A step on the path in use, after a day of quiet; samples until the learner has moved, one a run. */
export function stepDelays(seed: number, stepMs: number, noiseMs: number, runs = 200): readonly number[] {
  const draw = random(seed)
  return Array.from({ length: runs }, () => {
    const from = stepsPerDay + Math.floor(draw() * stepsPerDay)
    const group = flat(
      from + 60,
      (path, step) => 100 + gauss(draw) * noiseMs + (path === 0 && step >= from ? stepMs : 0),
    )
    const chosen = runLearner(group)
    const moved = chosen.findIndex((path, step) => step > from && path !== 0)
    return moved < 0 ? Infinity : moved - from
  })
}

/** One probe a second, with ordinary loss; then the path in use falls silent. Seconds until it is left, one a run. */
export function blackholeSeconds(seed: number, lossRatio: number, runs = 200): readonly number[] {
  const draw = random(seed)
  const candidates: readonly Candidate[] = [0, 1, 2].map((i) => ({ path: `path-${i}`, kind: 'transit' }))
  return Array.from({ length: runs }, () => {
    let fleet: FleetState = emptyFleet
    const silentFrom = 300 + Math.floor(draw() * 60)
    for (let second = 0; second < silentFrom + 60; second++) {
      const step = stepFleet(
        fleet,
        subject,
        {
          atMs: second * 1000,
          bgpChoice: 'path-0',
          arms: candidates.map((candidate, path) => {
            const lost = (path === 0 && second >= silentFrom) || draw() < lossRatio
            return { candidate, sent: 1, rttsMs: lost ? [] : [50 + path + gauss(draw)] }
          }),
          frozen: false,
        },
        { mode: 'auto', canaries: [], settings: defaultSettings },
      )
      if (step === undefined) break
      fleet = step.fleet
      if (step.decision.kind === 'move') return second < silentFrom ? Infinity : second - silentFrom + 1
    }
    return Infinity
  })
}

export interface Loaded {
  readonly changes: number
  readonly reverts: number
  readonly overloadedShare: number
  readonly meanMs: number
  readonly stayMeanMs: number
  readonly bestMs: number
}

/**
 * Moving traffic changes the path: each path queues as its load nears its capacity. Path 1 looks faster while it is empty,
 * and is slower with this destination's traffic on it; path 2 is a little slower empty, and stays so when used.
 * With `guarded` the learner is told the capacities, else it has to find out by moving.
 */
export function loadCoupled(seed: number, guarded: boolean, days = 10): Loaded {
  const draw = random(seed)
  const paths = [
    { baseMs: 60, limitBps: 10e9, otherBps: 2e9 },
    { baseMs: 50, limitBps: 4e9, otherBps: 1.9e9 },
    { baseMs: 55, limitBps: 10e9, otherBps: 3e9 },
  ]
  const demandBps = 2e9
  let fleet: FleetState = emptyFleet
  let [now, changes, reverts, overloaded, sum, staySum, bestSum] = [0, 0, 0, 0, 0, 0, 0]
  const steps = days * stepsPerDay
  for (let step = 0; step < steps; step++) {
    const swing = 1 + 0.15 * Math.sin((step / stepsPerDay) * 2 * Math.PI)
    const loadOf = (path: number, user: number) =>
      ((paths[path]?.otherBps ?? 0) * swing + (user === path ? demandBps : 0)) / (paths[path]?.limitBps ?? 1)
    const costOf = (path: number, user: number) => (paths[path]?.baseMs ?? 0) + queueMs(loadOf(path, user))
    sum += costOf(now, now)
    staySum += costOf(0, 0)
    bestSum += Math.min(...paths.map((_, path) => costOf(path, path)))
    if (loadOf(now, now) > 0.8) overloaded++
    const taken = stepFleet(
      fleet,
      subject,
      {
        atMs: step * stepEveryMs,
        bgpChoice: 'path-0',
        arms: paths.map(({ limitBps }, path) => ({
          candidate: {
            path: `path-${path}`,
            kind: 'transit',
            ...(guarded && { capacity: { limitBps, loadBps: loadOf(path, now) * limitBps } }),
          },
          sent: 3,
          rttsMs: [0, 1, 2].map(() => costOf(path, now) + Math.abs(gauss(draw)) * 0.4),
        })),
        demandBps,
        frozen: false,
      },
      { mode: 'auto', canaries: [], settings: defaultSettings },
    )
    if (taken === undefined) break
    fleet = taken.fleet
    if (taken.decision.kind !== 'move') continue
    changes++
    if (taken.decision.cause === 'revert') reverts++
    now = Number(taken.decision.to.slice('path-'.length))
  }
  return {
    changes,
    reverts,
    overloadedShare: overloaded / steps,
    meanMs: sum / steps,
    stayMeanMs: staySum / steps,
    bestMs: bestSum / steps,
  }
}

/** M/M/1-like: nothing until half full, then steep, 200 ms of buffer at most. */
function queueMs(load: number): number {
  return load < 0.5 ? 0 : Math.min(200, (4 * (load - 0.5)) / Math.max(0.02, 1 - load))
}

function flat(steps: number, value: (path: number, step: number) => number): Group {
  const rawMs = [0, 1, 2].map((path) => Float64Array.from({ length: steps }, (_, step) => value(path, step)))
  const atMs = Float64Array.from({ length: steps }, (_, step) => step * stepEveryMs)
  const traces = rawMs.map((rttMs, path) => ({ name: `flat-${path}`, atMs, rttMs, lost: new Uint8Array(steps) }))
  return { traces, offsetsMs: [0, 0, 0], shiftsMs: [0, 0, 0], steps, warmUpSteps: stepsPerDay, rawMs, batchMs: rawMs }
}
