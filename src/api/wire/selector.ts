/** Sites and attributes as verbs take them; the documents' own schema judges them when they are laid in. */
import { z } from 'zod'

export const placesSchema = z.array(z.string().min(1)).default([])

export const selectorsSchema = z
  .array(z.string().min(1))
  .min(1, 'name at least one site: all, an area, a region or a POP')

/** See GET /v1/schemas/Prefix for what may be said. */
export const attributesWrittenSchema = z.record(z.string(), z.unknown())
