/** Drains as they stand: how far each has come, and what it waits for. Times are ISO 8601, UTC. */
import { z } from 'zod'
import { originSchema } from './origin.ts'

const drainTrafficSchema = z.object({
  /** Name of the POP or neighbor. */
  place: z.string(),
  /** `unknown`: never told since the drain began; `no-share`: what it had before is not known, so no share of it is. */
  state: z.enum(['below', 'above', 'unknown', 'stale', 'no-share']),
  amount: z.number().optional(),
  below: z.number().optional(),
  unit: z.string().optional(),
  at: z.string().optional(),
  /** One clause. */
  words: z.string(),
})

export const drainViewSchema = z
  .object({
    id: z.string(),
    target: z.object({ at: z.string().optional(), speaker: z.string().optional(), neighbor: z.string().optional() }),
    /**
     * `marked`: its grace time runs; `waiting`: for its traffic to fall; `leaving`: withdrawn or withheld, and not seen gone
     * everywhere; `shutting`: seen gone, and sessions are being shut down; `gone`: all of that; `over`: it has expired.
     */
    stage: z.enum(['scheduled', 'marked', 'waiting', 'leaving', 'shutting', 'gone', 'over']),
    /** One sentence. */
    summary: z.string(),
    startedAt: z.string(),
    graceEndsAt: z.string(),
    /** Absent: until somebody lifts it. */
    expiresAt: z.string().optional(),
    forced: z.boolean(),
    madeBy: originSchema.optional(),
    untilIdle: z
      .object({
        /** `5%`, `200 Mbit/s` */
        below: z.string(),
        /** When it goes whatever its traffic; absent: that moment is past, or a freeze without an end holds it. */
        atTheLatest: z.string().optional(),
        idleAt: z.string().optional(),
        traffic: z.array(drainTrafficSchema),
      })
      .optional(),
    shutdown: z
      .object({
        /** What the other sides are shown (RFC 9003). */
        communication: z.string(),
        sessions: z.array(
          z.object({
            neighbor: z.string(),
            speaker: z.string(),
            /** `by-others`: a person had shut it before; `absent`: the daemon has no such neighbor; `unknown`: it cannot be read. */
            state: z.enum(['open', 'shut', 'by-others', 'absent', 'unknown']),
          }),
        ),
      })
      .optional(),
    /** Stage leaving: announcements that are left, by speaker. */
    left: z.array(z.object({ speaker: z.string(), announcements: z.number().int(), reach: z.enum(['up', 'unknown']) })),
  })
  .meta({ id: 'Drain' })

export const drainListSchema = z.object({ drains: z.array(drainViewSchema) }).meta({ id: 'DrainList' })

export type DrainView = z.infer<typeof drainViewSchema>
export type DrainListView = z.infer<typeof drainListSchema>
