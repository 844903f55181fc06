/**
 * A failover decision, reviewed as automation's word. The leader asks before it commits one, and whoever pretends to be the
 * leader (scenarios, simulations) asks the same. What a person said go for is not counted by G2, and the audit says so.
 *
 * Where only some prefixes are refused (G1), those stay as they are and the others go their way: the decision asks the same
 * floors, so that should not come to pass, and if it does, one prefix must not stop automation for all.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { Condition, FailoverDecision, FailoverMemory } from '../health/failover-input.ts'
import type { Moment } from '../intent/compile.ts'
import { type DocumentChange, splitKey } from '../intent/document.ts'
import type { Intent } from '../intent/model.ts'
import { type AutomatedLoss, approvalKey } from './review-automation.ts'
import { type Refusal, reviewChange } from './review.ts'

export type FailoverReview =
  | {
      readonly kind: 'passed'
      /** What is to be committed, and remembered with it. */
      readonly changes: readonly DocumentChange[]
      readonly memory: FailoverMemory
      /** What was refused beside it. */
      readonly condition?: Condition
      /** Guards that a person's go went past; such a revision is not counted again. */
      readonly forced: readonly string[]
      /** Announcements (paths) taken away. */
      readonly removes: number
    }
  | { readonly kind: 'refused'; readonly condition: Condition }

/** Above 20 prefixes review counts what it refuses instead of naming it, and is asked again. */
const attempts = 3

/**
 * @param afterOf the intent as changes make it
 * @param recent what automation took away lately, but for what a person said go for
 */
export function reviewFailover(
  before: Intent,
  afterOf: (changes: readonly DocumentChange[]) => Intent,
  wanted: readonly DocumentChange[],
  decision: FailoverDecision,
  recent: readonly AutomatedLoss[],
  moment: Moment,
): FailoverReview {
  const approved = approvedAt(decision, moment.nowMs)
  const held = new Set<Prefix>()
  const messages: string[] = []
  for (let attempt = 0, changes = wanted; attempt < attempts && changes.length > 0; attempt++) {
    const context = { changes, named: new Set<never>(), force: false, moment, automation: { recent, approved } }
    const { refusals, removes } = reviewChange(before, afterOf(changes), context)
    messages.push(...refusals.map(({ message }) => message))
    if (refusals.length === 0) {
      const forced = approved.size > 0 ? ['G2'] : []
      const memory = withoutHeld(decision.memory, held, moment.nowMs)
      const condition = messages.length > 0 && { condition: refusedCondition(messages) }
      return { kind: 'passed', changes, memory, forced, removes, ...condition }
    }
    const prefixes = refusals.map(prefixOf)
    if (prefixes.includes(undefined)) break
    for (const prefix of prefixes) if (prefix !== undefined) held.add(prefix)
    changes = wanted.filter(
      ({ before: was, after }) => !held.has(((after ?? was) as { readonly prefix: Prefix }).prefix),
    )
  }
  return { kind: 'refused', condition: refusedCondition(messages) }
}

/** The prefix that a refusal is about; undefined: it is about all of it. */
function prefixOf({ guard, document }: Refusal): Prefix | undefined {
  if (guard !== 'G1' || document === undefined) return undefined
  const { kind, name } = splitKey(document)
  return kind === 'Prefix' ? (name as Prefix) : undefined
}

/** What is not carried out is not remembered as if it were. */
function withoutHeld(memory: FailoverMemory, held: ReadonlySet<Prefix>, nowMs: number): FailoverMemory {
  if (held.size === 0) return memory
  return { ...memory, ledger: memory.ledger.filter(({ atMs, prefix }) => atMs !== nowMs || !held.has(prefix)) }
}

function refusedCondition(messages: readonly string[]): Condition {
  const message = messages.join(' ')
  return { kind: 'failover-refused', subject: 'review', severity: 'critical', message }
}

/** What this decision takes away because a person said go. */
function approvedAt({ memory }: FailoverDecision, nowMs: number): ReadonlySet<string> {
  const approved = memory.ledger.filter(({ atMs, what, approved }) => atMs === nowMs && what === 'out' && approved)
  return new Set(approved.map(({ prefix, pop }) => approvalKey(prefix, pop)))
}
