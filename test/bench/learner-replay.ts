/**
 * npm run learner:replay -- --traces DIR [--seed N] [--groups N] [--json] [--decisions FILE]
 *
 * Replays the path learner and its baselines on a folder of RIPE Atlas traces. `--decisions` writes one JSON line a group:
 * trace names, offsets, the shift added to every RTT, warm-up, and the path chosen at each step (step k is row k of every
 * trace, chosen from rows up to k−1), so that gain and changes can be computed again from outside. Exits 2 where it cannot
 * read what it was given.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Group, makeGroups, stepsPerDay, warmUpSteps } from './learner/group.ts'
import { refuse } from './learner/refuse.ts'
import { type Replay, replay } from './learner/replay.ts'
import { replayTable } from './learner/table.ts'
import { readTraces } from './learner/trace.ts'

const command = 'learner:replay'
const { values } = orRefuse(() =>
  parseArgs({
    options: {
      traces: { type: 'string', default: new URL('../data/rtt-atlas', import.meta.url).pathname },
      seed: { type: 'string', default: '1' },
      groups: { type: 'string', default: '300' },
      json: { type: 'boolean', default: false },
      decisions: { type: 'string' },
    },
  }),
)

const seed = whole('seed', values.seed)
const traces = orRefuse(() => readTraces(values.traces))
const groups = makeGroups(traces, seed, whole('groups', values.groups))
if (groups.length === 0) {
  const rows = warmUpSteps + stepsPerDay
  const found = traces.map(({ name, rttMs }) => `${name} ${rttMs.length}`).join(', ') || 'none'
  refuse(
    command,
    `${values.traces}: at least three traces (NAME.csv or NAME.csv.gz) of ${rows} rows each are needed, and --groups 1; readable rows found: ${found}`,
  )
}
const started = performance.now()
const { decisions } = values
const file = decisions === undefined ? undefined : orRefuse(() => openSync(decisions, 'w'))
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
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    refuse(command, `--${option} ${text}: a whole number is needed`)
  return value
}

function orRefuse<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    refuse(command, error instanceof Error ? error.message : String(error))
  }
}
