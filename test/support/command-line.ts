/** The real cli.ts against a controller, as alice types it. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Controller } from './controller.ts'

export const cliProgram = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

export type CommandLine = (...words: readonly string[]) => Promise<Ended>

/** `herald <words>` on the unix socket of this controller. */
export function commandLine(controller: Pick<Controller, 'folder'>): CommandLine {
  return (...words) => runCommandLine(words, commandEnvironment(controller))
}

export function commandEnvironment(
  { folder }: Pick<Controller, 'folder'>,
  more: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const { HERALD_URL: _url, HERALD_TOKEN: _token, ...rest } = process.env
  return { ...rest, HERALD_DATA: folder, USER: 'alice', ...more }
}

export function runCommandLine(words: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) =>
    execFile(process.execPath, [cliProgram, ...words], { env, timeout: 60_000 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, out, err })
    }),
  )
}
