/** What every command is given: the terminal, the environment, and the API with the options of this call. */
import type { Command } from 'commander'
import { userInfo } from 'node:os'
import { ApiClient } from './client.ts'
import { resolveEndpoint } from './endpoint.ts'
import { CommandError, exitCode } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

export const outputs = ['table', 'json', 'yaml', 'name'] as const
export type Output = (typeof outputs)[number]

export interface GlobalOptions {
  readonly url?: string
  readonly token?: string
  readonly output?: Output
}

export interface CliContext {
  readonly terminal: Terminal
  readonly environment: NodeJS.ProcessEnv
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal
}

export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>()
}

export function outputOf(command: Command): Output {
  return globalOptions(command).output ?? 'table'
}

/** Runs `use` with a client of the API, and closes it. */
export async function withApi<T>(cli: CliContext, command: Command, use: (api: ApiClient) => Promise<T>): Promise<T> {
  const { url, token } = globalOptions(command)
  const api = new ApiClient(resolveEndpoint(url ?? cli.environment['HERALD_URL'], await dataFolder(cli)), {
    token: token ?? cli.environment['HERALD_TOKEN'],
    author: authorName(cli),
  })
  try {
    return await use(api)
  } finally {
    await api.close()
  }
}

/** Where this machine's controller keeps its socket. */
export async function dataFolder({ environment }: CliContext): Promise<string> {
  const { defaultFolder } = await import('../app/settings.ts')
  return environment['HERALD_DATA'] ?? defaultFolder()
}

function authorName({ environment }: CliContext): string {
  const said = environment['HERALD_AUTHOR'] ?? environment['USER'] ?? ''
  if (said !== '') return said.replaceAll(/[^\x20-\x7e]/g, '?')
  try {
    return userInfo().username
  } catch {
    return 'unknown' // a uid without a name, as in containers
  }
}

/** For options that must be one of a few words. */
export function usageError(message: string): CommandError {
  return new CommandError(exitCode.usage, message)
}
