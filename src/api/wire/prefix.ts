/** A prefix in a query or a body: canonical, or refused with the canonical spelling named. */
import { z } from 'zod'
import { parseAddress } from '../../bgp/address.ts'
import { type Prefix, parsePrefix } from '../../bgp/prefix.ts'
import type { PrefixOrAddress } from '../prefix-meant.ts'

export const prefixSchema = z.string().transform((text, context): Prefix => {
  const read = parsePrefix(text)
  if (read.ok) return read.value
  context.addIssue({ code: 'custom', message: read.problem })
  return z.NEVER
})

/** An address stands for the prefix that it lies in (`prefixMeant`). */
export const prefixOrAddressSchema = z.string().transform((text, context): PrefixOrAddress => {
  const address = parseAddress(text)
  if (address.ok) return { address: address.value }
  const prefix = parsePrefix(text)
  if (prefix.ok) return { prefix: prefix.value }
  context.addIssue({ code: 'custom', message: prefix.problem })
  return z.NEVER
})
