/** ip(8) in batches: links of the whole lab are made in a few calls, all or an error. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { searchPath } from '../search-path.ts'

export async function ip(commands: readonly string[]): Promise<void> {
  if (commands.length > 0) await batch('-batch', commands)
}

/** The same for commands that may fail one by one, such as removing what is gone. */
export async function ipWherePossible(commands: readonly string[]): Promise<void> {
  if (commands.length > 0) await batch('-force', commands).catch(() => undefined)
}

async function batch(how: '-batch' | '-force', commands: readonly string[]): Promise<void> {
  const words = how === '-force' ? ['-force', '-batch', '-'] : ['-batch', '-']
  const run = promisify(execFile)('ip', words, { env: { ...process.env, PATH: searchPath } })
  run.child.stdin?.on('error', () => undefined)
  run.child.stdin?.end(`${commands.join('\n')}\n`)
  await run
}
