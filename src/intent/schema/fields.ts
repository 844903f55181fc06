/**
 * Building blocks of the schemas of all kinds: text that a core parser reads, numbers with a range, lists without
 * doubles, objects that refuse unknown fields. Input is what people write, output is canonical.
 */
import { z } from 'zod'
import { type Address, addressFamily, parseAddress } from '../../bgp/address.ts'
import { type Asn, parseAsn } from '../../bgp/asn.ts'
import { parseCommunity, parseLargeCommunity } from '../../bgp/community.ts'
import type { Family } from '../../bgp/family.ts'
import type { Parsed } from '../../bgp/parsed.ts'
import { parsePrefix } from '../../bgp/prefix.ts'
import { didYouMean, listed } from '../nearest.ts'

/** Names of documents: DNS labels (RFC 1123), so that they fit into URLs, metrics and host names. */
export const labelPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const labelRule = 'write 1 to 63 lower-case letters, digits and hyphens, starting and ending with a letter or digit'

/** One sentence why a text is not a name, or undefined. */
export function labelProblem(text: string): string | undefined {
  return labelPattern.test(text) ? undefined : `"${text.slice(0, 80)}" is not a name: ${labelRule}`
}

/** What is said of a field that must be there and is not. */
export const missing = 'is missing'

/** A string that `parse` reads; its problem is the message. */
function text<T extends string>(parse: (text: string) => Parsed<T>) {
  return z.string().transform((value, context): T => {
    const outcome = parse(value)
    if (outcome.ok) return outcome.value
    context.issues.push({ code: 'custom', message: outcome.problem, input: value })
    return z.NEVER
  })
}

export function label<T extends string>(description: string) {
  return z
    .string()
    .regex(labelPattern, { error: ({ input }) => labelProblem(String(input)) })
    .transform((value) => value as T)
    .meta({ description, pattern: labelPattern.source })
}

export const prefixField = text(parsePrefix).meta({
  description: 'A prefix in canonical form',
  examples: ['203.0.113.0/24', '2001:db8::/48'],
})

export const addressField = text(parseAddress).meta({
  description: 'An IP address in canonical form',
  examples: ['192.0.2.1', '2001:db8::1'],
})

export const communityField = text(parseCommunity).meta({
  description: 'A community (RFC 1997) or its well-known name',
  examples: ['65001:100', 'graceful-shutdown'],
})

export const largeCommunityField = text(parseLargeCommunity).meta({
  description: 'A large community (RFC 8092)',
  examples: ['65001:1:2'],
})

export function addressOf(family: Family) {
  return addressField.refine((address: Address) => addressFamily(address) === family, {
    error: ({ input }) => `"${String(input)}" is not an ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address`,
  })
}

export const asnField = z
  .union([z.number(), z.string()], {
    error: ({ input }) => (input === undefined ? missing : 'write an AS number, such as 65001'),
  })
  .transform((value, context): Asn => {
    const outcome = parseAsn(value)
    if (outcome.ok) return outcome.value
    context.issues.push({ code: 'custom', message: outcome.problem, input: value })
    return z.NEVER
  })
  .meta({ description: 'An AS number, 1 to 4294967295, in asplain notation (RFC 5396)', examples: [65001] })

/** Text on one or more lines, not empty. */
export function words(atMost: number, description: string) {
  return z
    .string()
    .refine((value) => value.trim() !== '' && value.length <= atMost, { error: `write 1 to ${atMost} characters` })
    .meta({ description })
}

/**
 * A shutdown communication (RFC 9003). Of the 255 octets it may have GoBGP sends 128, as RFC 8203 had it, and cuts what is
 * longer wherever that is, so that the other side may be shown nothing at all.
 */
export const communicationField = z
  .string()
  .refine((text) => text.trim() !== '' && text.isWellFormed() && !/\p{Cc}/u.test(text), {
    error: 'write some text on one line',
  })
  .refine((text) => octetsOf(text) <= communicationOctets, {
    error: ({ input }) =>
      `has ${octetsOf(String(input))} octets in UTF-8, and GoBGP sends ${communicationOctets}: shorten it`,
  })
  .meta({ description: 'What the other side is shown, at most 128 octets of UTF-8 (RFC 9003)' })

const communicationOctets = 128

function octetsOf(text: string): number {
  return new TextEncoder().encode(text).length
}

/** A whole number; the unit belongs into the description. */
export function whole(min: number, max: number, description: string) {
  return z
    .int({ error: `write a whole number, ${min} to ${max}` })
    .min(min, { error: ({ input }) => `${String(input)} is out of range: write ${min} to ${max}` })
    .max(max, { error: ({ input }) => `${String(input)} is out of range: write ${min} to ${max}` })
    .meta({ description })
}

/** Milliseconds since the epoch, up to the last moment that a Date can hold. */
export function moment(description: string) {
  return whole(0, 8.64e15, `${description}, milliseconds since 1970-01-01T00:00:00Z`)
}

/** A list without doubles, in the order written. Bounded, so that no document can be made to explode. */
export function list<S extends z.ZodType>(item: S, atMost: number, description: string) {
  return z
    .array(item)
    .refine(({ length }) => length <= atMost, {
      error: ({ input }) => `${(input as unknown[]).length} entries are too many: write at most ${atMost}`,
    })
    .transform((items): readonly z.output<S>[] => [...new Set(items)])
    .meta({ description, maxItems: atMost })
}

/**
 * An object that knows all of its fields. An unknown one is refused; the message has one line for each, in the order
 * of `issue.keys` (see read-issues.ts), naming the field meant or the fields there are.
 *
 * @param wrongType what is said of a value that is no object, where that must not be repeated
 */
export function fields<S extends z.ZodRawShape>(shape: S, wrongType?: string) {
  const known = Object.keys(shape)
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(key, known)).join('\n')
      return issue.code === 'invalid_type' && issue.input !== undefined ? wrongType : undefined
    },
  })
}

export function unknownField(key: string, known: readonly string[]): string {
  const shown = JSON.stringify(key.slice(0, 80))
  const meant = didYouMean(key, known)
  if (meant !== '') return `unknown field ${shown}${meant}`
  return known.length === 0
    ? `unknown field ${shown}: none is known here`
    : `unknown field ${shown}; known: ${listed(known, 20)}`
}

/** A map from names to values, in the order of the names, without entries that say nothing. */
export function byName<S extends z.ZodType<object | string>>(
  value: S,
  atMost: number,
  description: string,
  { pattern, rule }: { readonly pattern: RegExp; readonly rule: string } = { pattern: labelPattern, rule: labelRule },
) {
  const problem = (text: string): string => `"${text.slice(0, 80)}" is not a name: ${rule}`
  return z
    .record(z.string().regex(pattern, { error: ({ input }) => problem(String(input)) }), value)
    .refine((entries) => Object.keys(entries).length <= atMost, { error: `write at most ${atMost} entries` })
    .transform((entries): Readonly<Record<string, z.output<S>>> => {
      const said = Object.entries(entries).filter(([, entry]) => Object.keys(entry).length > 0)
      return Object.fromEntries(said.toSorted(([a], [b]) => (a < b ? -1 : 1)))
    })
    .meta({ description })
}
