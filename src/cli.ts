#!/usr/bin/env node
/** The command line: `herald <verb>`. */
import manifest from '../package.json' with { type: 'json' }
import { runCommand } from './commands/run.ts'
import { processTerminal } from './commands/terminal.ts'

const interrupted = new AbortController()
process.once('SIGINT', () => {
  interrupted.abort()
  process.once('SIGINT', () => process.exit(130))
})
// `herald get | head` ends here quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

process.exitCode = await runCommand(
  process.argv.slice(2),
  { terminal: processTerminal(process.env), environment: process.env, signal: interrupted.signal },
  manifest.version,
)
