/** A rehearsed failover: what would happen, and what did. Times are ISO 8601, UTC. */
import { z } from 'zod'
import { placeSchema } from './alarm.ts'
import { refusalSchema } from './automation.ts'
import { proofSchema } from './revision.ts'

export const rehearsalSchema = z
  .object({
    prefix: z.string(),
    pop: z.string(),
    /** The check of the prefix's policy that is said to fail. */
    check: z.string(),
    /** `out`: it would lose its traffic; `refused`: a guard says no; `nothing`: nothing new would be decided. */
    outcome: z.enum(['out', 'refused', 'nothing']),
    measures: z.array(
      z.object({ place: placeSchema, action: z.string(), prepend: z.number().int().optional(), reason: z.string() }),
    ),
    refused: z.array(refusalSchema),
    /** POPs that announce it now, and that would then. */
    before: z.array(z.string()),
    after: z.array(z.string()),
    /** Load that would move at most (all that the POP has), in the unit of its capacity; absent: unknown. */
    moving: z.number().optional(),
    movingUnit: z.string().optional(),
    /** Why it would not come back when the practice is over; then none in earnest begins. */
    stuck: z.string().optional(),
    /** Why nothing new would be decided. */
    because: z.string().optional(),
    /** Of POPs that stay, where it is known. */
    traffic: z.array(
      z.object({ pop: z.string(), load: z.number(), capacity: z.number(), unit: z.string().optional() }),
    ),
  })
  .meta({ id: 'Rehearsal' })

export const practiceSchema = z
  .object({
    /** `returning`: well again, and automation brings it back; `over`: nothing of it stands. */
    state: z.enum(['none', 'running', 'returning', 'over']),
    prefix: z.string().optional(),
    pop: z.string().optional(),
    check: z.string().optional(),
    alarm: z.string().optional(),
    author: z.string().optional(),
    reason: z.string().optional(),
    startedAt: z.string().optional(),
    until: z.string().optional(),
    /** POPs where a RIB that could be read has it now. */
    announced: z.array(z.string()),
    /** Proved: its first measure so long after it counted as sick, the last one lifted so long after it was well. */
    outAfterMs: z.number().optional(),
    backAfterMs: z.number().optional(),
    /** What refuses to take it out. */
    refused: z.array(refusalSchema),
    /** What automation did because of it, oldest first, with time lines. */
    revisions: z.array(
      z.object({
        revision: z.number().int(),
        at: z.string(),
        command: z.string(),
        reason: z.string(),
        proof: proofSchema.optional(),
      }),
    ),
  })
  .meta({ id: 'Practice' })

export type RehearsalView = z.infer<typeof rehearsalSchema>
export type PracticeView = z.infer<typeof practiceSchema>
