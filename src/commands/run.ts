/** Runs one command line and answers its exit code; everything that goes wrong is told on stderr, with the way out. */
import { CommanderError } from 'commander'
import { OperationError } from '../bgp/operation-error.ts'
import type { CliContext } from './cli-context.ts'
import { CommandError, Quit, exitCode } from './exit-code.ts'
import { createProgram } from './program.ts'
import { paint } from './terminal.ts'

/** @param words the command line after `herald` */
export async function runCommand(words: readonly string[], cli: CliContext, version: string): Promise<number> {
  const program = createProgram(cli, version)
  try {
    await program.parseAsync(words, { from: 'user' })
    return exitCode.ok
  } catch (error) {
    return tell(error, cli)
  }
}

/** Of thousands of problems the first tell what they have in common. */
const detailsAtMost = 100

function tell(error: unknown, { terminal, signal }: CliContext): number {
  if (error instanceof Quit) return error.code
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage
  if (error instanceof CommandError) {
    terminal.err(`${paint(terminal, 'red', 'herald:')} ${error.message}`)
    for (const line of error.details.slice(0, detailsAtMost)) terminal.err(`  ${line}`)
    const more = error.details.length - detailsAtMost
    if (more > 0) terminal.err(`  … and ${more} more`)
    return error.code
  }
  if (error instanceof OperationError) {
    terminal.err(`${paint(terminal, 'red', 'herald:')} ${error.message}`)
    return exitCode.usage
  }
  if (signal.aborted) return 130
  terminal.err(`herald: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  return exitCode.refused
}
