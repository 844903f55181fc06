/** Documents as the API takes and gives them. */
import { z } from 'zod'
import { kinds } from '../../intent/document.ts'

export const kindSchema = z.enum(kinds)

export const documentSchema = z
  .object({ kind: kindSchema, name: z.string(), spec: z.unknown() })
  .meta({ id: 'Document' })

export const documentPathSchema = z.object({ kind: kindSchema, '*': z.string().min(1) })

export const documentListSchema = z
  .object({ revision: z.number().int(), documents: z.array(documentSchema) })
  .meta({ id: 'DocumentList' })

export const oneDocumentSchema = z
  .object({ revision: z.number().int(), document: documentSchema })
  .meta({ id: 'DocumentAtRevision' })

/** As sent: a name and a spec, in whatever shape; the schema of the kind judges it. */
export const sentDocumentSchema = z.strictObject({
  kind: kindSchema,
  name: z.string().min(1).max(200),
  spec: z.unknown(),
})

/** A revision number in a path or a query. */
export const revisionSchema = z
  .string()
  .regex(/^\d{1,15}$/, 'write a revision number')
  .transform(Number)

export type DocumentView = z.infer<typeof documentSchema>
export type DocumentListView = z.infer<typeof documentListSchema>
export type OneDocumentView = z.infer<typeof oneDocumentSchema>
