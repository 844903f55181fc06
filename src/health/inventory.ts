/** What is probed follows from these documents; revisions that change none of them share their maps. */
import type { Intent } from '../intent/model.ts'

const sources = ['checks', 'agents', 'areas', 'regions', 'pops', 'speakers', 'neighbors'] as const

/** True where two intents are probed alike. */
export function probedAlike(before: Intent, after: Intent): boolean {
  return sources.every((name) => before[name] === after[name])
}
