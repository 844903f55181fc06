/**
 * Exit codes, the same for every verb:
 *   0 done   1 a difference (diff), refused, or failed; a staged change that was rolled back (--wait)
 *   2 wrong usage or input, a name that nothing has (plan --detailed-exitcode: changes)
 *   3 committed, but held, superseded, not proved in time, or announced where no neighbor hears it
 *   4 Herald cannot be reached   130 interrupted: what was committed goes on
 */
export const exitCode = { ok: 0, refused: 1, usage: 2, notConverged: 3, unreachable: 4, interrupted: 130 } as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

/** Ends a command: what is wrong, where, and the way out, on stderr. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: ExitCode
  /** Further lines: one problem each. */
  readonly details: readonly string[]

  constructor(code: ExitCode, message: string, details: readonly string[] = []) {
    super(message)
    this.code = code
    this.details = details
  }
}

/** A declined question, or an output that ends with a code of its own: nothing more is to be said. */
export class Quit extends Error {
  override readonly name = 'Quit'
  readonly code: number

  constructor(code: number) {
    super()
    this.code = code
  }
}

/** Ctrl-C while something was waited for that is committed already: it is neither done nor undone by that. */
export function interruptedWait(what: string, see: string): CommandError {
  return new CommandError(exitCode.interrupted, `interrupted; ${what} is committed and goes on, see: ${see}`)
}

export const exitCodesHelp = `
Exit codes: 0 done; 1 difference, refused, failed or rolled back; 2 wrong usage or input; 3 held, superseded, not proved in
time, or announced where no neighbor is established (--wait); 4 unreachable; 130 interrupted.`
