/**
 * The learner in operation, where batches come every few seconds or every minute and not every four: the same made paths,
 * minute by minute, probed at different rates. Scored by what the chosen path costs in each minute, against a dynamic
 * program over the minutes that pays 300 ms·min for a change (75 samples of four minutes).
 */
import type { PopId } from '../../../src/intent/model.ts'
import type { Candidate } from '../../../src/learning/batch.ts'
import { type FleetState, emptyFleet, stepFleet } from '../../../src/learning/fleet.ts'
import { defaultSettings } from '../../../src/learning/settings.ts'
import { random } from './group.ts'
import { oracle } from './oracle.ts'
import { gauss, syntheticTrace } from './synthetic.ts'
import type { Trace } from './trace.ts'

export interface Cadence {
  readonly gain: number
  readonly changesPerDay: number
  readonly oracleChangesPerDay: number
  /** One step of the learner, μs. */
  readonly stepMicros: number
}

const minuteMs = 60_000
const minutesPerDay = 1440
const changeMsMin = 300
const subject = { pop: 'cadence' as PopId, destination: 'cadence' }
const options = { steps: 10 * minutesPerDay, noiseMs: 0.4, dwellSteps: minutesPerDay, dailyMs: 6, burstShare: 0.0002 }

/** @param everyMs from batch to batch, three probes each */
export function cadence(seed: number, everyMs: number, groups = 4): Cadence {
  let [gained, gainable, changes, best, steps, spentMs] = [0, 0, 0, 0, 0, 0]
  for (let group = 0; group < groups; group++) {
    const traces = [0, 1, 2].map((path) =>
      syntheticTrace(`made-${path}`, seed * 1000 + group * 3 + path, { ...options, everyMs: minuteMs }),
    )
    const started = performance.now()
    const chosen = runMinutes(traces, everyMs, random(seed + group))
    spentMs += performance.now() - started
    steps += (options.steps * minuteMs) / everyMs
    const costs = traces.map(({ rttMs }) => rttMs)
    const ideal = oracle(costs, minutesPerDay, options.steps, { switchMs: changeMsMin })
    const still = costs.reduce((sum, _, path) => sum + total(costs, () => path), 0) / costs.length
    gained += still - total(costs, (minute) => chosen[minute] as number)
    gainable += still - total(costs, (minute) => ideal[minute] as number)
    changes += changesOf(chosen)
    best += changesOf(ideal)
  }
  const days = groups * (options.steps / minutesPerDay - 1)
  return {
    gain: gained / gainable,
    changesPerDay: changes / days,
    oracleChangesPerDay: best / days,
    stepMicros: (spentMs * 1000) / steps,
  }
}

/** Path of each minute, as it was when the minute began. */
function runMinutes(traces: readonly Trace[], everyMs: number, draw: () => number): Uint8Array {
  const candidates = traces.map((_, i): Candidate => ({ path: `path-${i}`, kind: 'transit' }))
  const chosen = new Uint8Array(options.steps)
  let fleet: FleetState = emptyFleet
  let now = 0
  let minute = -1
  for (let atMs = 0; atMs < options.steps * minuteMs; atMs += everyMs) {
    while (minute < Math.floor(atMs / minuteMs)) chosen[++minute] = now
    const step = stepFleet(
      fleet,
      subject,
      {
        atMs,
        bgpChoice: 'path-0',
        arms: candidates.map((candidate, path) => {
          const rttMs = traces[path]?.rttMs[minute] as number
          const lost = traces[path]?.lost[minute] === 1
          return { candidate, sent: 3, rttsMs: lost ? [] : [0, 1, 2].map(() => rttMs + Math.abs(gauss(draw)) * 0.4) }
        }),
        frozen: false,
      },
      { mode: 'auto', canaries: [], settings: defaultSettings },
    )
    if (step === undefined) break
    fleet = step.fleet
    if (step.decision.kind === 'move') now = Number(step.decision.to.slice('path-'.length))
  }
  while (minute < options.steps - 1) chosen[++minute] = now
  return chosen
}

function total(costs: readonly Float64Array[], pathOf: (minute: number) => number): number {
  let sum = 0
  for (let minute = minutesPerDay; minute < options.steps; minute++) sum += costs[pathOf(minute)]?.[minute] as number
  return sum
}

function changesOf(chosen: Uint8Array): number {
  let changes = 0
  for (let minute = minutesPerDay + 1; minute < options.steps; minute++)
    if (chosen[minute] !== chosen[minute - 1]) changes++
  return changes
}
