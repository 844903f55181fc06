/**
 * Guards on what automation wants committed, beside those on everybody: it writes Failover documents and nothing else (the
 * path learner Preferences and EntryPreferences, staged changes what plan/review-rollout says, whoever watches drains the
 * moment at which one was seen idle), it stops for a freeze (G11), and it takes away no more than one POP or 5 % of all
 * announcements in five minutes (G2), whatever it believes to see. Nothing here can be forced: who forces is a person,
 * under a person's name.
 */
import { type Moment, compilePrefix, frozenUntilMs } from '../intent/compile.ts'
import { type DocumentChange, splitKey } from '../intent/document.ts'
import { sameSpec } from '../intent/edit/edit.ts'
import type { Intent, PopId } from '../intent/model.ts'
import { refuseAllButRollout } from './review-rollout.ts'
import type { Refusal } from './review.ts'

/** Author of every revision that automation commits; no person and no token has this name. */
export const automationAuthor = 'herald:failover'
/** Author of every revision that the path learner commits. */
export const learnerAuthor = 'herald:learner'

/** Author of every revision that says a drain's traffic is gone. */
export const drainAuthor = 'herald:drain'

/** What automation took away in one revision: one announcement is one prefix at one POP. */
export interface AutomatedLoss {
  /** When it was committed, ms since the epoch. */
  readonly atMs: number
  readonly pops: ReadonlySet<PopId>
  readonly announcements: number
}

export interface Automation {
  /**
   * Default: failovers. The path learner writes preferences of paths and entries, and those of its own alone; rollouts:
   * stages of a change; drains: `idleAtMs` where a person said that a drain waits for it.
   */
  readonly writes?: 'failovers' | 'preferences' | 'rollouts' | 'drains'
  /** A person forced the staged change as a whole: floors and losses were accepted when it began. */
  readonly accepted?: boolean
  /** Its earlier revisions, at least those of the last five minutes; older ones are passed over. */
  readonly recent: readonly AutomatedLoss[]
  /** What a person looked at and said go for, as `prefix POP` (approvalKey): G2 does not count it. */
  readonly approved?: ReadonlySet<string>
}

export function approvalKey(prefix: string, pop: string): string {
  return `${prefix} ${pop}`
}

export const breakerWindowMs = 300_000
const breakerShare = 0.05

/** What a revision of automation takes away, from its changes alone, so that it can be read from the audit. */
export function automatedLossOf(changes: readonly DocumentChange[], atMs: number): AutomatedLoss {
  const pops = new Set<PopId>()
  let announcements = 0
  for (const { key, before, after } of changes) {
    const pop = takenAt(after)
    if (splitKey(key).kind !== 'Failover' || pop === undefined || takenAt(before) === pop) continue
    pops.add(pop)
    announcements++
  }
  return { atMs, pops, announcements }
}

export function refuseAutomation(
  before: Intent,
  changes: readonly DocumentChange[],
  { recent, writes = 'failovers', approved = new Set() }: Automation,
  moment: Moment,
): readonly Refusal[] {
  const alone = changes.filter(({ after }) => !isApproved(after, approved))
  return [
    ...writers[writes](changes, moment),
    ...refuseFrozen(before, moment),
    ...refuseBeyondBreaker(before, automatedLossOf(alone, moment.nowMs), recent, moment),
  ]
}

const writers = {
  failovers: refuseOtherKinds,
  preferences: refuseAllButLearned,
  rollouts: refuseAllButRollout,
  drains: refuseAllButIdle,
} as const satisfies Record<
  NonNullable<Automation['writes']>,
  (changes: readonly DocumentChange[], moment: Moment) => readonly Refusal[]
>

function refuseOtherKinds(changes: readonly DocumentChange[]): readonly Refusal[] {
  const others = changes.filter(({ key }) => splitKey(key).kind !== 'Failover')
  return others.map(({ key }) => ({
    guard: 'G4',
    code: 'not-a-failover',
    forceable: false,
    document: key,
    message: `Automation writes Failover documents and nothing else, and ${key} is none.`,
  }))
}

