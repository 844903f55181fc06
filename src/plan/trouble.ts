/**
 * Why a speaker cannot be made right, as workers note it and plans tell it: the daemon's or the policy's own words, or
 * the paths of another program that Herald's export policy would silence. What is in no pool cannot be adopted, so each
 * path is told with the way out that it really has.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { Intent, SpeakerId } from '../intent/model.ts'
import { listed } from '../intent/nearest.ts'
import type { HeldReason } from './action.ts'
import { exportProblem } from './export-rule.ts'

const foreignPaths = 'foreign-paths'
const namedAtMost = 50

/** The note about paths of another program: `foreign-paths 10.1.0.0/24 10.2.0.0/24 +3`. */
export function noteForeignPaths(prefixes: readonly Prefix[]): string {
  const beyond = prefixes.length - namedAtMost
  return [foreignPaths, ...prefixes.slice(0, namedAtMost), ...(beyond > 0 ? [`+${beyond}`] : [])].join(' ')
}

export interface Trouble {
  readonly reason: Extract<HeldReason, 'foreign-paths' | 'speaker-refused'>
  /** One sentence, without the speaker's name and a full stop. */
  readonly words: string
}

/** A note in words, as intent is now. */
export function readTrouble(note: string, speaker: SpeakerId, intent: Pick<Intent, 'pools'>): Trouble {
  const [kind, ...items] = note.split(' ')
  if (kind !== foreignPaths) return { reason: 'speaker-refused', words: note }
  const beyond = Number(items.find((item) => item.startsWith('+')) ?? 0)
  const prefixes = items.filter((item) => !item.startsWith('+')) as Prefix[]
  const unowned = prefixes.filter((prefix) => exportProblem(intent, prefix) !== undefined)
  const all = `${listed(prefixes, 3)}${beyond > 0 ? ` (and ${beyond} beyond)` : ''}`
  return {
    reason: 'foreign-paths',
    words: `another program announces ${all} there, and Herald's export policy would silence it: ${wayOut(speaker, unowned)}`,
  }
}

function wayOut(speaker: SpeakerId, unowned: readonly Prefix[]): string {
  const adopt = `"herald adopt ${speaker} --all"`
  if (unowned.length === 0) return `take over with ${adopt}, or delete it there`
  return `apply a Pool that has ${listed(unowned, 3)}, or delete that there; then take over the rest with ${adopt}`
}
