/**
 * Scenarios: rehearsals of a lab as text, a line a step, that an operator can read and write.
 *
 *   topology anycast-2pop
 *   herald publish 203.0.113.0/24 --at fra --wait     runs on the controller and must succeed
 *   try herald withdraw 203.0.113.0/24 --everywhere   may fail; `expect exit 1`, `expect output TEXT` look at it
 *   eventually herald status [within 20s]             again and again, until it succeeds
 *   apply failover.yaml [--wait …]                    herald apply of a file beside the scenario
 *   renew controller                                  Herald starts anew: its guards, which count over minutes, have no past
 *   fail process fra gobgpd | heal process fra gobgpd also link, node, session, partition
 *   impair t1:eth1 delay 20ms loss 5% [except bgp] | impair t1:eth1 silent | impair t1:eth1 none
 *   traffic fra to origin1                            fra sends as clients do, to what origin1 answers for, to the end
 *   wait 2s
 *   expect catchment client1 fra [within 10s]         all UDP packets of the last 300 ms, IPv4 and IPv6
 *   expect route t1 203.0.113.0/24 via fra            what the router's kernel does; `none` where it has none
 *   expect rtt fra < 10ms                             the median of its UDP packets of the last 300 ms, IPv4 and IPv6
 *   expect learned fra/origin1 bb2                    chosen there by the path learner; `entry:GROUP POP`: and confirmed
 *   expect fleet well                                 speakers answer, sessions are up, nothing is on its way
 *   expect checks well                                every check is healthy everywhere
 *   expect check web-ipv4 at fra sick                 or healthy, unknown, damped
 *   expect alarm web-ipv4 at fra [saying WORDS]       it is open; `expect no alarm [KIND [at PLACE]]`: none is
 *   expect refused floor at fra                       automation wants something there, and this guard does not let it
 *   during the move:                                  what is indented is done under measurement, and then judged
 *     herald publish 203.0.113.0/24 --at ams --only --wait
 *     expect lost all 0
 *     expect gap client1 < 4s
 *     expect route changes t1 <= 2                    in the router's kernel; `all`: of all routers together
 *     expect failovers <= 2                           revisions that automation committed
 *     expect alarm web-ipv4 at fra [resolved]         it fired, or was over, meanwhile; `expect no alarm …`: none fired
 *     expect waterfall web-ipv4 at fra adj-out < 1s   last sample needed → taken → decided → pushed → rib → adj-out
 *
 * `#` starts a comment. Bounds are `N`, `< N`, `<= N`, `> N`, `>= N`.
 */
import type { Failure, Impairment } from '../running-lab.ts'
import { type Expectation, type Judgement, parseExpectation, parseJudgement } from './expectation.ts'
import { parseDuration, parseFailure, parseImpairment } from './words.ts'

export interface Scenario {
  readonly name: string
  /** The comment at its head: what it shows. */
  readonly about: string
  readonly topology: string
  /** Where files that it names lie. */
  readonly folder: string
  readonly steps: readonly Step[]
}

export type Step = { readonly line: number; readonly text: string } & (
  | { readonly kind: 'herald' | 'try'; readonly words: readonly string[] }
  | { readonly kind: 'eventually'; readonly words: readonly string[]; readonly withinMs: number }
  | { readonly kind: 'apply'; readonly file: string; readonly words: readonly string[] }
  | { readonly kind: 'renew' }
  | { readonly kind: 'fail' | 'heal'; readonly failure: Failure }
  | { readonly kind: 'impair'; readonly endpoint: string; readonly impairment: Impairment | undefined }
  | { readonly kind: 'traffic'; readonly from: string; readonly to: string }
  | { readonly kind: 'wait'; readonly forMs: number }
  | { readonly kind: 'expect'; readonly expectation: Expectation; readonly withinMs: number }
  | { readonly kind: 'judge'; readonly judgement: Judgement }
  | { readonly kind: 'during'; readonly name: string; readonly steps: readonly Step[] }
)

/** A line that is no step, with its place. */
export class ScenarioError extends Error {
  constructor(scenario: string, line: number, message: string) {
    super(`${scenario}:${line}: ${message}`)
    this.name = 'ScenarioError'
  }
}

const patientMs = 10_000
const eventuallyMs = 30_000

