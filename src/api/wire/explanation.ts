/** Why a prefix is announced where it is: layer by layer, and in sentences. */
import { z } from 'zod'
import { refusalSchema } from './automation.ts'
import { learnedExplanationSchema, learnerDecisionSchema } from './learner.ts'
import { actionSchema, attributesSchema, heldSchema, warningSchema } from './plan.ts'

export const siteExplanationSchema = z
  .object({
    speaker: z.string(),
    pop: z.string(),
    reach: z.enum(['up', 'unknown']),
    layers: z.array(z.object({ layer: z.string(), says: z.string(), inForce: z.boolean() })),
    because: z.string(),
    desired: attributesSchema.optional(),
    /** A preference steers the prefix here. */
    steering: z
      .object({ group: z.string(), path: z.string(), preference: z.string(), neighbor: z.string(), via: z.string() })
      .optional(),
    /** What neighbors offer of a destination. */
    offers: z.array(z.object({ neighbor: z.string(), nextHop: z.string(), localPref: z.number().int() })).optional(),
    target: z
      .object({
        kind: z.enum(['announce', 'withdraw']),
        revision: z.number().int(),
        attributes: attributesSchema.optional(),
      })
      .optional(),
    applied: z.boolean(),
    observed: z.object({ owner: z.enum(['ours', 'other-epoch', 'foreign']), attributes: attributesSchema }).optional(),
    actions: z.array(actionSchema),
    held: z.array(heldSchema),
    sentences: z.array(z.string()),
  })
  .meta({ id: 'SiteExplanation' })

/** What the path learner weighs and last decided. */
export const learnedSchema = z
  .object({
    /** `fra/origin`, `entry:t1-eu`. */
    place: z.string(),
    now: learnedExplanationSchema.optional(),
    lastDecision: learnerDecisionSchema.optional(),
    sentences: z.array(z.string()),
  })
  .meta({ id: 'Learned' })

export const explanationSchema = z
  .object({
    prefix: z.string(),
    pop: z.string().optional(),
    settled: z.enum(['converged', 'pending', 'held']),
    /** POPs that intent names. */
    intended: z.array(z.string()),
    floor: z.number().int(),
    sites: z.array(siteExplanationSchema),
    /** Where the path learner chooses about it. */
    learned: z.array(learnedSchema),
    warnings: z.array(warningSchema),
    /** What automation wants there and may not do, or waits for. */
    refused: z.array(refusalSchema),
    /** When time alone changes something. */
    changesAt: z.string().optional(),
    /** The whole in words, in reading order. */
    sentences: z.array(z.string()),
  })
  .meta({ id: 'Explanation' })

export type LearnedView = z.infer<typeof learnedSchema>
export type ExplanationView = z.infer<typeof explanationSchema>
