/** The path learner as the API shows it: what it knows of each place, and what it decided, with its sentences. */
import { z } from 'zod'

const learnedPathSchema = z.object({
  path: z.string(),
  batches: z.number().int(),
  costMs: z.number().optional(),
  levelMs: z.number().optional(),
})

export const learnerPlaceSchema = z
  .object({
    group: z.string(),
    pop: z.string(),
    mode: z.enum(['off', 'shadow', 'canary', 'auto']),
    chosen: z.string().optional(),
    batches: z.number().int(),
    at: z.string().optional(),
    paths: z.array(learnedPathSchema),
  })
  .meta({ id: 'LearnerPlace' })

export const learnerDecisionSchema = z
  .object({
    at: z.string(),
    group: z.string(),
    pop: z.string(),
    kind: z.enum(['move', 'held']),
    cause: z.string().optional(),
    guard: z.string().optional(),
    from: z.string().optional(),
    to: z.string(),
    /** False: decided and not carried out. */
    applied: z.boolean(),
    sentence: z.string(),
    /** Candidates with costs, statistics, thresholds and guards: all that the decision was made of. */
    explanation: z.unknown(),
  })
  .meta({ id: 'LearnerDecision' })

export const learnerSchema = z
  .object({
    places: z.array(learnerPlaceSchema),
    /** Newest first. */
    decisions: z.array(learnerDecisionSchema),
  })
  .meta({ id: 'Learner' })

export type LearnerView = z.infer<typeof learnerSchema>
