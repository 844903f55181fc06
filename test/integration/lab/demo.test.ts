/** The demo as a user runs it, interrupted and killed: nothing of it stays behind. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { identify } from '../../../src/lab/process-table.ts'
import { labFolder } from '../../../src/lab/namespaces/lab-folder.ts'

const deadlineMs = 120_000
const running: ChildProcess[] = []
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
}, 60_000)

interface Demo {
  readonly child: ChildProcess
  /** Of the lab that it stands on. */
  readonly folder: string
  output(): string
}

function startDemo(environment: NodeJS.ProcessEnv = {}): Demo {
  const script = fileURLToPath(new URL('../../../src/lab/demo.ts', import.meta.url))
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', ONCE: '', ...environment }
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'pipe'], env })
  running.push(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += String(chunk)))
  return { child, folder: labFolder(`demo-${child.pid}`), output: () => text }
}

/** Processes that live in the lab: those whose command line names its supervisor, and all below it. */
function leftOf(folder: string): readonly number[] {
  const parents = new Map<number, number>()
  const roots: number[] = []
  for (const pid of readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    if (identify(pid) === undefined) continue
    try {
      parents.set(pid, Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]))
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`"folder":"${folder}"`)) roots.push(pid)
    } catch {
      // Gone meanwhile.
    }
  }
  const left = new Set(roots)
  for (let size = -1; size !== left.size;) {
    size = left.size
    for (const [pid, parent] of parents) if (left.has(parent)) left.add(pid)
  }
  return [...left]
}

async function until(demo: Demo, text: string): Promise<void> {
  await expect.poll(demo.output, { timeout: deadlineMs }).toContain(text)
  expect(leftOf(demo.folder).length).toBeGreaterThanOrEqual(30)
}

test(
  'Ctrl-C in the middle of a step ends the demo and everything that it started',
  async () => {
    const demo = startDemo({ ONCE: '1' })
    await until(demo, 'Publish 203.0.113.0/24')
    const exit = once(demo.child, 'exit')
    demo.child.kill('SIGINT')
    expect(await exit).toEqual([130, null])
    // The process that held the lab's namespaces is the last to go, a moment after the lab said that it is down.
    await expect.poll(() => leftOf(demo.folder), { timeout: 15_000 }).toEqual([])
    expect(existsSync(demo.folder)).toBe(false)
  },
  2 * deadlineMs,
)

test(
  'kill -9 of the demo ends its lab, every router and its Herald with it',
  async () => {
    const demo = startDemo()
    await until(demo, 'Publish 203.0.113.0/24')
    demo.child.kill('SIGKILL')
    await expect.poll(() => leftOf(demo.folder), { timeout: deadlineMs }).toEqual([])
  },
  2 * deadlineMs,
)
