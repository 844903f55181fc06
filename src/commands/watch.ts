/** `watch`: events as they happen, one a line; a lost connection is resumed where it was. */
import type { Command } from 'commander'
import { createParser } from 'eventsource-parser'
import { setTimeout as wait } from 'node:timers/promises'
import type { EventView } from '../api/wire/event.ts'
import type { ApiClient } from './client.ts'
import { type CliContext, outputOf, withApi } from './cli-context.ts'
import { CommandError, exitCode } from './exit-code.ts'
import { type Terminal, paint } from './terminal.ts'

const retryMs = 1000

export function registerWatch(program: Command, cli: CliContext): void {
  program
    .command('watch')
    .description('events as they happen: revisions, plans, proofs, speakers, neighbors, drift, alarms, rollouts')
    .option('--after <event>', 'resume after this event id')
    .addHelpText('after', '\nExamples:\n  herald watch\n  herald watch -o json | jq .')
    .action(async (options: { readonly after?: string }, command: Command) => {
      await withApi(cli, command, (api) => watch(cli, command, api, options.after))
    })
}

/** Until Ctrl-C. The first connection must succeed; later ones are tried again. */
async function watch(cli: CliContext, command: Command, api: ApiClient, after: string | undefined): Promise<void> {
  let last = after
  let connected = false
  const json = outputOf(command) === 'json'
  const parser = createParser({
    onEvent({ id, data }) {
      last = id ?? last
      cli.terminal.out(
        json ? JSON.stringify({ id, ...JSON.parse(data) }) : eventText(cli.terminal, id, JSON.parse(data) as EventView),
      )
    },
  })
  while (!cli.signal.aborted) {
    try {
      const headers = last === undefined ? {} : { 'last-event-id': last }
      const chunks = await api.stream({ path: '/v1/events', headers }, cli.signal)
      connected = true
      for await (const chunk of chunks) parser.feed(chunk)
    } catch (error) {
      if (cli.signal.aborted) return
      if (!connected) throw error
      if (error instanceof CommandError && error.code !== exitCode.unreachable) throw error
    }
    parser.reset()
    await wait(retryMs, undefined, { signal: cli.signal }).catch(() => undefined)
  }
}

function eventText(terminal: Terminal, id: string | undefined, event: EventView): string {
  const atMs = Number(id?.split('-')[0])
  const time = Number.isFinite(atMs) ? new Date(atMs).toISOString().slice(11, 23) : ''
  return `${paint(terminal, 'dim', time)}  ${event.type.padEnd(8)}  ${describe(event)}`
}

function describe(event: EventView): string {
  switch (event.type) {
    case 'revision':
      return `${event.revision} by ${event.author}: ${event.command} (${event.reason})`
    case 'plan':
      return `revision ${event.revision}: ${event.actions} actions, ${event.held} held`
    case 'proof':
      return `revision ${event.revision}: ${event.stage}${event.speaker === undefined ? '' : ` at ${event.speaker}`}`
    case 'speaker':
      return `${event.speaker} is ${event.reach}${event.problem === undefined ? '' : `: ${event.problem}`}`
    case 'neighbor':
      return `${event.address} of ${event.speaker} is ${event.state}`
    case 'alarm':
      return `${event.state} (${event.severity}) ${event.id}: ${event.message}`
    case 'go':
      return `${event.author}: what is sick by now is believed (${event.reason})`
    case 'rollout':
      return `${event.rollout} ${event.state}, stage ${event.stage} of ${event.of}, by ${event.author}: ${event.reason}`
    case 'learner':
      return `${event.author} says ${event.word} of ${event.place} (${event.reason})`
    case 'drift':
      return `${event.prefix} at ${event.speaker}: ${event.found === 'absent' ? 'gone from the RIB' : 'altered in the RIB'}`
  }
}
