/**
 * npm run learner:replay -- --traces DIR [--seed N] [--groups N] [--json] [--decisions FILE]
 *
 * Replays the path learner and its baselines on a folder of RIPE Atlas traces. `--decisions` writes one JSON line a group:
 * trace names, offsets, the shift added to every RTT, warm-up, and the path chosen at each step (step k is row k of every
 * trace, chosen from rows up to k−1), so that gain and changes can be computed again from outside.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Group, makeGroups } from './learner/group.ts'
import { type Replay, replay } from './learner/replay.ts'
import { replayTable } from './learner/table.ts'
import { readTraces } from './learner/trace.ts'

const { values } = parseArgs({
  options: {
    traces: { type: 'string', default: new URL('../data/rtt-atlas', import.meta.url).pathname },
    seed: { type: 'string', default: '1' },
    groups: { type: 'string', default: '300' },
    json: { type: 'boolean', default: false },
    decisions: { type: 'string' },
  },
})

const seed = whole('seed', values.seed)
const traces = readTraces(values.traces)
const groups = makeGroups(traces, seed, whole('groups', values.groups))
if (groups.length === 0)
  throw new Error(`${values.traces}: three traces of two days at least are needed, found ${traces.length}`)
const started = performance.now()
const file = values.decisions === undefined ? undefined : openSync(values.decisions, 'w')
const outcome = replay(groups, (group, chosen) => {
  if (file !== undefined) writeSync(file, `${JSON.stringify(line(group, chosen))}\n`)
})
if (file !== undefined) closeSync(file)
const seconds = (performance.now() - started) / 1000
if (values.json)
  process.stdout.write(
    `${JSON.stringify({ seed, traces: traces.map(({ name }) => name), ...summary(outcome), ...outcome, seconds })}\n`,
  )
else
  process.stdout.write(
    `${replayTable(outcome)}${groups.length} groups of ${traces.length} traces, seed ${seed}, ${seconds.toFixed(1)} s\n`,
  )

/** The learner's own figures first; `raw`, every row as it was measured, is what is meant where nothing else is said. */
function summary({ scores }: Replay): Record<string, unknown> {
  return { learner: { raw: scores.raw['learner'], carried: scores.carried['learner'], batch: scores.batch['learner'] } }
}

function line(group: Group, chosen: Uint8Array): Record<string, unknown> {
  return {
    traces: group.traces.map(({ name }) => name),
    offsetsMs: group.offsetsMs,
    shiftsMs: group.shiftsMs,
    steps: group.steps,
    warmUpSteps: group.warmUpSteps,
    chosen: [...chosen],
  }
}

function whole(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${option} ${text}: a whole number is needed`)
  return value
}
