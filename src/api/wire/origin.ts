/** Who made a document, and why. Absent where it is older than the store's note of it. */
import { z } from 'zod'

export const originSchema = z.object({ revision: z.number().int(), author: z.string(), reason: z.string() })

export type OriginView = z.infer<typeof originSchema>
