/**
 * herald learner log | npm run --silent learner:verify
 *
 * Decides the log of a running controller again, from the outside, with the learner of this tree, and says of each place
 * whether the same came out. Exits 1 where it did not.
 */
import { text } from 'node:stream/consumers'
import { placeKey } from '../../src/learning/fleet.ts'
import { type LogEntry, replayLog } from '../../src/learning/log.ts'
import { defaultSettings } from '../../src/learning/settings.ts'

const lines = (await text(process.stdin)).split('\n').filter((line) => line !== '')
const entries = lines.map((line) => JSON.parse(line) as LogEntry)
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
