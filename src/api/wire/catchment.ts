/** The catchment: which POP answers each vantage point, as it is and as a change moved it. */
import { z } from 'zod'

const moveState = z
  .enum(['watching', 'moved', 'not-moved', 'untold', 'superseded'])
  .describe('`untold`: no vantage point names the POP that answers, so nothing is claimed')

/** Part of a proof. Milliseconds after `acceptedAt`; what was before it is negative. */
export const catchmentProofSchema = z
  .object({
    state: moveState,
    movedMs: z.number().optional(),
    prefixes: z.array(
      z.object({
        prefix: z.string(),
        /** POPs that the change took away, and added. */
        left: z.array(z.string()),
        joined: z.array(z.string()),
        state: moveState,
        /** Of a superseded one: the later revision. */
        supersededBy: z.number().int().optional(),
        movedMs: z.number().optional(),
      }),
    ),
    vantages: z.array(
      z.object({
        prefix: z.string(),
        /** Name of the Agent. */
        vantage: z.string(),
        target: z.string(),
        /** POP that answered before; absent: it named none. */
        before: z.string().optional(),
        /** POP that answered last. */
        after: z.string().optional(),
        lastOldMs: z.number().optional(),
        firstNewMs: z.number().optional(),
      }),
    ),
  })
  .meta({ id: 'CatchmentProof' })

export const catchmentSchema = z
  .object({
    /** When the leading controller told it last; absent: never. */
    asOf: z.string().optional(),
    prefixes: z.array(
      z.object({
        prefix: z.string(),
        /** Share of the vantage points that name a POP, largest first. */
        shares: z.array(z.object({ pop: z.string(), share: z.number(), vantages: z.number().int() })),
        vantages: z.array(
          z.object({
            /** Name of the Agent. */
            vantage: z.string(),
            region: z.string().optional(),
            label: z.string().optional(),
            target: z.string(),
            /** `unnamed`: it is answered, and not told by which POP; `silent`: nothing is heard of the agent. */
            state: z.enum(['named', 'unnamed', 'unanswered', 'silent']),
            /** POP that answers, or answered last. */
            pop: z.string().optional(),
            /** What the answer says, where no POP is called so. */
            name: z.string().optional(),
            since: z.string().optional(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Catchment' })

export type CatchmentProofView = z.infer<typeof catchmentProofSchema>
export type CatchmentView = z.infer<typeof catchmentSchema>
