/** Staged changes: how one is asked for, what it would do, and how those there are go. Times are ISO 8601, UTC. */
import { z } from 'zod'

const seconds = (max: number) => {
  const error = `write a number of seconds, 1 to ${max}`
  return z.number({ error }).int({ error }).min(1, { error }).max(max, { error })
}

/** `staged` of a write: it goes out to a canary first, then further, and back by itself. */
export const stagedWishSchema = z.strictObject({
  /** Areas, regions or POPs of the first stage; default: one POP, chosen. */
  canary: z.array(z.string().min(1)).min(1).max(1000).optional(),
  /** How long each stage must stay well. Default 30, or as long as its checks need to notice a failure. */
  settleSeconds: seconds(86_400).optional(),
  /** How long a stage may take before all of it is rolled back. Default 600. */
  giveUpSeconds: seconds(604_800).optional(),
  /** Go on where no check watches: read back, settled, no session lost. */
  ungated: z.boolean().optional(),
})

export const stagedSchema = z
  .object({
    /** Name of the Rollout. */
    rollout: z.string(),
    stages: z.array(
      z.object({
        pops: z.array(z.string()),
        /** Announcements (prefix, speaker) there. */
        adds: z.number().int(),
        changes: z.number().int(),
        takesAway: z.number().int(),
      }),
    ),
    settleSeconds: z.number(),
    giveUpSeconds: z.number(),
    ungated: z.boolean(),
    /** POPs where no check watches. */
    unwatched: z.array(z.string()),
  })
  .meta({ id: 'Staged' })

export const rolloutSchema = z
  .object({
    id: z.string(),
    /** `replaced`: it ended together with other changes of its prefixes. */
    state: z.enum(['running', 'done', 'rolled-back', 'replaced']),
    prefixes: z.array(z.string()),
    author: z.string(),
    reason: z.string(),
    stages: z.array(z.object({ pops: z.array(z.string()), out: z.boolean() })),
    /** How many of them are out, or were when it ended. */
    stage: z.number().int(),
    settleSeconds: z.number(),
    giveUpSeconds: z.number(),
    ungated: z.boolean(),
    startedAt: z.string(),
    /** When its latest stage went out, and the revision that did it. */
    stageAt: z.string(),
    revision: z.number().int().optional(),
    /** Since when that stage is read back (RIB and adj-out); absent: it is not. */
    readBackAt: z.string().optional(),
    /** Running: what it waits for, and when time alone changes that. */
    waitsFor: z.string().optional(),
    until: z.string().optional(),
    /** The revision that ended it: when, who and why. */
    ended: z.object({ revision: z.number().int(), at: z.string(), author: z.string(), reason: z.string() }).optional(),
  })
  .meta({ id: 'Rollout' })

export const rolloutListSchema = z
  .object({
    /** Running ones, then those that ended lately, newest first. */
    rollouts: z.array(rolloutSchema),
  })
  .meta({ id: 'RolloutList' })

export type StagedWish = z.infer<typeof stagedWishSchema>
export type StagedView = z.infer<typeof stagedSchema>
export type RolloutView = z.infer<typeof rolloutSchema>
export type RolloutListView = z.infer<typeof rolloutListSchema>
