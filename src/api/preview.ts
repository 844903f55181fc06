/** What the planner would do about a change, shown before (dry run) and after it is committed. */
import type { Prefix } from '../bgp/prefix.ts'
import { type Moment, affectedPrefixes } from '../intent/compile.ts'
import type { DocumentChange } from '../intent/document.ts'
import { steeredDestinations } from '../intent/compile/steering.ts'
import type { Intent } from '../intent/model.ts'
import { planPrefixes } from '../plan/plan.ts'
import type { Store } from '../store/store.ts'
import { newWarnings } from './effect.ts'
import { emptyPlan, planView } from './plan-view.ts'
import { readFleet } from './snapshot.ts'
import type { PlanView } from './wire/plan.ts'

/** A preview is for eyes and must not hold up a write; `prefixes` in the answer says what it covers. */
const prefixesAtMost = 1000
const sitesAtMost = 60_000

export async function previewChange(
  store: Store,
  change: {
    readonly before: Intent
    readonly after: Intent
    readonly changes: readonly DocumentChange[]
    readonly moment: Moment
    /** Announcements that the change takes away (G4). */
    readonly removes: number
    /** Announcements before it. */
    readonly announcements: number
  },
): Promise<PlanView> {
  const { before, after, changes, moment, removes, announcements } = change
  const affected = affectedPrefixes(before, after, changes)
  const concerned: readonly Prefix[] =
    affected === 'all'
      ? [
          ...new Set([
            ...before.prefixes.keys(),
            ...after.prefixes.keys(),
            ...steeredDestinations(before),
            ...steeredDestinations(after),
          ]),
        ]
      : [...affected]
  if (concerned.length === 0) return emptyPlan
  const atMost = Math.min(prefixesAtMost, Math.ceil(sitesAtMost / Math.max(1, after.speakers.size)))
  const prefixes = concerned.slice(0, atMost)
  const fleet = await readFleet(store, after, prefixes, announcements)
  const plan = planPrefixes({ intent: after, moment, fleet, allowance: removes }, prefixes)
  const warnings = newWarnings(change, prefixes, moment, fleet)
  return planView({ ...plan, warnings }, { planned: prefixes.length, of: concerned.length })
}
