/** The replay as a table for people. */
import type { Replay } from './replay.ts'
import { type Scoring, type Summary, scorings } from './score.ts'

const titles: Readonly<Record<Scoring, string>> = {
  raw: 'every row that all paths answered',
  carried: 'every row, a lost one as the row before',
  batch: 'median of three rows',
}

export function replayTable({ scores, oracleGainMs }: Replay): string {
  return scorings
    .map((scoring) => {
      const title = `${titles[scoring]}, the oracle gains ${oracleGainMs[scoring].toFixed(2)} ms`
      const rows = Object.entries(scores[scoring]).map(([name, summary]) => summaryRow(name, summary))
      return `${title}\n  ${'policy'.padEnd(12)}${'gain'.padStart(8)}${'changes/day'.padStart(13)}${'group mean'.padStart(12)}${'5th %'.padStart(9)}${'worst'.padStart(10)}${'mean changes'.padStart(14)}${'lost'.padStart(8)}\n${rows.join('')}`
    })
    .join('')
}

export function summaryRow(name: string, summary: Summary): string {
  const percent = (value: number, width: number) => `${(100 * value).toFixed(2)}%`.padStart(width)
  return (
    `  ${name.padEnd(12)}${percent(summary.gain, 8)}${summary.changesPerDay.toFixed(3).padStart(13)}` +
    `${percent(summary.groupGainMean, 12)}${percent(summary.groupGainP5, 9)}${percent(summary.groupGainWorst, 10)}` +
    `${summary.groupChangesPerDayMean.toFixed(3).padStart(14)}${percent(summary.lostShare, 8)}\n`
  )
}
