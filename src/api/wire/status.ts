/** How the controller itself does. */
import { z } from 'zod'
import { automationSchema } from './automation.ts'
import { originSchema } from './origin.ts'

export const readinessSchema = z
  .object({
    ready: z.boolean(),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  })
  .meta({ id: 'Readiness' })

/** What a person laid over the intent, and until when; absent: until somebody lifts it. */
const overlaySchema = z.object({
  name: z.string(),
  about: z.string().optional(),
  until: z.string().optional(),
  madeBy: originSchema.optional(),
})

export const statusSchema = z
  .object({
    version: z.string(),
    revision: z.number().int(),
    /** Names the Redis store. */
    epoch: z.number().int(),
    ready: readinessSchema,
    /** Why the planner decides nothing, where Redis is not the store that was known. */
    storeProblem: z.string().optional(),
    /** Open alarms, the most urgent first. */
    alarms: z.object({ firing: z.array(z.string()), acknowledged: z.array(z.string()) }),
    /** What automation does, in one sentence; `herald automation` has all of it. */
    automation: automationSchema.pick({ state: true, summary: true }),
    /** Overlays that have not expired: in force, or later. */
    frozen: z.array(overlaySchema),
    drains: z.array(overlaySchema),
    /** Staged changes on their way: `rollout-1 (stage 1 of 3)`. */
    rollouts: z.array(z.string()),
    overrides: z.array(overlaySchema),
    /** Paths and entries that a person prefers. */
    preferences: z.array(overlaySchema),
    /** Rehearsed failovers that run now. */
    practices: z.array(overlaySchema),
    pops: z.number().int(),
    prefixes: z.number().int(),
    speakers: z.object({ up: z.number().int(), unknown: z.number().int(), behind: z.number().int() }),
    /** Speakers that are not as they should be, each with the reason. */
    unwell: z.array(
      z.object({ speaker: z.string(), pop: z.string(), reach: z.enum(['up', 'unknown']), problem: z.string() }),
    ),
  })
  .meta({ id: 'Status' })

export const acceptedStoreSchema = z
  .object({ epoch: z.number().int(), revision: z.number().int() })
  .meta({ id: 'AcceptedStore' })

export type OverlayView = z.infer<typeof overlaySchema>
export type StatusView = z.infer<typeof statusSchema>
export type AcceptedStoreView = z.infer<typeof acceptedStoreSchema>
