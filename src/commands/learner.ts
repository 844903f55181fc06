/**
 * `learner`: what is chosen where and what each path costs, what was decided lately, and what is proposed; and a person's
 * words: undo a decision, approve a proposal, forget what was tuned, try MED again, replay the log.
 */
import type { Command } from 'commander'
import type { LearnerLogView, LearnerReplayView, LearnerView, LearnerWordView } from '../api/wire/learner.ts'
import { type CliContext, outputOf, usageError, withApi } from './cli-context.ts'
import { Quit, exitCode } from './exit-code.ts'
import { learnerText, replayText, wordText, type LearnerWord } from './learner-text.ts'
import { print } from './output.ts'
import { addWriteOptions, reasonOf, runWrite } from './write.ts'

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
      if (canary !== undefined && said !== 'canary')
        throw usageError(`--canary is for the mode canary: in the mode ${said} it would mean nothing`)
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
  readonly reason?: string
}

function registerWords(learner: Command, cli: CliContext): void {
  for (const [word, description] of Object.entries(words) as readonly (readonly [LearnerWord, string])[])
    learner
      .command(`${word} <group>`)
      .description(description)
      .option('--at <pop>', 'at this POP alone')
      .option('-r, --reason <text>', 'why; it is told as an event (asked for on a terminal)')
      .action(async (group: string, { at, ...said }: WordOptions, command: Command) => {
        const reason = await reasonOf(cli, said)
        const body = { word, group, reason, ...(at !== undefined && { pop: at }) }
        const heard = await withApi(cli, command, (api) =>
          api.request<LearnerWordView>({ method: 'POST', path: '/v1/learner/words', body }),
        )
        print(cli.terminal, outputOf(command), {
          data: heard,
          table: () => wordText(word, heard.places),
          names: () => heard.places,
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
