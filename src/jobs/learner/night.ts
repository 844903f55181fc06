/**
 * The nightly replay, one place after the other, in slices of a few milliseconds: the lease beside it has to be renewed, and
 * decisions do not wait for it. A person may ask for it at any time.
 */
import type { Place } from '../../learning/place.ts'
import { batchesOf } from '../../learning/digest.ts'
import { tuningOf } from '../../learning/self-tuning.ts'
import type { LearnerSettings } from '../../learning/settings.ts'
import { type Tuning, proposingTuning, replayStart } from '../../learning/tune.ts'
import type { Store } from '../../store/store.ts'
import { inSlices } from '../slices.ts'

/** Less than a day says nothing of a setting. */
const leastMs = 24 * 3_600_000 - 600_000

/** @returns null where nothing would have been clearly better, or too little is known */
export async function replayNight(
  store: Store['learner'],
  key: string,
  place: Place,
  settings: LearnerSettings,
): Promise<Tuning | null> {
  const batches = batchesOf(await store.digests(key))
  const [first, last] = [batches[0], batches.at(-1)]
  if (first === undefined || last === undefined || last.atMs - first.atMs < leastMs) return null
  const present = tuningOf(place.tuned, settings, null)
  const start = { ...replayStart(place.learner), chosen: first.bgpChoice }
  return (await inSlices(proposingTuning(start, batches, present))) ?? null
}
