/** What automation does, has done and refuses to do. Times are ISO 8601, UTC. */
import { z } from 'zod'
import { placeSchema } from './alarm.ts'
import { trafficSchema } from './traffic.ts'

export const refusalSchema = z
  .object({
    /** Name of the guard, and as people call it: `floor`, `G1 floor`. */
    guard: z.string(),
    title: z.string(),
    wanted: z.enum(['out', 'back', 'activate']),
    prefix: z.string(),
    place: placeSchema,
    subject: z.string(),
    message: z.string(),
    /** What a person can do about it. */
    wayOut: z.string(),
    /** When time alone ends it. */
    until: z.string().optional(),
  })
  .meta({ id: 'Refusal' })

export const automationSchema = z
  .object({
    /** `held`: a freeze, the breaker (G2) or the correlation brake (G3) takes nothing away now. */
    state: z.enum(['watching', 'acting', 'held']),
    /** One sentence about the state. */
    summary: z.string(),
    /** G11. */
    freeze: z.object({ names: z.array(z.string()), until: z.string().optional() }).optional(),
    /** G3. */
    suspicion: z
      .object({ since: z.string(), pops: z.array(z.string()), of: z.number().int(), message: z.string() })
      .optional(),
    /** G2. */
    breaker: z.object({ openedAt: z.string(), until: z.string(), message: z.string() }).optional(),
    /** When a person last said go. */
    goAt: z.string().optional(),
    refusals: z.array(refusalSchema),
    /** Failover documents: what automation has laid on top now. */
    standing: z.array(
      z.object({
        id: z.string(),
        prefix: z.string(),
        place: placeSchema,
        action: z.enum(['withdraw', 'drain', 'prepend', 'withhold', 'activate']),
        prepend: z.number().int().optional(),
        since: z.string(),
        alarm: z.string(),
        reason: z.string(),
        /** False where a person overrides it, or the prefix has no policy any more: it says nothing now. */
        inForce: z.boolean(),
      }),
    ),
    /** What it did within the last hour, and what the breaker counts now. */
    lastHour: z.object({
      out: z.number().int(),
      back: z.number().int(),
      changed: z.number().int(),
      activated: z.number().int(),
      /** POPs taken out within the last 5 min by automation alone. */
      popsOut: z.array(z.string()),
    }),
    traffic: trafficSchema.shape.pops,
  })
  .meta({ id: 'Automation' })

export const goSchema = z
  .object({
    at: z.string(),
    /** What was refused by G2 or G3 and is believed now; other guards still hold. */
    believed: z.array(refusalSchema),
  })
  .meta({ id: 'Go' })

export type RefusalView = z.infer<typeof refusalSchema>
export type AutomationView = z.infer<typeof automationSchema>
export type GoView = z.infer<typeof goSchema>
