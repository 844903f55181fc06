/**
 * `learner`: what is chosen where and what each path costs, what was decided lately, and what is proposed; and a person's
 * words: undo a decision, approve a proposal, forget what was tuned, try MED again, replay the log.
 */
import type { Command } from 'commander'
import type {
  LearnerDecisionView,
  LearnerLogView,
  LearnerPlaceView,
  LearnerReplayView,
  LearnerView,
  LearnerWordView,
} from '../api/wire/learner.ts'
import { type CliContext, outputOf, usageError, withApi } from './cli-context.ts'
import { Quit, exitCode } from './exit-code.ts'
import { print } from './output.ts'
import { count } from './plural.ts'
import { renderTable } from './table.ts'
import { addWriteOptions, runWrite } from './write.ts'

const decisionsShown = 20

export function registerLearner(program: Command, cli: CliContext): void {
  const learner = program
    .command('learner')
    .description('the path learner: what it chose where, what each path costs, its latest decisions and proposals')
    .option('--place <place>', 'one place alone, with how it stands now: POP/GROUP, or entry:GROUP')
    .addHelpText(
      'after',
      `
Examples:
  herald learner
  herald learner --place sin/origin-fra
  herald learner mode origin-fra auto --reason "a week in shadow looked right"
  herald learner undo sin.origin-fra.m3x9k2 --reason "bb2 is under maintenance"
  herald learner approve t1-eu --reason "agreed with AS 64496"
  herald learner pin origin-fra --at sin --reason "as it is tuned now"
  herald learner clear t1-eu --reason "AS 64496 heeds MED now"`,
    )
    .action(async ({ place }: { readonly place?: string }, command: Command) => {
      const view = await withApi(cli, command, (api) =>
        api.request<LearnerView>({ path: '/v1/learner', query: { place } }),
      )
      print(cli.terminal, outputOf(command), {
        data: view,
        table: () => learnerText(view),
        names: () => view.places.map((one) => one.place),
      })
    })
  registerMode(learner, cli)
  registerUndo(learner, cli)
  registerApprove(learner, cli)
  registerPins(learner, cli)
  registerWords(learner, cli)
  registerLog(learner, cli)
}

function registerMode(learner: Command, cli: CliContext): void {
  const mode = learner
    .command('mode <group> <mode>')
    .description('what it may do in a group: off, shadow (decides, moves nothing), canary or auto')
    .option('--canary <list>', 'mode canary: places of a PathGroup, prefixes of an EntryGroup, with commas')
  addWriteOptions(mode).action(
    async (group: string, said: string, { canary }: { readonly canary?: string }, command: Command) => {
      if (!['off', 'shadow', 'canary', 'auto'].includes(said))
        throw usageError(`"${said}" is no mode: write off, shadow, canary or auto`)
      const body = { group, mode: said, ...(canary !== undefined && { canary: canary.split(',') }) }
      await runWrite(cli, command, { method: 'POST', path: '/v1/learner/modes', body })
    },
  )
}

function registerUndo(learner: Command, cli: CliContext): void {
  const undo = learner
    .command('undo <decision>')
    .description('take back what one decision changed; the path it took is barred for a while')
  addWriteOptions(undo).action(async (decision: string, _options: unknown, command: Command) => {
    const path = `/v1/learner/decisions/${encodeURIComponent(decision)}/undo`
    await runWrite(cli, command, { method: 'POST', path })
  })
}

function registerApprove(learner: Command, cli: CliContext): void {
  const approve = learner
    .command('approve <group>')
    .description('make the change that is proposed where MED can do nothing, as yours')
  addWriteOptions(approve).action(async (group: string, _options: unknown, command: Command) => {
    await runWrite(cli, command, {
      method: 'POST',
      path: `/v1/learner/proposals/${encodeURIComponent(group)}/approve`,
    })
  })
}

function registerPins(learner: Command, cli: CliContext): void {
  const pin = learner
    .command('pin <group>')
    .description("write the settings in force into the group's document: they are not tuned by themselves any more")
    .option('--at <pop>', 'those of this POP, where POPs have learned different ones')
  addWriteOptions(pin).action(async (group: string, { at }: { readonly at?: string }, command: Command) => {
    const body = { group, pinned: true, ...(at !== undefined && { pop: at }) }
    await runWrite(cli, command, { method: 'POST', path: '/v1/learner/pins', body })
  })
  const unpin = learner.command('unpin <group>').description('take them out: it tunes itself again')
  addWriteOptions(unpin).action(async (group: string, _options: unknown, command: Command) => {
    await runWrite(cli, command, { method: 'POST', path: '/v1/learner/pins', body: { group, pinned: false } })
  })
}

const words = {
  reset: 'forget what nightly replays tuned: back to the defaults',
  clear: 'its ASes heed MED now: try it again',
  tune: 'replay the log now instead of at night',
} as const

interface WordOptions {
  readonly at?: string
  readonly reason: string
}

function registerWords(learner: Command, cli: CliContext): void {
  for (const [word, description] of Object.entries(words))
    learner
      .command(`${word} <group>`)
      .description(description)
      .option('--at <pop>', 'at this POP alone')
      .requiredOption('-r, --reason <text>', 'why; it is told as an event')
      .action(async (group: string, { at, reason }: WordOptions, command: Command) => {
        if (reason.trim() === '') throw usageError('say why with --reason')
        const body = { word, group, reason, ...(at !== undefined && { pop: at }) }
        const said = await withApi(cli, command, (api) =>
          api.request<LearnerWordView>({ method: 'POST', path: '/v1/learner/words', body }),
        )
        print(cli.terminal, outputOf(command), {
          data: said,
          table: () => `${word}: ${said.places.join(', ')}`,
          names: () => said.places,
        })
      })
}

