/**
 * What a scenario can expect. An expectation is looked at until it is so (a state the network comes to); a judgement is
 * passed once, on everything that was measured during a block.
 */
import { type Bound, parseBound, parseDuration, readCount } from './words.ts'

export type Expectation =
  /** Every UDP packet of the client, both families, is answered by this POP; by nobody where undefined. */
  | { readonly kind: 'catchment'; readonly client: string; readonly pop: string | undefined }
  /** The kernel's route on a router leads to this node; undefined: it has none. */
  | { readonly kind: 'route'; readonly node: string; readonly prefix: string; readonly via: string | undefined }
  /** Every speaker answers, has all of its sessions, and has applied what was decided. */
  | { readonly kind: 'fleet-well' }
  /** Of the last `try`. */
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'output'; readonly text: string }

export type Judgement =
  /** UDP packets, the sum of both families. Client undefined: of every client. */
  | { readonly kind: 'lost'; readonly client: string | undefined; readonly bound: Bound }
  /** HTTP requests. */
  | { readonly kind: 'requests-lost'; readonly client: string | undefined; readonly bound: Bound }
  | { readonly kind: 'gap'; readonly client: string | undefined; readonly bound: Bound }
  /** POPs in the order they answered, in each family alike. */
  | { readonly kind: 'moves'; readonly client: string; readonly pops: readonly string[] }
  /** No router's kernel changed its route to the service. */
  | { readonly kind: 'no-route-changes' }
  /** Every new path was in adj-out before the first old one was pushed away (make before break). */
  | { readonly kind: 'make-before-break' }

/** @throws Error with what can be expected */
export function parseExpectation(text: string): Expectation {
  const words = text.trim().split(/\s+/)
  const [kind, first, second, third, fourth] = words
  if (words.join(' ') === 'fleet well') return { kind: 'fleet-well' }
  if (kind === 'catchment' && first !== undefined && second !== undefined && words.length === 3)
    return { kind, client: first, pop: second === 'nobody' ? undefined : second }
  if (kind === 'route' && first !== undefined && second !== undefined) {
    const route = { kind, node: first, prefix: second } as const
    if (third === 'none' && words.length === 4) return { ...route, via: undefined }
    if (third === 'via' && fourth !== undefined && words.length === 5) return { ...route, via: fourth }
  }
  if (kind === 'exit' && first !== undefined && words.length === 2) return { kind, code: readCount(first) }
  if (kind === 'output') return { kind, text: text.trim().slice('output'.length).trim() }
  throw new Error(
    `"expect ${text}" is no expectation: catchment CLIENT POP|nobody, route NODE PREFIX via NODE|none, fleet well, exit CODE, output TEXT`,
  )
}

/** Undefined where it is none, and perhaps an expectation. */
export function parseJudgement(text: string): Judgement | undefined {
  const trimmed = text.trim()
  if (trimmed === 'no route changes') return { kind: 'no-route-changes' }
  if (trimmed === 'make before break') return { kind: 'make-before-break' }
  const [, what, who, bound] = /^(lost|requests lost|gap)\s+(\S+)\s+(\S.*)$/.exec(trimmed) ?? []
  if (what !== undefined && who !== undefined && bound !== undefined) {
    const client = who === 'all' ? undefined : who
    if (what === 'gap') return { kind: 'gap', client, bound: parseBound(bound, parseDuration) }
    const kind = what === 'lost' ? 'lost' : 'requests-lost'
    return { kind, client, bound: parseBound(bound, readCount) }
  }
  const [, client, path] = /^moves\s+(\S+)\s+(\S+(?:\s*->\s*\S+)*)$/.exec(trimmed) ?? []
  if (client !== undefined && path !== undefined) return { kind: 'moves', client, pops: path.split(/\s*->\s*/) }
  return undefined
}
