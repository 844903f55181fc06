/** `--staged` and what belongs to it: a change that goes to a canary first, then further, and back by itself (G5). */
import { type Command, Option } from 'commander'
import type { StagedWish } from '../api/wire/rollout.ts'
import { parseList } from './attribute-options.ts'
import { usageError } from './cli-context.ts'
import { parseDuration } from './duration.ts'

export interface StageOptions {
  readonly staged?: boolean
  readonly canary?: readonly string[]
  readonly settle?: number
  readonly giveUp?: number
  readonly ungated?: boolean
}

export function addStageOptions(command: Command): Command {
  return command
    .option('--staged', 'to a canary first, on only where checks stay well, back by itself where they do not')
    .addOption(
      new Option('--canary <places>', 'staged: where it goes first (default: one POP, chosen)').argParser(parseList),
    )
    .addOption(
      new Option('--settle <duration>', 'staged: how long each stage must stay well (default: 30s)').argParser(
        parseDuration,
      ),
    )
    .addOption(
      new Option(
        '--give-up <duration>',
        'staged: how long a stage may take before all is rolled back (default: 10m)',
      ).argParser(parseDuration),
    )
    .option('--ungated', 'staged: go on where no check watches')
}

/** Field `staged` of a write's body; nothing where it does not go out in stages. */
export function stagedFrom(options: StageOptions): { readonly staged?: StagedWish } {
  const { staged, canary, settle, giveUp, ungated } = options
  if (staged !== true) {
    const without = Object.entries({
      '--canary': canary,
      '--settle': settle,
      '--give-up': giveUp,
      '--ungated': ungated,
    })
    const [said] = without.filter(([, value]) => value !== undefined).map(([name]) => name)
    if (said !== undefined) throw usageError(`${said} is for a change that goes out in stages: say --staged as well`)
    return {}
  }
  return {
    staged: {
      ...(canary !== undefined && { canary: [...canary] }),
      ...(settle !== undefined && { settleSeconds: settle }),
      ...(giveUp !== undefined && { giveUpSeconds: giveUp }),
      ...(ungated === true && { ungated }),
    },
  }
}
