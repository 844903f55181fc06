/** Plans as the API shows them: what would be done, what is held and why, what has less effect than one may think. */
import { z } from 'zod'

export const attributesSchema = z
  .object({
    origin: z.enum(['igp', 'egp', 'incomplete']),
    asPath: z.array(z.number()),
    nextHop: z.string(),
    med: z.number().optional(),
    localPref: z.number().optional(),
    communities: z.array(z.string()),
    largeCommunities: z.array(z.string()),
  })
  .meta({ id: 'PathAttributes' })

export const actionSchema = z
  .object({
    kind: z.enum(['announce', 'change', 'adopt', 'repair', 'drain', 'withdraw', 'forget']),
    prefix: z.string(),
    speaker: z.string(),
    pop: z.string(),
    from: attributesSchema.optional(),
    to: attributesSchema.optional(),
    because: z.string(),
  })
  .meta({ id: 'Action' })

export const heldSchema = z
  .object({
    reason: z.string(),
    prefix: z.string(),
    speaker: z.string(),
    pop: z.string(),
    wanted: z.enum(['announce', 'change', 'withdraw', 'repair']),
    detail: z.string(),
  })
  .meta({ id: 'Held' })

export const warningSchema = z
  .object({ code: z.string(), prefix: z.string(), speaker: z.string().optional(), message: z.string() })
  .meta({ id: 'Warning' })

export const planSchema = z
  .object({
    /** Actions by kind, all of them. */
    summary: z.record(z.string(), z.number().int()),
    /** At most 2,000; `summary` counts all. */
    actions: z.array(actionSchema),
    held: z.array(heldSchema),
    warnings: z.array(warningSchema),
    /** How many prefixes were planned, of how many the change concerns. */
    prefixes: z.object({ planned: z.number().int(), of: z.number().int() }),
  })
  .meta({ id: 'Plan' })

export type AttributesView = z.infer<typeof attributesSchema>
export type ActionView = z.infer<typeof actionSchema>
export type WarningView = z.infer<typeof warningSchema>
export type PlanView = z.infer<typeof planSchema>
