/**
 * The demo's Herald: `herald serve` as a process of its own, as a user starts it, with an embedded Redis in the lab's
 * folder. Commands are command lines, run by the CLI's own code in this process; questions go to the HTTP API.
 */
import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import manifest from '../../../package.json' with { type: 'json' }
import type { ChangeView } from '../../api/wire/change.ts'
import type { ProofView } from '../../api/wire/revision.ts'
import type { SpeakerListView, SpeakerView } from '../../api/wire/speaker.ts'
import { ApiClient } from '../../commands/client.ts'
import { runCommand } from '../../commands/run.ts'
import { type Child, startChild } from '../child.ts'
import type { RunFolder } from '../run-folder.ts'

export interface DemoController {
  /** `http://127.0.0.1:7179` */
  readonly address: string
  /** Runs `herald <words>` and resolves with the change that it made. */
  change(words: readonly string[]): Promise<ChangeView>
  /** Runs a command that has to be refused and resolves with the words of the refusal. */
  refused(words: readonly string[]): Promise<readonly string[]>
  /** The proof of a revision, once it is done or cannot become so soon. */
  proof(revision: number): Promise<ProofView>
  speakers(): Promise<readonly SpeakerView[]>
  stop(): Promise<void>
}

const cli = fileURLToPath(new URL('../../cli.ts', import.meta.url))
const readyWithinMs = 20_000
const proofWithinSeconds = 30
const usualPort = 7179
const anyPort = 0

export async function startController(folder: RunFolder): Promise<DemoController> {
  const data = join(folder.path, 'herald')
  const log = join(folder.path, 'herald.log')
  await mkdir(data, { mode: 0o700 })
  const begin = async (port: number) => {
    const command = [process.execPath, cli, 'serve', '--data', data, '--listen', `127.0.0.1:${port}`]
    // SIGTERM where we are killed: Herald then ends its Redis as well.
    const child = startChild(folder, command, { log, environment: ownEnvironment(), deathSignal: 'TERM' })
    return { child, address: await serving(folder, child, log) }
  }
  // The usual port where it is free; somebody else may take it in between.
  const { child, address } = (await isFree(usualPort))
    ? await begin(usualPort).catch(() => begin(anyPort))
    : await begin(anyPort)
  const api = new ApiClient({ kind: 'http', origin: address }, { token: undefined, author: 'demo' })

  async function run(words: readonly string[]): Promise<{ code: number; out: string; err: readonly string[] }> {
    let out = ''
    const err: string[] = []
    const terminal = {
      interactive: false,
      redraws: false,
      colors: false,
      out: (text: string) => void (out += text),
      err: (text: string) => void err.push(text),
      ask: () => Promise.resolve(''),
      readInput: () => Promise.resolve(''),
    }
    const { signal } = new AbortController()
    const code = await runCommand(
      [...words, '--url', address, '-o', 'json'],
      { terminal, environment: { HERALD_AUTHOR: 'demo' }, signal },
      manifest.version,
    )
    return { code, out, err }
  }

  return {
    address,
    async change(words) {
      const { code, out, err } = await run(words)
      if (code !== 0) throw new Error(`herald ${words.join(' ')}: ${err.join('\n')}`)
      return JSON.parse(out) as ChangeView
    },
    async refused(words) {
      const { code, err } = await run(words)
      if (code === 0) throw new Error(`herald ${words.join(' ')} was not refused`)
      return err
    },
    proof: (revision) => api.request({ path: `/v1/revisions/${revision}/proof`, query: { wait: proofWithinSeconds } }),
    speakers: async () => (await api.request<SpeakerListView>({ path: '/v1/speakers' })).speakers,
    async stop() {
      await api.close()
      await child.end('SIGTERM')
    },
  }
}

/** Without the settings of another Herald that may be in the user's shell. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const own = ([name]: readonly [string, unknown]): boolean => name !== 'REDIS_URL' && !name.startsWith('HERALD_')
  return Object.fromEntries(Object.entries(process.env).filter(own))
}

/** The address of the API, from the log of the process. Its Redis is written down on the way, for who cleans up. */
async function serving(folder: RunFolder, child: Child, log: string): Promise<string> {
  const giveUpAt = performance.now() + readyWithinMs
  const recorded = new Set<number>()
  while (performance.now() < giveUpAt && !child.exited) {
    for (const entry of logEntries(await readFile(log, 'utf8'))) {
      const { redis, addresses } = entry
      if (redis?.pid !== undefined && !recorded.has(redis.pid)) {
        recorded.add(redis.pid)
        folder.record(redis.pid)
      }
      const http = addresses?.find((each) => each.startsWith('http:'))
      if (http !== undefined) return http
    }
    await sleep(10)
  }
  throw new Error(`herald serve does not start:\n${await readFile(log, 'utf8')}`)
}

interface LogEntry {
  readonly redis?: { readonly pid?: number }
  readonly addresses?: readonly string[]
}

function logEntries(text: string): readonly LogEntry[] {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogEntry)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
