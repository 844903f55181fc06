/** The replay, on the traces that ship with the tests: its figures can be computed again from the decisions it writes. */
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { makeGroup } from '../../bench/learner/group.ts'
import { afterRows, oracle } from '../../bench/learner/oracle.ts'
import type { Replay } from '../../bench/learner/replay.ts'
import { runLearner } from '../../bench/learner/run-learner.ts'
import { parseTrace, readTraces } from '../../bench/learner/trace.ts'

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'herald-replay-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Line {
  readonly traces: readonly string[]
  readonly offsetsMs: readonly number[]
  readonly shiftsMs: readonly number[]
  readonly steps: number
  readonly warmUpSteps: number
  readonly chosen: readonly number[]
}

function runReplay(seed: number): { readonly result: Replay; readonly lines: readonly Line[] } {
  const decisions = join(folder, `${seed}.jsonl`)
  const args = [
    '--traces',
    file('data/rtt-atlas'),
    '--seed',
    `${seed}`,
    '--groups',
    '6',
    '--json',
    '--decisions',
    decisions,
  ]
  const result = JSON.parse(
    execFileSync(process.execPath, [file('bench/learner-replay.ts'), ...args]).toString(),
  ) as Replay
  const lines = readFileSync(decisions, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  return { result, lines }
}

/** Gain and changes a day from the file alone: nothing of the replay's own arithmetic. */
function recompute(lines: readonly Line[]) {
  const traces = new Map(readTraces(file('data/rtt-atlas')).map((trace) => [trace.name, trace]))
  let [gained, gainable, changes, days] = [0, 0, 0, 0]
  for (const { traces: names, shiftsMs, steps, warmUpSteps, chosen } of lines) {
    const own = names.map((name) => traces.get(name)!)
    // What a lost row would have cost is not known: it counts for nobody.
    const costs = own.map(({ rttMs }, i) =>
      rttMs.map((value, step) => (own.some(({ lost }) => lost[step] === 1) ? 0 : value + (shiftsMs[i] ?? 0))),
    )
    const sum = (path: (step: number) => number) => {
      let total = 0
      for (let step = warmUpSteps; step < steps; step++) total += costs[path(step)]?.[step] ?? NaN
      return total
    }
    const still = costs.reduce((total, _, i) => total + sum(() => i), 0) / costs.length
    const best = oracle(costs, warmUpSteps, steps)
    gained += still - sum((step) => chosen[step] ?? NaN)
    gainable += still - sum((step) => best[step] ?? NaN)
    for (let step = warmUpSteps + 1; step < steps; step++) if (chosen[step] !== chosen[step - 1]) changes++
    days += (steps - warmUpSteps) / 360
  }
  return { gain: gained / gainable, changesPerDay: changes / days }
}

/** Each replay is a process of its own, on a machine that may be busy. */
describe('the replay', { timeout: 60_000 }, () => {
  const first = runReplay(7)

  test('writes decisions from which its gain and its changes can be computed again', () => {
    const summary = first.result.scores.raw['learner']
    const again = recompute(first.lines)
    expect(summary?.gain).toBeCloseTo(again.gain, 9)
    expect(summary?.changesPerDay).toBeCloseTo(again.changesPerDay, 9)
  })

  test('gives the same decisions for the same seed, and other groups for another', () => {
    expect(runReplay(7).lines).toEqual(first.lines)
    expect(runReplay(8).lines).not.toEqual(first.lines)
  })

  test('is better than every rule that moves as seldom, and below the oracle', () => {
    const { learner, static: still, pathvector, oracle: best } = first.result.scores.raw
    const gain = learner?.gain ?? NaN
    expect(gain).toBeGreaterThan(0.85)
    expect(gain).toBeLessThan(1)
    expect(gain).toBeGreaterThan(Math.max(still?.gain ?? NaN, pathvector?.gain ?? NaN))
    expect(best?.gain).toBeCloseTo(1)
  })

  test('chooses a step by earlier rows only: what a row holds does not change its own choice', () => {
    const traces = readTraces(file('data/rtt-atlas')).slice(0, 3)
    const group = makeGroup(traces, [0, 5, 9])
    const chosen = runLearner(group)
    const at = chosen.findIndex((path, step) => step > 400 && path !== chosen[step - 1])
    const spoiled = {
      ...group,
      rawMs: group.rawMs.map((values) => values.map((value, i) => (i >= at ? 10_000 - value : value))),
    }
    expect([...runLearner(spoiled)].slice(0, at + 1)).toEqual([...chosen].slice(0, at + 1))
  })
})

describe('what cannot be replayed is refused in one line', () => {
  const traces = file('data/rtt-atlas/traces')
  const [one] = readdirSync(traces) as [string]
  const lonely = mkdtempSync(join(folder, 'lonely-'))
  copyFileSync(join(traces, one), join(lonely, one))
  test.each([
    ['a folder that is not there', ['--traces', join(folder, 'nowhere')], /^learner:replay: ENOENT.*nowhere'$/],
    ['one trace alone', ['--traces', lonely], /^learner:replay: .*three traces.*720 rows.*found: \d+ \d+$/],
    ['a seed in words', ['--seed', 'one'], /^learner:replay: --seed one: a whole number is needed$/],
    ['an unknown option', ['--sed', '1'], /^learner:replay: Unknown option '--sed'/],
  ])('%s', (_, args, line) => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [file('bench/learner-replay.ts'), ...args])
    expect({ status, out: stdout.toString() }).toEqual({ status: 2, out: '' })
    expect(stderr.toString().trim()).toMatch(line)
    expect(stderr.toString().trim()).not.toContain('\n')
  })
})

