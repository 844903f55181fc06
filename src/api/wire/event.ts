/** Events of the stream, by type. */
import { z } from 'zod'

export const eventSchema = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('revision'),
      revision: z.number().int(),
      author: z.string(),
      reason: z.string(),
      command: z.string(),
    }),
    z.object({
      type: z.literal('plan'),
      actions: z.number().int(),
      held: z.number().int(),
      revision: z.number().int(),
    }),
    z.object({
      type: z.literal('proof'),
      revision: z.number().int(),
      speaker: z.string().optional(),
      stage: z.enum([
        'planned',
        'pushed',
        'rib',
        'adj-out',
        'seen',
        'seen-by-routers',
        'pending',
        'held',
        'done',
        'superseded',
      ]),
    }),
    z.object({
      type: z.literal('speaker'),
      speaker: z.string(),
      reach: z.enum(['up', 'unknown']),
      problem: z.string().optional(),
    }),
    z.object({ type: z.literal('neighbor'), speaker: z.string(), address: z.string(), state: z.string() }),
    z.object({
      type: z.literal('alarm'),
      id: z.string(),
      state: z.enum(['pending', 'firing', 'acknowledged', 'resolved']),
      severity: z.enum(['critical', 'warning', 'info']),
      message: z.string(),
    }),
    /** A person said go: what is sick by then is believed. */
    z.object({ type: z.literal('go'), author: z.string(), reason: z.string() }),
    /** A staged change began, went a stage further or ended. */
    z.object({
      type: z.literal('rollout'),
      rollout: z.string(),
      state: z.enum(['started', 'stage', 'done', 'rolled-back', 'replaced']),
      /** How many of its stages are out, or were. */
      stage: z.number().int(),
      of: z.number().int(),
      author: z.string(),
      reason: z.string(),
    }),
    /** A person said something to the path learner. */
    z.object({
      type: z.literal('learner'),
      place: z.string(),
      word: z.enum(['reset', 'clear', 'tune']),
      author: z.string(),
      reason: z.string(),
    }),
    z.object({
      type: z.literal('drift'),
      speaker: z.string(),
      prefix: z.string(),
      /** `absent`, or the attributes that were found. */
      found: z.string(),
    }),
  ])
  .meta({ id: 'Event' })

export type EventView = z.infer<typeof eventSchema>
