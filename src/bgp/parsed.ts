/**
 * The outcome of reading text from outside: a value, or one sentence that says what is wrong and the way out.
 * Bad input is an expected outcome, so it is a value and never an exception (STYLE: errors).
 */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string }

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

export function refused(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem }
}

/** Unwraps what the caller knows to be valid (literals in code and tests). Throws on a programmer's error. */
export function must<T>(outcome: Parsed<T>): T {
  if (outcome.ok) return outcome.value
  throw new Error(`assertion: ${outcome.problem}`)
}
