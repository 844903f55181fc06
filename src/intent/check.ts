/**
 * Check: what is wrong or doubtful in an intent as a whole, each in a sentence with its place and the way out. Inert
 * documents are checked like all others (G13): what is wrong today must not wait for the day when it takes effect.
 */
import { checkAnnouncements } from './check/announcement.ts'
import { checkCollectors } from './check/collector.ts'
import { checkCovers, checkFailovers } from './check/failover.ts'
import { checkMonitoring } from './check/monitoring.ts'
import { checkNeighbors } from './check/neighbor.ts'
import { checkOverlays } from './check/overlay.ts'
import { checkPlaces } from './check/place.ts'
import { checkPools } from './check/pool.ts'
import { checkRollouts } from './check/rollout.ts'
import { checkSpeakers } from './check/speaker.ts'
import { checkEntries } from './check/entry.ts'
import { checkSteering } from './check/steering.ts'
import type { Finding } from './document.ts'
import type { Intent } from './model.ts'

const known = new WeakMap<Intent, readonly Finding[]>()

/** Findings in the order of the documents' kinds. The same intent is checked once. */
export function checkIntent(intent: Intent): readonly Finding[] {
  let findings = known.get(intent)
  if (findings === undefined) {
    findings = [
      ...checkPlaces(intent),
      ...checkSpeakers(intent),
      ...checkNeighbors(intent),
      ...checkPools(intent),
      ...checkAnnouncements(intent),
      ...checkCovers(intent),
      ...checkMonitoring(intent),
      ...checkCollectors(intent),
      ...checkOverlays(intent),
      ...checkFailovers(intent),
      ...checkSteering(intent),
      ...checkRollouts(intent),
      ...checkEntries(intent),
    ]
    known.set(intent, findings)
  }
  return findings
}
