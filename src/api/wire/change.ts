/** Writes: what every one of them takes beside its own fields, and what it answers. */
import { z } from 'zod'
import { planSchema } from './plan.ts'
import { stagedSchema, stagedWishSchema } from './rollout.ts'

const wayOut = 'every change has a reason; say why (CLI: --reason)'

export const reasonSchema = z.string({ error: wayOut }).trim().min(1, wayOut).max(500)

/** Fields of the body of every write. */
export const writeFields = {
  reason: reasonSchema,
  /** Overrides guards that may be overridden; admins only, and the audit names them. */
  force: z.boolean().optional(),
}

/** Of writes that may go out in stages (G5). */
export const stagedFields = { ...writeFields, staged: stagedWishSchema.optional() }

export const flagSchema = z.enum(['true', 'false'])

/** `?dryRun=true`: everything is checked and planned, nothing is committed. */
export const writeQuerySchema = z.strictObject({ dryRun: flagSchema.optional() })

/** Of writes without a body. */
export const deleteQuerySchema = z.strictObject({
  reason: reasonSchema,
  force: flagSchema.optional(),
  dryRun: flagSchema.optional(),
})

export const documentDiffSchema = z
  .object({
    document: z.string(),
    change: z.enum(['create', 'change', 'delete']),
    before: z.unknown().optional(),
    after: z.unknown().optional(),
  })
  .meta({ id: 'DocumentDiff' })

export const changeSchema = z
  .object({
    status: z.enum(['accepted', 'unchanged', 'dry-run']),
    /** The new revision; the head revision where nothing was committed. */
    revision: z.number().int(),
    changes: z.array(documentDiffSchema),
    plan: planSchema,
    /** Doubts about the documents themselves. */
    findings: z.array(z.object({ code: z.string(), document: z.string(), pointer: z.string(), message: z.string() })),
    /** Guards that `force` overrode. */
    overridden: z.array(z.string()),
    /** Announcements (prefix, POP) before and after. */
    announcements: z.object({ before: z.number().int(), after: z.number().int() }),
    /** Where the proof of this revision is. */
    proof: z.string().optional(),
    /** It goes out in stages; `plan` is that of the first. */
    staged: stagedSchema.optional(),
    /** Name of the drain, override, freeze or staged change that was made. */
    id: z.string().optional(),
  })
  .meta({ id: 'Change' })

export type DocumentDiff = z.infer<typeof documentDiffSchema>
export type ChangeView = z.infer<typeof changeSchema>
