/** What the path learner knows and decided. */
import { z } from 'zod'
import type { Intent } from '../../intent/model.ts'
import type { FleetState } from '../../learning/fleet.ts'
import type { LearnerRecord } from '../../store/store.ts'
import type { PathGroupId } from '../../intent/steering.ts'
import type { Api, ApiContext } from '../deps.ts'
import { type LearnerView, learnerSchema } from '../wire/learner.ts'
import { readProblems } from '../write.ts'

const decisionsShown = 100

export function learnerRoutes(api: Api, { deps, heads }: ApiContext): void {
  api.get(
    '/v1/learner',
    {
      schema: {
        tags: ['automation'],
        summary: 'What the path learner knows of each place, and what it decided',
        querystring: z.strictObject({}),
        response: { 200: learnerSchema, ...readProblems },
      },
    },
    async () => {
      const { learner } = deps.store
      const [{ intent }, memory, records] = await Promise.all([
        heads.current(),
        learner.memory(),
        learner.decisions(decisionsShown),
      ])
      return { places: placesView(memory, intent), decisions: records.flatMap(decisionView) }
    },
  )
}

/** Places of groups that are no more are left out. */
function placesView({ learners }: FleetState, intent: Intent): LearnerView['places'] {
  return Object.values(learners).flatMap(({ subject, chosen, batches, atMs, arms }) => {
    const group = intent.pathGroups.get(subject.destination as PathGroupId)
    if (group === undefined) return []
    return {
      group: group.id,
      pop: subject.pop,
      mode: group.mode,
      batches,
      ...(chosen !== null && { chosen }),
      ...(atMs !== null && { at: new Date(atMs).toISOString() }),
      paths: arms.map(({ path, batches: measured, costMs, levelMs }) => ({
        path,
        batches: measured,
        ...(costMs !== null && { costMs }),
        ...(levelMs !== null && { levelMs }),
      })),
    }
  })
}

function decisionView({ subject, batch, decision }: LearnerRecord): LearnerView['decisions'] {
  if (decision === undefined || decision.kind === 'stay') return []
  const { kind, explanation } = decision
  const about = {
    at: new Date(batch.atMs).toISOString(),
    group: subject.destination,
    pop: subject.pop,
    sentence: explanation.sentence,
    explanation,
  }
  if (kind === 'held') return [{ ...about, kind, guard: decision.guard, to: decision.wanted, applied: false }]
  const { cause, from, to, applied } = decision
  return [{ ...about, kind, cause, from, to, applied }]
}