/** Not even a document that a person wrote and the learner would take over, unless that one has expired. */
function refuseAllButLearned(changes: readonly DocumentChange[], { nowMs }: Moment): readonly Refusal[] {
  const isLearned = (spec: unknown) =>
    spec === undefined || ('by' in Object(spec) && (spec as { readonly by: unknown }).by === 'learner')
  return changes
    .filter(({ key, before, after }) => {
      const isFree = isLearned(before) || hasExpired(before, nowMs)
      return !isPreference(key) || !isFree || !isLearned(after)
    })
    .map(({ key }) => ({
      guard: 'G4',
      code: 'not-learned',
      forceable: false,
      document: key,
      message: `The path learner writes Preferences and EntryPreferences of its own and nothing else, and ${key} is none.`,
    }))
}

function isPreference(key: DocumentChange['key']): boolean {
  const { kind } = splitKey(key)
  return kind === 'Preference' || kind === 'EntryPreference'
}

/** Nothing of a person's drain is changed by it but that. */
function refuseAllButIdle(changes: readonly DocumentChange[]): readonly Refusal[] {
  return changes
    .filter(({ key, before, after }) => splitKey(key).kind !== 'Drain' || !saysIdle(before, after))
    .map(({ key }) => ({
      guard: 'G4',
      code: 'not-idle',
      forceable: false,
      document: key,
      message: `Whoever watches drains writes when a waiting one was seen idle and nothing else, and ${key} is not that.`,
    }))
}

function saysIdle(before: unknown, after: unknown): boolean {
  if (typeof before !== 'object' || before === null || !('untilIdle' in before) || 'idleAtMs' in before) return false
  if (typeof after !== 'object' || after === null || !('idleAtMs' in after)) return false
  const { idleAtMs: _, ...rest } = after
  return sameSpec(before, rest)
}

function hasExpired(spec: unknown, nowMs: number): boolean {
  const { expiresAtMs = Infinity } = (spec ?? {}) as { readonly expiresAtMs?: number }
  return expiresAtMs <= nowMs
}

function refuseFrozen(before: Intent, { nowMs }: Moment): readonly Refusal[] {
  if (frozenUntilMs(before, nowMs) === undefined) return []
  const message = 'A freeze is in force, and automation changes nothing until herald unfreeze (G11).'
  return [{ guard: 'G11', code: 'frozen', forceable: false, message }]
}

function refuseBeyondBreaker(
  before: Intent,
  wanted: AutomatedLoss,
  recent: readonly AutomatedLoss[],
  moment: Moment,
): readonly Refusal[] {
  if (wanted.announcements === 0) return []
  const losses = [...recent.filter(({ atMs }) => atMs > moment.nowMs - breakerWindowMs), wanted]
  const pops = new Set(losses.flatMap((loss) => [...loss.pops]))
  const gone = losses.reduce((sum, { announcements }) => sum + announcements, 0)
  const total = intendedAnnouncements(before, moment)
  if (pops.size <= 1 || gone <= breakerShare * total) return []
  const message =
    `Automation would have taken away ${gone} of ${total} announcements at ${pops.size} POPs` +
    ` (${[...pops].sort().join(', ')}) within five minutes, more than one POP and more than 5 % (G2);` +
    ' a person who looked says herald go, or withdraws.'
  return [{ guard: 'G2', code: 'breaker', forceable: false, message }]
}

function intendedAnnouncements(intent: Intent, moment: Moment): number {
  let sum = 0
  for (const prefix of intent.prefixes.keys()) sum += compilePrefix(intent, prefix, moment)?.intended.size ?? 0
  return sum
}

/** The POP that a Failover's spec takes away. */
function takenAt(spec: unknown): PopId | undefined {
  const { pop, action } = (spec ?? {}) as { readonly pop?: PopId; readonly action?: unknown }
  return action === 'withdraw' || action === 'drain' ? pop : undefined
}

function isApproved(spec: unknown, approved: ReadonlySet<string>): boolean {
  const { prefix = '', pop = '' } = (spec ?? {}) as { readonly prefix?: string; readonly pop?: string }
  return approved.has(approvalKey(prefix, pop))
}
