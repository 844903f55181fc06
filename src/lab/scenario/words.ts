/** The words of scenario lines that several steps share: durations, bounds, failures, impairments. */
import type { Failure, Impairment } from '../running-lab.ts'

/** `200ms`, `4s`, `2m`; milliseconds. */
export function parseDuration(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text.trim()) ?? []
  if (count === undefined) throw new Error(`"${text}" is no duration: 200ms, 4s, 2m`)
  return Number(count) * { ms: 1, s: 1000, m: 60_000 }[unit as 'ms' | 's' | 'm']
}

export interface Bound {
  readonly operator: '=' | '<' | '<=' | '>' | '>='
  readonly value: number
}

/** `0`, `< 4s`, `<= 20`; a bare figure must be met exactly. */
export function parseBound(text: string, read: (figure: string) => number): Bound {
  const [, operator = '', figure = ''] = /^(<=|>=|<|>|)\s*(\S+)$/.exec(text.trim()) ?? []
  if (figure === '') throw new Error(`"${text}" is no bound: 0, < 4s, >= 20`)
  return { operator: operator === '' ? '=' : (operator as Bound['operator']), value: read(figure) }
}

export function holds({ operator, value }: Bound, measured: number): boolean {
  switch (operator) {
    case '=':
      return measured === value
    case '<':
      return measured < value
    case '<=':
      return measured <= value
    case '>':
      return measured > value
    case '>=':
      return measured >= value
  }
}

export function readCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`"${text}" is no count`)
  return Number(text)
}

export function parseFailure(text: string): Failure {
  const [kind, first, second, ...more] = text.trim().split(/\s+/)
  if (first !== undefined && more.length === 0) {
    if (kind === 'link' && second === undefined) return { kind, endpoint: first }
    if (kind === 'node' && second === undefined) return { kind, node: first }
    if (kind === 'process' && second !== undefined) return { kind, node: first, process: second }
    if (kind === 'session' && second !== undefined) return { kind, node: first, neighbor: second }
    if (kind === 'partition' && second !== undefined) return { kind, nodes: [first, second] }
  }
  throw new Error(
    `"${text}" is no failure: link NODE:INTERFACE, node NODE, process NODE PROCESS, session NODE ADDRESS, partition NODE NODE`,
  )
}

/** `delay 20ms jitter 5ms loss 5%`, `loss 100% except bgp`, `silent`, `none`. */
export function parseImpairment(text: string): Impairment | undefined {
  const words = text.trim().split(/\s+/)
  if (words.join() === 'none') return undefined
  const found: { -readonly [Field in keyof Impairment]: Impairment[Field] } = {}
  for (let at = 0; at < words.length; at++) {
    const word = words[at]
    const next = words[at + 1] ?? ''
    if (word === 'silent') found.silent = true
    else if (word === 'delay') [found.delayMs, at] = [parseDuration(next), at + 1]
    else if (word === 'jitter') [found.jitterMs, at] = [parseDuration(next), at + 1]
    else if (word === 'loss' && /^[\d.]+%$/.test(next))
      [found.lossRatio, at] = [Number(next.slice(0, -1)) / 100, at + 1]
    else if (word === 'except' && next === 'bgp') [found.exceptBgp, at] = [true, at + 1]
    else throw new Error(`"${text}" is no impairment: delay 20ms, jitter 5ms, loss 5%, except bgp, silent, none`)
  }
  return found
}
