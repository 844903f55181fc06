/**
 * Bearer tokens and roles. The token file holds only SHA-256 hashes: a JSON list of `{name, role, sha256}`. A viewer
 * reads, an operator writes, an admin may force, prune, restore, adopt and accept a store. An agent asks for its own
 * tasks and sends its own samples, and may do nothing else; its token has its name. `alerts` may tell alerts of another
 * system (Alertmanager, Grafana), and nothing else.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { type Parsed, parsed, refused } from '../bgp/parsed.ts'

export const roles = ['viewer', 'operator', 'admin', 'agent', 'alerts'] as const
export type Role = (typeof roles)[number]

export interface Token {
  readonly name: string
  readonly role: Role
  /** Hexadecimal. */
  readonly sha256: string
}

const tokenFileSchema = z
  .array(
    z.strictObject({
      name: z
        .string()
        .min(1)
        .max(100)
        .regex(/^(?!herald:)/, 'names that begin with herald: are those of automation'),
      role: z.enum(roles),
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'write the SHA-256 of the token as 64 hexadecimal digits'),
    }),
  )
  .min(1, 'the list is empty: nobody could do anything')

/** Reads the text of a token file; every problem at once, with its place. */
export function parseTokens(text: string): Parsed<readonly Token[]> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return refused(`the token file is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const read = tokenFileSchema.safeParse(json)
  if (read.success) return parsed(read.data)
  return refused(
    `token file: ${read.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`).join('; ')}`,
  )
}

/** The token that was presented, or undefined. Takes the same time whichever token it is, or none. */
export function findToken(tokens: readonly Token[], presented: string): Token | undefined {
  const hash = createHash('sha256').update(presented).digest()
  let found: Token | undefined
  for (const token of tokens) if (timingSafeEqual(hash, Buffer.from(token.sha256, 'hex'))) found = token
  return found
}

export function roleAtLeast(role: Role, needed: Role): boolean {
  if (role === 'agent' || needed === 'agent') return role === needed || role === 'admin'
  if (role === 'alerts' || needed === 'alerts') return role === needed || role === 'operator' || role === 'admin'
  return roles.indexOf(role) >= roles.indexOf(needed)
}
