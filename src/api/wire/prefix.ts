/** A prefix in a query or a body: canonical, or refused with the canonical spelling named. */
import { z } from 'zod'
import { type Prefix, parsePrefix } from '../../bgp/prefix.ts'

export const prefixSchema = z.string().transform((text, context): Prefix => {
  const read = parsePrefix(text)
  if (read.ok) return read.value
  context.addIssue({ code: 'custom', message: read.problem })
  return z.NEVER
})
