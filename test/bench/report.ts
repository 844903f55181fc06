/**
 * One row a budget: what Herald took, what its baseline took in the same run, their ratio. Times of machines differ;
 * ratios hold better.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { gobgpProgram } from '../support/gobgpd.ts'

export interface Row {
  readonly what: string
  readonly unit: 'ms' | 's' | 'MiB'
  readonly herald: Figures
  readonly baseline?: { readonly what: string; readonly figures: Figures }
  readonly budget: string
  readonly met: boolean
}

/** Of all measured values. */
export interface Figures {
  readonly runs: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export function figures(values: readonly number[]): Figures {
  const ordered = values.toSorted((a, b) => a - b)
  const at = (share: number) => round(ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * share))] ?? NaN)
  return { runs: ordered.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}

export function round(value: number): number {
  return Number(value.toPrecision(4))
}

const resultsFile = fileURLToPath(new URL('results.json', import.meta.url))

/** Prints the rows and keeps them in results.json, in place of earlier rows of the same benchmark. */
export function report(benchmark: string, rows: readonly Row[]): void {
  for (const row of rows) {
    const { what, unit, herald, baseline, budget, met } = row
    const ratio = baseline === undefined ? '' : `  ratio ${round(herald.p50 / baseline.figures.p50)}`
    process.stdout.write(`${met ? 'met ' : 'MISS'}  ${what}: ${line(herald, unit)}${ratio}  (budget ${budget})\n`)
    if (baseline !== undefined)
      process.stdout.write(`      baseline ${baseline.what}: ${line(baseline.figures, unit)}\n`)
  }
  const results = existsSync(resultsFile)
    ? (JSON.parse(readFileSync(resultsFile, 'utf8')) as Record<string, unknown>)
    : {}
  results['machine'] = machine()
  results[benchmark] = rows.map((row) => ({
    ...row,
    ...(row.baseline !== undefined && { ratio: round(row.herald.p50 / row.baseline.figures.p50) }),
  }))
  writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`)
}

function line({ runs, p50, p99, max }: Figures, unit: string): string {
  return runs === 1 ? `${p50} ${unit}` : `p50 ${p50} ${unit}, p99 ${p99}, max ${max} (${runs} runs)`
}

function machine(): Record<string, unknown> {
  const [cpu] = cpus()
  const version = (program: string, ...args: string[]) => execFileSync(program, args).toString().trim()
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    gobgp: version(gobgpProgram('forky', 'gobgpd'), '--version'),
    redis: version('redis-server', '--version').split(' ').slice(0, 3).join(' '),
  }
}
