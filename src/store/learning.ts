/** What Herald keeps in Redis of the path learner: its memory by place, its log, and what people say to it. */
import type { Change } from '../learning/budget.ts'
import type { Digest } from '../learning/digest.ts'
import type { FleetState } from '../learning/fleet.ts'
import type { LogEntry } from '../learning/log.ts'
import type { Place } from '../learning/place.ts'
import type { Fence } from './store.ts'

/** One event of a place, with the place after it. */
export interface LearnerSave {
  /** As learning/fleet.placeKey makes it. */
  readonly key: string
  readonly place: Place
  readonly changes: readonly Change[]
  readonly entry: LogEntry
  /** Where batches became one. */
  readonly digest?: Digest
}

export interface LoggedEntry {
  /** Redis stream id. */
  readonly id: string
  readonly entry: LogEntry
}

/** What a person says about a place: forget what was tuned, try MED again, replay the log now. */
export interface LearnerWord {
  readonly key: string
  readonly word: 'reset' | 'clear' | 'tune'
  readonly atMs: number
  readonly author: string
  readonly reason: string
}

export interface Learner {
  memory(): Promise<FleetState>
  /** `lease-lost` where the fence does not hold. */
  save(fence: Fence, save: LearnerSave): Promise<void>
  /** All that is known of places whose groups are gone. `lease-lost` where the fence does not hold. */
  forget(fence: Fence, keys: readonly string[]): Promise<void>
  /** Entries that decided something, newest first. */
  decisions(limit: number): Promise<readonly LogEntry[]>
  /** The log in its order, after an id. */
  log(page: { readonly after?: string; readonly limit: number }): Promise<readonly LoggedEntry[]>
  /** Of one place, oldest first. */
  digests(key: string): Promise<readonly Digest[]>
  say(word: LearnerWord): Promise<void>
  /** What was said and not heard yet, oldest first. */
  words(): Promise<readonly LearnerWord[]>
  /** The first `count` words were heard. `lease-lost` where the fence does not hold. */
  heard(fence: Fence, count: number): Promise<void>
}
