/** The replay as a table for people. */
import type { Replay } from './replay.ts'
import { type Summary, scorings } from './score.ts'

export function replayTable({ scores, oracleGainMs }: Replay): string {
  return scorings
    .map((scoring) => {
      const title = `${scoring === 'raw' ? 'every row' : 'median of three rows'}, the oracle gains ${oracleGainMs[scoring].toFixed(2)} ms`
      const rows = Object.entries(scores[scoring]).map(([name, summary]) => summaryRow(name, summary))
      return `${title}\n  ${'policy'.padEnd(12)}${'gain'.padStart(8)}${'5th %'.padStart(9)}${'worst'.padStart(9)}${'changes/day'.padStart(13)}${'lost'.padStart(8)}\n${rows.join('')}`
    })
    .join('')
}

export function summaryRow(name: string, { gainMean, gainP5, gainWorst, changesPerDay, lostShare }: Summary): string {
  const percent = (value: number, width: number) => `${(100 * value).toFixed(2)}%`.padStart(width)
  return `  ${name.padEnd(12)}${percent(gainMean, 8)}${percent(gainP5, 9)}${percent(gainWorst, 9)}${changesPerDay.toFixed(3).padStart(13)}${percent(lostShare, 8)}\n`
}
