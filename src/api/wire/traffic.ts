/** Traffic as others tell it. Times are ISO 8601, UTC. */
import { z } from 'zod'

/** Enough for any fleet, and for any unit. */
const figuresSchema = z
  .record(z.string().max(63), z.number().min(0).max(1e18))
  .refine((figures) => Object.keys(figures).length <= 10_000, { error: 'at most 10000 at once' })

export const trafficToldSchema = z
  .strictObject({
    /** By POP, in the unit of its capacity. */
    pops: figuresSchema.optional(),
    /** By neighbor, in bit/s. */
    neighbors: figuresSchema.optional(),
    /** By PathGroup or EntryGroup, then by POP, in bit/s: what a move of the path learner would shift. */
    groups: z.record(z.string().max(63), figuresSchema).optional(),
  })
  .refine((told) => Object.keys(told).length > 0, {
    error: 'write pops, neighbors or groups, such as {"pops": {"fra": 4.2e9}, "neighbors": {"fra-transit": 3e9}}',
  })
  .meta({ id: 'TrafficTold' })

const figureSchema = z.object({
  amount: z.number(),
  /** Absent: nobody wrote a capacity, so the unit is that of whoever tells. */
  unit: z.string().optional(),
  at: z.string(),
  /** False: too old to say anything of now. */
  fresh: z.boolean(),
})

export const trafficSchema = z
  .object({
    pops: z.array(figureSchema.extend({ pop: z.string(), capacity: z.number().optional() })),
    neighbors: z.array(figureSchema.extend({ neighbor: z.string(), pop: z.string(), capacity: z.number().optional() })),
    groups: z.array(figureSchema.extend({ group: z.string(), pop: z.string() })),
  })
  .meta({ id: 'Traffic' })

export type TrafficView = z.infer<typeof trafficSchema>
