/** The command line as a whole, without a controller: words that it does not have, and words that it asks for. */
import { expect, test } from 'vitest'
import { goText } from '../../../src/commands/automation.ts'
import type { CliContext } from '../../../src/commands/cli-context.ts'
import { runCommand } from '../../../src/commands/run.ts'
import type { Terminal } from '../../../src/commands/terminal.ts'

interface Said {
  readonly code: number
  readonly err: string
  readonly asked: readonly string[]
}

/** @param interactive somebody sits there, and answers every question with nothing */
async function herald(words: readonly string[], { interactive = false } = {}): Promise<Said> {
  const err: string[] = []
  const asked: string[] = []
  const terminal: Terminal = {
    interactive,
    redraws: false,
    colors: false,
    out: () => undefined,
    err: (text) => void err.push(text),
    ask: async (question) => {
      asked.push(question)
      return ''
    },
    readInput: async () => '',
  }
  const environment = { HERALD_URL: 'unix:///nonexistent/api.sock' }
  const cli: CliContext = { terminal, environment, signal: new AbortController().signal }
  return { code: await runCommand(words, cli, '0'), err: err.join('\n'), asked }
}

test.each([
  [['learner', 'tuen'], '"tuen" is nothing that herald learner does; it does: mode, undo, '],
  [['rollout', 'advnce', 'rollout-1'], '"advnce" is nothing that herald rollout does; it does: advance, abort'],
])('a verb that a command does not have is told with those it has: %s', async (words, told) => {
  const { code, err } = await herald(words)
  expect(err).toContain(told)
  expect(code).toBe(2)
})

test.each([
  [['ack', 'dns/service/fra/dns']],
  [['go']],
  [['learner', 'reset', 'origin']],
  [['learner', 'clear', 't1']],
  [['learner', 'tune', 'origin']],
])('a reason is asked for on a terminal, and wanted elsewhere: %s', async (words) => {
  expect(await herald(words, { interactive: true })).toMatchObject({ code: 2, asked: ['Reason: '] })
  const { err, asked } = await herald(words)
  expect(err).toContain('say why with --reason')
  expect(asked).toEqual([])
})

test('--canary beside a mode in which it means nothing is refused', async () => {
  const { code, err } = await herald(['learner', 'mode', 'origin', 'auto', '--canary', 'fra', '--reason', 'x'])
  expect(err).toContain('--canary is for the mode canary')
  expect(code).toBe(2)
})

test('go says what it lifts, and that it lifts nothing where nothing was refused', () => {
  const at = '2026-11-27T14:35:21.000Z'
  expect(goText({ at, believed: [] })).toMatch(/believed; neither the breaker \(G2\) nor .* changes nothing now\n/)
  const place = { kind: 'pop', name: 'fra' } as const
  const refused = { guard: 'breaker', title: 'G2 breaker', wanted: 'out', prefix: '203.0.113.0/24', place } as const
  const view = { ...refused, subject: 'service/fra/dns', message: 'stopped', wayOut: 'go' }
  expect(goText({ at, believed: [view] })).toMatch(/lifts what refused\n {2}fra: 1 prefix, service\/fra\/dns\n/)
})
