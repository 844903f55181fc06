/**
 * What a scenario can expect. An expectation is looked at until it is so (a state the network comes to); a judgement is
 * passed once, on everything that was measured during a block.
 */
import { type AlarmMatch, parseAlarmMatch } from './alarm-match.ts'
import { type WaterfallStage, waterfallStages } from './waterfall.ts'
import { type Bound, parseBound, parseDuration, readCount } from './words.ts'

export type Expectation =
  /** Every UDP packet of the client, both families, is answered by this POP; by nobody where undefined. */
  | { readonly kind: 'catchment'; readonly client: string; readonly pop: string | undefined }
  /** The kernel's route on a router leads to this node; undefined: it has none. */
  | { readonly kind: 'route'; readonly node: string; readonly prefix: string; readonly via: string | undefined }
  /** Median round trip of a sender's UDP packets, in each family. */
  | { readonly kind: 'rtt'; readonly client: string; readonly bound: Bound }
  /** What the path learner chose at a place stands; a change of MED is confirmed. */
  | { readonly kind: 'learned'; readonly place: string; readonly choice: string }
  /** Every speaker answers, has all of its sessions, and has applied what was decided. */
  | { readonly kind: 'fleet-well' }
  /** Every check is healthy at every place. */
  | { readonly kind: 'checks-well' }
  /** `damped`: it has flapped, and its traffic does not come back however well it is. */
  | { readonly kind: 'check'; readonly check: string; readonly place: string; readonly state: CheckState }
  | { readonly kind: 'alarm'; readonly match: AlarmMatch; readonly open: boolean }
  /** Automation wants something and a guard refuses it. */
  | { readonly kind: 'refused'; readonly guard: string; readonly place: string | undefined }
  /** Of the last `try`. */
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'output'; readonly text: string }

export type CheckState = 'healthy' | 'sick' | 'unknown' | 'damped'

export type Judgement =
  /** UDP packets, the sum of both families. Client undefined: of every client. */
  | { readonly kind: 'lost'; readonly client: string | undefined; readonly bound: Bound }
  /** HTTP requests. */
  | { readonly kind: 'requests-lost'; readonly client: string | undefined; readonly bound: Bound }
  | { readonly kind: 'gap'; readonly client: string | undefined; readonly bound: Bound }
  /** POPs in the order they answered, in each family alike. */
  | { readonly kind: 'moves'; readonly client: string; readonly pops: readonly string[] }
  /** How often a router's kernel changed its route to the service, both families; undefined: the sum of all routers. */
  | { readonly kind: 'route-changes'; readonly node: string | undefined; readonly bound: Bound }
  /** Every new path was in adj-out before the first old one was pushed away (make before break). */
  | { readonly kind: 'make-before-break' }
  /** Revisions that automation committed. */
  | { readonly kind: 'failovers'; readonly bound: Bound }
  /** Fired meanwhile, is over since then, or (`none`) did not fire. */
  | { readonly kind: 'alarmed'; readonly match: AlarmMatch; readonly turn: 'fired' | 'resolved' | 'none' }
  /** What automation first did because of an alarm, from the last sample needed to this stage; every stage in order. */
  | {
      readonly kind: 'waterfall'
      readonly match: AlarmMatch
      readonly stage: WaterfallStage
      readonly bound: Bound
    }

const known = [
  'catchment CLIENT POP|nobody',
  'route NODE PREFIX via NODE|none',
  'rtt CLIENT < TIME',
  'learned PLACE CHOICE',
  'fleet well',
  'checks well',
  'check CHECK at PLACE healthy|sick|unknown|damped',
  'alarm KIND [at PLACE] [saying WORDS]',
  'no alarm [KIND [at PLACE]]',
  'refused GUARD [at PLACE]',
  'exit CODE',
  'output TEXT',
]

/** @throws Error with what can be expected */
export function parseExpectation(text: string): Expectation {
  const found = networkExpectation(text) ?? healthExpectation(text)
  if (found !== undefined) return found
  throw new Error(`"expect ${text}" is no expectation: ${known.join(', ')}`)
}

function networkExpectation(text: string): Expectation | undefined {
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
  if (kind === 'rtt' && first !== undefined && second !== undefined)
    return { kind, client: first, bound: parseBound(words.slice(2).join(' '), parseDuration) }
  if (kind === 'learned' && first !== undefined && second !== undefined && words.length === 3)
    return { kind, place: first, choice: second }
  if (kind === 'exit' && first !== undefined && words.length === 2) return { kind, code: readCount(first) }
  if (kind === 'output') return { kind, text: text.trim().slice('output'.length).trim() }
  return undefined
}