/** @param folder where the files that it names lie; @throws ScenarioError */
export function parseScenario(name: string, text: string, folder = '.'): Scenario {
  const about: string[] = []
  const steps: Step[] = []
  let block: Step[] | undefined
  let topology: string | undefined
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1
    if (raw.startsWith('#') && topology === undefined) about.push(raw.slice(1).trim())
    const content = raw.replace(/(^|\s)#.*$/, '').trimEnd()
    if (content.trim() === '') continue
    const where = { line, text: content.trim() }
    try {
      const indented = /^\s/.test(content)
      if (indented && block === undefined) throw new Error('only what stands under "during …:" is indented')
      if (!indented) block = undefined
      if (where.text.startsWith('topology ')) {
        topology = where.text.slice('topology '.length).trim()
        continue
      }
      if (!indented && where.text.startsWith('during ') && where.text.endsWith(':')) {
        block = []
        steps.push({ ...where, kind: 'during', name: where.text.slice('during '.length, -1), steps: block })
        continue
      }
      const into = indented && block !== undefined ? block : steps
      into.push({ ...where, ...parseStep(where.text, indented) })
    } catch (error) {
      throw new ScenarioError(name, line, error instanceof Error ? error.message : String(error))
    }
  }
  if (topology === undefined) throw new ScenarioError(name, 1, 'say which topology it is for')
  return { name, about: about.join(' '), topology, folder, steps }
}

type BareStep = Step extends infer One ? (One extends Step ? Omit<One, 'line' | 'text'> : never) : never

function parseStep(text: string, measured: boolean): BareStep {
  const [verb, rest] = splitVerb(text)
  switch (verb) {
    case 'herald':
      return { kind: 'herald', words: splitWords(rest) }
    case 'try':
      return { kind: 'try', words: heraldWords(rest) }
    case 'eventually': {
      const { body, withinMs } = splitWithin(rest, eventuallyMs)
      return { kind: 'eventually', words: heraldWords(body), withinMs }
    }
    case 'apply': {
      const [file = '', ...words] = splitWords(rest)
      if (!/^[\w./-]+\.ya?ml$/.test(file))
        throw new Error(`"${file}" is no file to apply: write one such as failover.yaml`)
      return { kind: 'apply', file, words }
    }
    case 'renew':
      if (rest !== 'controller') throw new Error('only the controller starts anew: renew controller')
      return { kind: 'renew' }
    case 'fail':
    case 'heal':
      return { kind: verb, failure: parseFailure(rest) }
    case 'impair': {
      const [endpoint, words] = splitVerb(rest)
      return { kind: 'impair', endpoint, impairment: parseImpairment(words) }
    }
    case 'traffic': {
      const [, from, to] = /^(\S+)\s+to\s+(\S+)$/.exec(rest) ?? []
      if (from === undefined || to === undefined) throw new Error(`"${rest}" is no traffic: traffic NODE to NODE`)
      return { kind: 'traffic', from, to }
    }
    case 'wait':
      return { kind: 'wait', forMs: parseDuration(rest) }
    case 'expect': {
      const judgement = measured ? parseJudgement(rest) : undefined
      if (judgement !== undefined) return { kind: 'judge', judgement }
      const { body, withinMs } = splitWithin(rest, patientMs)
      return { kind: 'expect', expectation: parseExpectation(body), withinMs }
    }
    default:
      throw new Error(
        `"${verb}" is no step: herald, try, eventually, apply, renew, fail, heal, impair, traffic, wait, expect, during`,
      )
  }
}

function splitVerb(text: string): readonly [string, string] {
  const [, verb = '', rest = ''] = /^(\S*)\s*(.*)$/.exec(text) ?? []
  return [verb, rest]
}

function heraldWords(text: string): readonly string[] {
  const [verb, rest] = splitVerb(text)
  if (verb !== 'herald') throw new Error('write the command as an operator does: herald …')
  return splitWords(rest)
}

/** Words as a shell splits them; `"several words"` and `'several words'` are one. */
function splitWords(text: string): readonly string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  )
}

function splitWithin(text: string, defaultMs: number): { readonly body: string; readonly withinMs: number } {
  const [, body, duration] = /^(.*\S)\s+within\s+(\S+)$/.exec(text) ?? []
  if (body === undefined || duration === undefined) return { body: text, withinMs: defaultMs }
  return { body, withinMs: parseDuration(duration) }
}
