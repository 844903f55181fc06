/**
 * What the leader does with a failover decision (src/jobs/health/commit), with documents and audit in memory: the same
 * edit, the same review. Documents are those of failovers and the Network; the rest of the intent is given.
 */
import type { Condition, FailoverDecision, FailoverMemory } from '../../src/health/failover-input.ts'
import { buildIntent } from '../../src/intent/build.ts'
import { type DocumentChange, type DocumentKey, documentKey } from '../../src/intent/document.ts'
import { applyChanges } from '../../src/intent/edit.ts'
import { failoverEdit } from '../../src/intent/edit/failover.ts'
import type { Intent } from '../../src/intent/model.ts'
import { type AutomatedLoss, automatedLossOf, breakerWindowMs } from '../../src/plan/review-automation.ts'
import { reviewFailover } from '../../src/plan/review-failover.ts'
import { epoch } from './builders.ts'

export type PretendOutcome =
  | { readonly kind: 'nothing-new' }
  | {
      readonly kind: 'committed'
      readonly intent: Intent
      readonly memory: FailoverMemory
      readonly condition?: Condition
    }
  | { readonly kind: 'refused'; readonly condition: Condition }

export class PretendAudit {
  #documents: ReadonlyMap<DocumentKey, unknown>
  #losses: readonly AutomatedLoss[] = []

  constructor({ network, failovers }: Intent) {
    if (failovers.size > 0) throw new Error('assertion: failovers are what automation itself lays there')
    const key = documentKey({ kind: 'Network', name: 'example' })
    this.#documents = new Map<DocumentKey, unknown>(network === undefined ? [] : [[key, network]])
  }

  /** @param review `off`: to see what the guards of the decision alone let happen */
  commit(intent: Intent, decision: FailoverDecision, nowMs: number, review: 'on' | 'off'): PretendOutcome {
    const edit = failoverEdit(this.#documents, decision.overlays, nowMs)
    if (!edit.ok) throw new Error(edit.problem)
    if (edit.changes.length === 0) return { kind: 'nothing-new' }
    const afterOf = (changes: readonly DocumentChange[]): Intent => {
      const { intent: built, findings } = buildIntent(applyChanges(this.#documents, changes), intent.revision + 1)
      if (findings.length > 0) throw new Error(findings.map(({ message }) => message).join(' '))
      return { ...intent, failovers: built.failovers, revision: built.revision }
    }
    this.#losses = this.#losses.filter(({ atMs }) => nowMs - atMs < breakerWindowMs)
    const asked = reviewFailover(intent, afterOf, edit.changes, decision, this.#losses, { epoch, nowMs })
    if (asked.kind === 'refused' && review === 'on') return asked
    const all = { changes: edit.changes, memory: decision.memory, forced: [], condition: undefined }
    const { changes, memory, forced, condition } = asked.kind === 'refused' || review === 'off' ? all : asked
    if (forced.length === 0) this.#losses = [automatedLossOf(changes, nowMs), ...this.#losses]
    const after = afterOf(changes)
    this.#documents = applyChanges(this.#documents, changes)
    return { kind: 'committed', intent: after, memory, ...(condition !== undefined && { condition }) }
  }
}