function healthExpectation(text: string): Expectation | undefined {
  const trimmed = text.trim()
  if (/^checks\s+well$/.test(trimmed)) return { kind: 'checks-well' }
  const [, check, at, state] = /^check\s+(\S+)\s+at\s+(\S+)\s+(healthy|sick|unknown|damped)$/.exec(trimmed) ?? []
  if (check !== undefined && at !== undefined) return { kind: 'check', check, place: at, state: state as CheckState }
  const [, guard, place] = /^refused\s+(\S+)(?:\s+at\s+(\S+))?$/.exec(trimmed) ?? []
  if (guard !== undefined) return { kind: 'refused', guard, place }
  if (trimmed === 'no alarm') return { kind: 'alarm', match: anyAlarm, open: false }
  const [, no, which] = /^(no )?alarm\s+(\S.*)$/.exec(trimmed) ?? []
  const match = which === undefined ? undefined : parseAlarmMatch(which)
  return match === undefined ? undefined : { kind: 'alarm', match, open: no === undefined }
}

const anyAlarm: AlarmMatch = { kind: undefined, place: undefined, saying: undefined }

/** Undefined where it is none, and perhaps an expectation. */
export function parseJudgement(text: string): Judgement | undefined {
  const trimmed = text.trim()
  if (trimmed === 'make before break') return { kind: 'make-before-break' }
  return trafficJudgement(trimmed) ?? routeJudgement(trimmed) ?? automationJudgement(trimmed)
}

function trafficJudgement(text: string): Judgement | undefined {
  const [, what, who, bound] = /^(lost|requests lost|gap)\s+(\S+)\s+(\S.*)$/.exec(text) ?? []
  if (what !== undefined && who !== undefined && bound !== undefined) {
    const client = who === 'all' ? undefined : who
    if (what === 'gap') return { kind: 'gap', client, bound: parseBound(bound, parseDuration) }
    const kind = what === 'lost' ? 'lost' : 'requests-lost'
    return { kind, client, bound: parseBound(bound, readCount) }
  }
  const [, client, path] = /^moves\s+(\S+)\s+(\S+(?:\s*->\s*\S+)*)$/.exec(text) ?? []
  if (client !== undefined && path !== undefined) return { kind: 'moves', client, pops: path.split(/\s*->\s*/) }
  return undefined
}

function routeJudgement(text: string): Judgement | undefined {
  if (text === 'no route changes') return { kind: 'route-changes', node: undefined, bound: { operator: '=', value: 0 } }
  const [, node, bound] = /^route changes\s+(\S+)\s+(\S.*)$/.exec(text) ?? []
  if (node === undefined || bound === undefined) return undefined
  return { kind: 'route-changes', node: node === 'all' ? undefined : node, bound: parseBound(bound, readCount) }
}

function automationJudgement(text: string): Judgement | undefined {
  const [, failovers] = /^failovers\s+(\S.*)$/.exec(text) ?? []
  if (failovers !== undefined) return { kind: 'failovers', bound: parseBound(failovers, readCount) }
  const stages = waterfallStages.join('|')
  const [, of, stage, bound] = new RegExp(`^waterfall\\s+(\\S.*)\\s+(${stages})\\s+([<>=\\d].*)$`).exec(text) ?? []
  if (of !== undefined && bound !== undefined) {
    const match = parseAlarmMatch(of)
    if (match === undefined) return undefined
    return { kind: 'waterfall', match, stage: stage as WaterfallStage, bound: parseBound(bound, parseDuration) }
  }
  if (/\swithin\s+\S+$/.test(text)) return undefined // a state to wait for
  if (text === 'no alarm') return { kind: 'alarmed', match: anyAlarm, turn: 'none' }
  const [, no, rest] = /^(no )?alarm\s+(\S.*)$/.exec(text) ?? []
  if (rest === undefined) return undefined
  const over = /^(.*\S)\s+resolved$/.exec(rest)?.[1]
  const match = parseAlarmMatch(over ?? rest)
  if (match === undefined) return undefined
  return { kind: 'alarmed', match, turn: no !== undefined ? 'none' : over === undefined ? 'fired' : 'resolved' }
}
