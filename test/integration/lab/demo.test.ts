/** The demo as a user runs it, interrupted and killed: nothing of it stays behind. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { identify } from '../../../src/lab/process-table.ts'

const deadlineMs = 30_000
const running: ChildProcess[] = []
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
})

interface Demo {
  readonly child: ChildProcess
  /** Its private folder, from the path of Herald's data folder on a command line. */
  folder(): string | undefined
  output(): string
}

function startDemo(environment: NodeJS.ProcessEnv = {}): Demo {
  const script = fileURLToPath(new URL('../../../src/lab/demo.ts', import.meta.url))
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', ONCE: '', ...environment }
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'pipe'], env })
  running.push(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += String(chunk)))
  const mine = new RegExp(`\\S+/herald-lab-\\d+/${child.pid}-\\d+-1`)
  return {
    child,
    output: () => text,
    folder: () => commandLines().flatMap((line) => mine.exec(line) ?? [])[0],
  }
}

function commandLines(): readonly string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || identify(Number(pid)) === undefined) return []
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')]
    } catch {
      return []
    }
  })
}

/** Command lines that name the folder: gobgpd, bird, herald and its Redis all do. */
function leftIn(folder: string): readonly string[] {
  return commandLines().filter((line) => line.includes(folder))
}

async function until(demo: Demo, text: string): Promise<string> {
  await expect.poll(demo.output, { timeout: deadlineMs }).toContain(text)
  const folder = demo.folder()
  if (folder === undefined) throw new Error(`the demo has no folder: ${demo.output()}`)
  expect(leftIn(folder).length).toBeGreaterThanOrEqual(16)
  return folder
}

test('Ctrl-C in the middle of a step ends the demo and everything that it started', async () => {
  const demo = startDemo({ ONCE: '1' })
  const folder = await until(demo, 'Publish 203.0.113.0/24')
  const exit = once(demo.child, 'exit')
  demo.child.kill('SIGINT')
  expect(await exit).toEqual([130, null])
  expect(leftIn(folder)).toEqual([])
  expect(existsSync(folder)).toBe(false)
})

test('kill -9 of the demo ends its routers, its Herald and its Redis, and the next one removes its folder', async () => {
  const demo = startDemo()
  const folder = await until(demo, 'Publish 203.0.113.0/24')
  demo.child.kill('SIGKILL')
  await expect.poll(() => leftIn(folder), { timeout: deadlineMs }).toEqual([])
  const next = startDemo({ ONCE: '1' })
  await until(next, 'Publish 203.0.113.0/24')
  expect(existsSync(folder)).toBe(false)
})

test('two demos at once do not meet: each proves every step', async () => {
  const demos = [startDemo({ ONCE: '1' }), startDemo({ ONCE: '1' })]
  const codes = await Promise.all(demos.map(async ({ child }) => ((await once(child, 'exit')) as [number | null])[0]))
  expect(codes, demos.map(({ output }) => output()).join('\n')).toEqual([0, 0])
  for (const { output } of demos) {
    const last = output().trimEnd().split('\n').at(-1)
    expect(last).toMatch(/^demo: 5 POPs, 20 sessions, publish→upstream max \d+ ms, withdraw→upstream max \d+ ms$/)
  }
}, 120_000)