describe('a trace', () => {
  test('is read in both of its time formats, with lost rows carrying on what was before', () => {
    const old = parseTrace('a', 'epoch;rtt;cp\n14/10/2016 21:17;178.5;0\n14/10/2016 21:21;-1;0\n14/10/2016 21:25;;1\n')
    expect([...old.atMs]).toEqual([17, 21, 25].map((minute) => Date.UTC(2016, 9, 14, 21, minute)))
    expect([...old.rttMs]).toEqual([178.5, 178.5, 178.5])
    expect([...old.lost]).toEqual([0, 1, 1])
    const recent = parseTrace('b', 'epoch;rtt;cp\n2016-11-19 23:59:28;-3;0\n2016-11-20 00:03:28;154.1;0\n')
    expect([...recent.atMs]).toEqual([Date.UTC(2016, 10, 19, 23, 59, 28), Date.UTC(2016, 10, 20, 0, 3, 28)])
    expect([...recent.rttMs]).toEqual([154.1, 154.1])
  })
})

describe('the oracle', () => {
  test('pays 75 ms·samples for a change, and makes it only where that is less', () => {
    const costs = (height: number) => [
      Float64Array.from({ length: 10 }, (_, i) => (i >= 5 ? height : 0)),
      new Float64Array(10).fill(1),
    ]
    expect([...oracle(costs(20), 0, 10)]).toEqual([...new Uint8Array(10).fill(1)])
    expect([...oracle([costs(20)[0] as Float64Array, new Float64Array(10).fill(19)], 0, 10)]).toEqual([
      ...new Uint8Array(10),
    ])
    const apart = [Float64Array.from({ length: 10 }, (_, i) => (i >= 5 ? 40 : 0)), new Float64Array(10).fill(18)]
    expect([...oracle(apart, 0, 10)]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
  })

  test('that has to make sure moves after two rows that agree, and stays where one row alone was late', () => {
    const rows = [...Array(17).fill(0), 500, 0, 0, 600, 600, 600, 600] as number[]
    const costs = [Float64Array.from(rows), new Float64Array(rows.length).fill(100)]
    const changes = (chosen: Uint8Array) => [...chosen.keys()].filter((i) => i > 2 && chosen[i] !== chosen[i - 1])
    expect(changes(oracle(costs, 2, rows.length))).toEqual([17, 18, 20])
    expect(changes(oracle(costs, 2, rows.length, { mayMove: afterRows(2, costs) }))).toEqual([22])
  })
})

describe('a group', () => {
  test('aligns its traces to one base plus the drawn offsets', () => {
    const traces = readTraces(file('data/rtt-atlas')).slice(0, 3)
    const { rawMs, offsetsMs } = makeGroup(traces, [0, 3, 9])
    const bases = rawMs.map((values) => values.slice().sort()[Math.floor(0.05 * (values.length - 1))] ?? NaN)
    expect((bases[1] ?? NaN) - (bases[0] ?? NaN)).toBeCloseTo(3)
    expect((bases[2] ?? NaN) - (bases[0] ?? NaN)).toBeCloseTo(9)
    expect(offsetsMs).toEqual([0, 3, 9])
  })
})
