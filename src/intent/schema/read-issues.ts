/** From zod's issues to findings: a JSON pointer and one sentence each that says what is wrong and the way out. */
import type { z } from 'zod'
import { didYouMean } from '../nearest.ts'
import { missing } from './fields.ts'

export interface SpecProblem {
  readonly code: string
  /** JSON pointer (RFC 6901) within the spec. */
  readonly pointer: string
  readonly message: string
}

type Issue = z.core.$ZodIssue
type RawIssue = z.core.$ZodRawIssue

/** All problems of the issues of one spec, each once. */
export function readIssues(issues: readonly Issue[]): readonly SpecProblem[] {
  return issues.flatMap((issue) => problemsOf(issue))
}

export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The error map of every parse: what a schema does not say in words of its own. */
export function explainIssue(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? missing : `write ${article(issue.expected)}, not ${shown(issue.input)}`
    case 'invalid_value': {
      if (issue.input === undefined) return missing
      const known = issue.values.map(String)
      const meant = typeof issue.input === 'string' ? didYouMean(issue.input, known) : ''
      return `${shown(issue.input)} is not one of ${known.join(', ')}${meant}`
    }
    default:
      return undefined
  }
}

function problemsOf(issue: Issue): readonly SpecProblem[] {
  const pointer = pointerTo(issue.path)
  switch (issue.code) {
    case 'unrecognized_keys': {
      const sentences = issue.message.split('\n')
      return issue.keys.map((key, i) => ({
        code: 'unknown-field',
        pointer: `${pointer}${pointerTo([key])}`,
        message: sentences[i] ?? `unknown field "${key}"`,
      }))
    }
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ code: 'invalid-value', pointer, message }))
    default: {
      const code = issue.code === 'invalid_type' ? 'wrong-type' : 'invalid-value'
      return [{ code: issue.message === missing ? 'missing-field' : code, pointer, message: named(issue) }]
    }
  }
}

/** "is missing" begins with the field it speaks of; other sentences quote the value. */
function named({ message, path }: Issue): string {
  const field = path.at(-1)
  return message === missing ? `"${field === undefined ? 'spec' : String(field)}" is missing` : message
}

function article(type: string): string {
  const words: Readonly<Record<string, string>> = {
    string: 'text in quotes',
    boolean: 'true or false',
    array: 'a list, such as [a, b]',
    object: 'an object with fields',
    record: 'an object, name: {…}',
  }
  return words[type] ?? `a ${type}`
}

function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.slice(0, 80))
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      if (value === null) return 'nothing'
      return Array.isArray(value) ? 'a list' : 'an object'
    default:
      return `a ${typeof value}`
  }
}
