/**
 * Problems (RFC 9457): the one shape of every error of the API. `code` is stable and for programs, `detail` is for
 * people and names the way out; `errors` says where in the request, `guards` which rule of safety refused.
 */
import { z } from 'zod'

export const problemMediaType = 'application/problem+json'

export const problemErrorSchema = z.object({
  /** JSON pointer into the body, or into the named document's manifest. */
  pointer: z.string(),
  document: z.string().optional(),
  code: z.string().optional(),
  message: z.string(),
})

export const guardRefusalSchema = z.object({
  /** G1, G4, G7, …: DESIGN's invariants. */
  guard: z.string(),
  code: z.string(),
  /** True: `force` with a reason overrides it, and the audit says so. */
  forceable: z.boolean(),
  document: z.string().optional(),
  message: z.string(),
})

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    errors: z.array(problemErrorSchema).optional(),
    guards: z.array(guardRefusalSchema).optional(),
    /** Head revision, where the request named a stale one. */
    revision: z.number().int().optional(),
  })
  .meta({ id: 'Problem' })

export type Problem = z.infer<typeof problemSchema>
export type ProblemDetail = z.infer<typeof problemErrorSchema>
