/**
 * The demo's way to the lab's controller: commands are command lines, run by the CLI's own code in this process, over the
 * socket that `herald lab` gives its user; questions go to the HTTP API.
 */
import manifest from '../../../package.json' with { type: 'json' }
import type { ChangeView } from '../../api/wire/change.ts'
import type { ProofView } from '../../api/wire/revision.ts'
import { ApiClient } from '../../commands/client.ts'
import { runCommand } from '../../commands/run.ts'

export interface DemoHerald {
  /** As HERALD_URL takes it. */
  readonly address: string
  /** Runs `herald <words>` and resolves with the change that it made. */
  change(words: readonly string[]): Promise<ChangeView>
  /** Runs a command that has to be refused and resolves with the words of the refusal. */
  refused(words: readonly string[]): Promise<readonly string[]>
  /** The proof of a revision, once it is done or cannot become so soon. */
  proof(revision: number): Promise<ProofView>
  get<T>(path: string): Promise<T>
}

const proofWithinSeconds = 30

export function heraldAt(socket: string): DemoHerald {
  const address = `unix://${socket}`
  const api = new ApiClient({ kind: 'socket', path: socket }, { token: undefined, author: 'demo' })

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
    const environment = { HERALD_AUTHOR: 'demo' }
    const code = await runCommand(
      [...words, '--url', address, '-o', 'json'],
      { terminal, environment, signal },
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
    get: (path) => api.request({ path }),
  }
}
