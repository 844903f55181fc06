/**
 * make bench-learner [TRACES=DIR]: the path learner beside its baselines on Atlas traces and on made ones, and its drills.
 * Prints the table and writes learner-results.json with seed, split and machine.
 *
 * How traces are split: by name into two halves, every other trace. The form of the learner and its figures were worked out
 * on the first half, on made paths and on noise; on the other it was scored, and once its worst groups there were looked at
 * (what `lasted` in worth.ts is for). The one figure that decides how often it moves, the price of a move, is fitted on
 * each half and scored on the other; the shipped price is scored on all. The hold-out elsewhere is the judge.
 */
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release } from 'node:os'
import { parseArgs } from 'node:util'
import { defaultSettings } from '../../src/learning/settings.ts'
import { cadence } from './learner/cadence.ts'
import { blackholeSeconds, loadCoupled, noiseOnly, stepDelays } from './learner/drill.ts'
import { crossFit } from './learner/fit.ts'
import { makeGroup, makeGroups, random } from './learner/group.ts'
import { replay } from './learner/replay.ts'
import { everyday, syntheticTrace } from './learner/synthetic.ts'
import { replayTable, summaryRow } from './learner/table.ts'
import { readTraces } from './learner/trace.ts'

const { values } = parseArgs({
  options: {
    traces: { type: 'string', default: new URL('../data/rtt-atlas', import.meta.url).pathname },
    seed: { type: 'string', default: '1' },
    groups: { type: 'string', default: '600' },
  },
})
const seed = Number(values.seed)
const say = (text: string) => process.stdout.write(text)

const traces = readTraces(values.traces)
const groups = makeGroups(traces, seed, Number(values.groups))
say(`Atlas: ${groups.length} groups of ${traces.length} traces\n`)
const atlas = replay(groups)
say(replayTable(atlas))

const split = crossFit(traces, seed, 200)
for (const { fitted, scored, settings, scores } of split ?? []) {
  say(`fitted on ${fitted}, scored on ${scored}: ${JSON.stringify(settings)}\n`)
  for (const [scoring, summary] of Object.entries(scores)) say(summaryRow(scoring, summary))
}

const made = Array.from({ length: 40 }, (_, i) => {
  const draw = random(seed + i)
  return makeGroup(
    [0, 1, 2].map((path) => syntheticTrace(`made-${path}`, seed * 1000 + i * 3 + path, everyday)),
    [0, 1, 2].map(() => draw() * 10),
  )
})
say('Made traces: levels, dwell, daily congestion, bursts\n')
const synthetic = replay(made)
say(replayTable(synthetic))

const percentile = (all: readonly number[], share: number) =>
  all.toSorted((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))] ?? NaN
const noise = {
  normal1Ms: noiseOnly(seed, { shape: 'normal', noiseMs: 1 }),
  normal5Ms: noiseOnly(seed, { shape: 'normal', noiseMs: 5 }),
  heavy1Ms: noiseOnly(seed, { shape: 'heavy', noiseMs: 1 }),
  // A deviation is half gone after 4, 12, 26 and 54 minutes.
  memory05Of1Ms: noiseOnly(seed, { shape: 'normal', noiseMs: 1, memory: 0.5 }),
  memory08Of1Ms: noiseOnly(seed, { shape: 'normal', noiseMs: 1, memory: 0.8 }),
  memory09Of1Ms: noiseOnly(seed, { shape: 'normal', noiseMs: 1, memory: 0.9 }),
  memory095Of1Ms: noiseOnly(seed, { shape: 'normal', noiseMs: 1, memory: 0.95 }),
  memory095Of2Ms: noiseOnly(seed, { shape: 'normal', noiseMs: 2, memory: 0.95 }),
  memory08Of3Ms: noiseOnly(seed, { shape: 'normal', noiseMs: 3, memory: 0.8 }),
}
const step10Ms = stepDelays(seed, 10, 0.5)
const blackhole = { clean: blackholeSeconds(seed, 0.001), lossy: blackholeSeconds(seed, 0.01) }
const drills = {
  noiseChangesPerPathDay: noise,
  step10MsSamples: { p50: percentile(step10Ms, 0.5), p95: percentile(step10Ms, 0.95), max: percentile(step10Ms, 1) },
  blackholeSecondsAtOneProbeASecond: {
    loss01Percent: { p50: percentile(blackhole.clean, 0.5), p95: percentile(blackhole.clean, 0.95) },
    loss1Percent: { p50: percentile(blackhole.lossy, 0.5), p95: percentile(blackhole.lossy, 0.95) },
  },
  loadCoupled: { capacitiesKnown: loadCoupled(seed, true), capacitiesUnknown: loadCoupled(seed, false) },
}
say(`${JSON.stringify(drills, null, 2)}\n`)

say('Made paths, minute by minute, probed at different rates\n')
const cadences = Object.fromEntries(
  [10_000, 60_000, 240_000].map((everyMs) => [everyMs / 1000, cadence(seed, everyMs)]),
)
say(`${JSON.stringify(cadences, null, 2)}\n`)

const [cpu] = cpus()
const results = {
  date: new Date().toISOString().slice(0, 10),
  machine: { cpu: cpu?.model ?? 'unknown', cores: availableParallelism(), kernel: release(), node: process.version },
  seed,
  traces: traces.map(({ name }) => name),
  settings: defaultSettings,
  atlas,
  split,
  synthetic,
  drills,
  cadenceBySeconds: cadences,
}
writeFileSync(new URL('learner-results.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`)
