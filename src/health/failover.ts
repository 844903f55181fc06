/**
 * The failover decision: verdicts, policies, what stands and what was done lately → everything automation wants laid on
 * top, and what it refuses. Pure and level-triggered: asked again with what came of it, it wants the same.
 *
 *   1. the correlation brake looks at all verdicts (G3);
 *   2. sick places are taken out in the order in which they turned sick, each past the guards (health/failover-guards);
 *   3. backups are activated or let go (health/failover-backup);
 *   4. what is well again comes back in stages (health/failover-return).
 *
 * What stands and is neither sick nor well stays: unknown moves no route. Cost: prefixes × what is sick or stands.
 */
import type { Prefix } from '../bgp/prefix.ts'
import { suspicionWords } from './correlation.ts'
import { backupDueAtMs, followBackups } from './failover-backup.ts'
import { FailoverDraft } from './failover-draft.ts'
import { type No, openBreaker } from './failover-guards.ts'
import type { FailoverDecision, FailoverInput } from './failover-input.ts'
import { type Sick, sickPlaces, takeOut } from './failover-out.ts'
import { bringBack } from './failover-return.ts'
import { type HealthGuards, allHealthGuards } from './guards.ts'
import { placeText } from './verdict.ts'

/** @param guards for tests alone, which decide with one guard missing (health/guards) */
export function decideFailover(input: FailoverInput, guards: HealthGuards = allHealthGuards): FailoverDecision {
  const draft = new FailoverDraft(input, guards)
  const sick = sickPlaces(draft)
  const goneOut = new Set<Prefix>()
  const refused: (readonly [Sick, No])[] = []
  for (const one of sick) {
    const before = draft.at(one.state.prefix, one.place)
    const no = takeOut(draft, one)
    if (no !== undefined) refused.push([one, no])
    else if (draft.at(one.state.prefix, one.place) !== before) goneOut.add(one.state.prefix)
  }
  const byPrefix = Map.groupBy(sick, ({ state }) => state.prefix)
  for (const state of draft.states.values()) {
    const own = byPrefix.get(state.prefix) ?? []
    const places = new Set(own.map(({ place }) => placeText(place)))
    followBackups(draft, state, own)
    bringBack(draft, state, ({ place }) => places.has(placeText(place)), goneOut.has(state.prefix))
  }
  for (const [one, no] of refused) tellRefused(draft, one, no)
  tellBrakes(draft)
  return draft.finish()
}

/** What automation would have done and did not is something a person must know; a freeze is the person's own word. */
function tellRefused(draft: FailoverDraft, { state, place, verdict }: Sick, { guard, message }: No): void {
  const { prefix } = state
  if (guard !== 'floor' && guard !== 'capacity' && guard !== 'cover') return
  // Where a backup is on its way nobody need be woken: the guard lets go as soon as it is read back.
  const dueAtMs = backupDueAtMs(draft, state)
  if (dueAtMs !== undefined) return draft.changesAt(dueAtMs)
  const where = place.kind === 'pop' ? place.pop : place.neighbor
  draft.tell({
    kind: 'failover-refused',
    subject: `${prefix} ${where}`,
    severity: 'critical',
    message,
    labels: { prefix, pop: verdict.pop, guard },
  })
}

function tellBrakes(draft: FailoverDraft): void {
  const { suspicion } = draft
  if (suspicion !== undefined)
    draft.tell({
      kind: 'monitoring-suspect',
      subject: 'monitoring',
      severity: 'critical',
      message: suspicionWords(suspicion),
    })
  const open = openBreaker(draft)
  if (open !== undefined)
    draft.tell({ kind: 'breaker', subject: 'automation', severity: 'critical', message: open.message })
}
