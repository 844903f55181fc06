/** `rollout`: changes that go out in stages, a stage more, and all of it back. */
import type { Command } from 'commander'
import type { RolloutListView, RolloutView } from '../api/wire/rollout.ts'
import { type CliContext, outputOf, withApi } from './cli-context.ts'
import { print } from './output.ts'
import { rolloutText, rolloutsText } from './rollout-text.ts'
import { addWriteOptions, runWrite } from './write.ts'

export function registerRollout(program: Command, cli: CliContext): void {
  const rollout = program
    .command('rollout [name]')
    .description('changes that go out in stages (--staged): how far they are and what they wait for')
    .addHelpText(
      'after',
      `
One begins with --staged: herald publish, withdraw, apply, undo and restore take it.

Examples:
  herald rollout
  herald rollout advance rollout-1a2b3c --reason "looked at it myself"
  herald rollout abort rollout-1a2b3c --reason "customers complain"`,
    )
    .action(async (name: string | undefined, _options: unknown, command: Command) => {
      await withApi(cli, command, async (api) => {
        if (name !== undefined) {
          const view = await api.request<RolloutView>({ path: pathOf(name) })
          print(cli.terminal, outputOf(command), {
            data: view,
            table: () => rolloutText(cli.terminal, view),
            names: () => [view.id],
          })
          return
        }
        const { rollouts } = await api.request<RolloutListView>({ path: '/v1/rollouts' })
        print(cli.terminal, outputOf(command), {
          data: rollouts,
          table: () => rolloutsText(cli.terminal, rollouts),
          names: () => rollouts.filter(({ state }) => state === 'running').map(({ id }) => id),
        })
      })
    })

  addWriteOptions(
    rollout.command('advance <name>').description('the next stage goes out now, on your word instead of the checks’'),
  ).action(async (name: string, _options: unknown, command: Command) => {
    await runWrite(cli, command, { method: 'POST', path: `${pathOf(name)}/advance`, body: {} })
  })

  addWriteOptions(
    rollout.command('abort <name>').description('everything goes back to what it was before, at once'),
  ).action(async (name: string, _options: unknown, command: Command) => {
    await runWrite(cli, command, { method: 'POST', path: `${pathOf(name)}/abort`, body: {} })
  })
}

function pathOf(name: string): string {
  return `/v1/rollouts/${encodeURIComponent(name)}`
}