function registerLog(learner: Command, cli: CliContext): void {
  learner
    .command('log')
    .description('every event with what was decided on it, one JSON a line, oldest first')
    .option('--place <place>', 'of one place alone')
    .action(async ({ place }: { readonly place?: string }, command: Command) => {
      await withApi(cli, command, async (api) => {
        let after: string | undefined
        do {
          const page = await api.request<LearnerLogView>({ path: '/v1/learner/log', query: { place, after } })
          for (const { entry } of page.entries) cli.terminal.out(JSON.stringify(entry))
          after = page.next
        } while (after !== undefined)
      })
    })
  learner
    .command('replay')
    .description('decide the log again; exits 1 where anything comes out otherwise')
    .action(async (_options: unknown, command: Command) => {
      const replay = await withApi(cli, command, (api) =>
        api.request<LearnerReplayView>({ path: '/v1/learner/replay' }),
      )
      print(cli.terminal, outputOf(command), {
        data: replay,
        table: () => replayText(replay),
        names: () => replay.places.map(({ place }) => place),
      })
      if (replay.places.some(({ difference }) => difference !== undefined)) throw new Quit(exitCode.refused)
    })
}

function learnerText({ places, proposals, decisions }: LearnerView): string {
  if (places.length === 0)
    return 'Nothing is learned yet: it takes a PathGroup or EntryGroup with Checks, and agents that probe them.'
  const rows = places.flatMap((place) =>
    place.paths.map(({ path, costMs, batches, barredMs }) => [
      place.group,
      place.pop ?? '-',
      place.mode,
      path === place.chosen ? `${path} *` : path,
      costMs === undefined ? '-' : `${costMs.toFixed(1)} ms`,
      String(batches),
      barredMs === undefined ? '' : `barred for ${Math.ceil(barredMs / 60_000)} min`,
    ]),
  )
  const table = renderTable(['GROUP', 'POP', 'MODE', 'CHOICE', 'COST', 'BATCHES', ''], rows)
  return [
    table,
    ...places.flatMap(placeLines),
    ...proposals.map(proposalText),
    ...decisions.slice(0, decisionsShown).map(decisionText),
  ].join('\n')
}

function placeLines({ place, med, tuning, lastMove, explanation }: LearnerPlaceView): readonly string[] {
  const lines: string[] = []
  if (med !== undefined && med.state !== 'settled')
    lines.push(
      med.state === 'ignored'
        ? `${place}: MED is ignored since ${med.since} (to ${med.to}); herald learner clear tries it again`
        : `${place}: the change of MED to ${med.to} is being verified since ${med.since}`,
    )
  const { from, trial } = tuning
  if (from !== 'default') lines.push(`${place}: settings are ${from}`)
  if (trial !== undefined) lines.push(`${place}: a challenger setting decides in shadow until ${trial.until}`)
  if (lastMove?.realisedGainMs !== undefined && explanation !== undefined)
    lines.push(
      `${place}: the last move promised ${lastMove.expectedGainMs.toFixed(1)} ms and brings ${lastMove.realisedGainMs.toFixed(1)} ms`,
    )
  if (explanation !== undefined) lines.push(...explanationLines(explanation))
  return lines
}

function explanationLines({ sentence, candidates }: NonNullable<LearnerPlaceView['explanation']>): readonly string[] {
  const cost = (ms: number | null) => (ms === null ? '-' : ms.toFixed(1))
  const rows = candidates.map((one) => [
    one.chosen ? `${one.path} *` : one.path,
    `${cost(one.levelMs)} (${cost(one.lowMs)} to ${cost(one.highMs)}) ms`,
    `${Math.round(one.lossRatio * 100)} %`,
    one.chosen ? '' : `${Math.round(one.statisticMsMin)} of ${Math.round(one.thresholdMsMin)} ms·min`,
    one.guards
      .filter(({ passed }) => !passed)
      .map(({ guard }) => guard)
      .join(', '),
    one.chosen ? '' : one.flips,
  ])
  return [sentence, renderTable(['CHOICE', 'LEVEL', 'LOSS', 'EVIDENCE', 'HELD BY', 'WHAT WOULD FLIP IT'], rows)]
}

function proposalText({ group, sentence, would }: LearnerView['proposals'][number]): string {
  const lines = would.map(({ neighbor, says }) => `${says} toward ${neighbor}`).join(', ')
  return `proposed for ${group}: ${sentence} herald learner approve ${group} would ${lines}`
}

const kindWords = { held: 'held', confirmed: 'confirmed', 'rolled-back': 'rolled back' } as const

function decisionText({ id, at, applied, kind, sentence, revision }: LearnerDecisionView): string {
  const what = kind === 'move' ? (applied ? 'moved' : 'shadow') : kindWords[kind]
  return `${at} ${what}: ${sentence}${revision === undefined ? '' : ` (revision ${revision}, ${id})`}`
}

function replayText({ places }: LearnerReplayView): string {
  if (places.length === 0) return 'The log is empty.'
  return places
    .map(({ place, events, decisions, skipped, difference }) => {
      const head = `${place}: ${count(events, 'event')} decided again, ${count(decisions, 'decision')}`
      const before = skipped > 0 ? `, ${skipped} before the first snapshot` : ''
      if (difference === undefined) return `${head}${before}: the same`
      return `${head}${before}: ${difference.what} of ${difference.at} comes out otherwise\n  logged    ${difference.logged}\n  replayed  ${difference.replayed}`
    })
    .join('\n')
}
