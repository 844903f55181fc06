/** How a verb of `herald lab` comes to its lab, and how it tells what the lab refuses. */
import type { Command } from 'commander'
import type { OpenLab } from '../../lab/namespaces/open-lab.ts'
import type { CliContext } from '../cli-context.ts'
import { CommandError, exitCode } from '../exit-code.ts'

/** Finds the running lab of a call: `--lab`, HERALD_LAB, else the only one. */
export type Attach = (command: Command) => Promise<OpenLab>

export function attachFor(cli: CliContext): Attach {
  return async (command) => {
    const { openLab, NoSuchLab } = await import('../../lab/namespaces/open-lab.ts')
    try {
      return await openLab(command.optsWithGlobals<{ readonly lab?: string }>().lab ?? cli.environment['HERALD_LAB'])
    } catch (error) {
      throw error instanceof NoSuchLab ? new CommandError(exitCode.unreachable, error.message) : error
    }
  }
}

/** What a lab refuses is said in its words. */
export async function refusable(task: () => Promise<void>): Promise<void> {
  try {
    await task()
  } catch (error) {
    throw error instanceof Error ? new CommandError(exitCode.refused, error.message) : error
  }
}
