/**
 * herald learner log | npm run --silent learner:verify
 *
 * Decides the log of a running controller again, from the outside, with the learner of this tree, and says of each place
 * whether the same came out. Exits 1 where it did not, 2 where that is no such log.
 */
import { text } from 'node:stream/consumers'
import { placeKey } from '../../src/learning/fleet.ts'
import { type LogEntry, replayLog } from '../../src/learning/log.ts'
import { defaultSettings } from '../../src/learning/settings.ts'
import { refuse } from './learner/refuse.ts'

const lines = (await text(process.stdin)).split('\n').filter((line) => line !== '')
const entries = lines.map((line, i) => {
  const entry = readEntry(line)
  return entry ?? refuse('learner:verify', `line ${i + 1} is no line of herald learner log: ${line.slice(0, 60)}`)
})
if (entries.length === 0) refuse('learner:verify', 'the log is empty; pipe herald learner log into it')
for (const [place, own] of Map.groupBy(entries, ({ subject }) => placeKey(subject))) {
  const { events, decisions, skipped, difference } = replayLog(own, defaultSettings)
  const counted = `${place}: ${events} events decided again, ${decisions} decisions, ${skipped} before the first snapshot`
  if (difference === undefined) {
    process.stdout.write(`${counted}: the same\n`)
    continue
  }
  const { index, what, logged, replayed } = difference
  process.stdout.write(
    `${counted}: ${what} of event ${index} comes out otherwise\n  logged    ${logged}\n  replayed  ${replayed}\n`,
  )
  process.exitCode = 1
}

function readEntry(line: string): LogEntry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<LogEntry> | null
    return entry?.subject === undefined ? undefined : (entry as LogEntry)
  } catch {
    return undefined
  }
}
