/**
 * What a link does to packets. Delay and loss are `tc netem` where the kernel has it; elsewhere, and for jitter that keeps
 * packets in order, a process carries the frames (wire.py), which starts with the first such link. Silence needs neither:
 * the inner ends leave their bridge. A link as new is a bridge again.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { searchPath } from '../search-path.ts'
import type { Impairment } from '../running-lab.ts'
import { ip } from './ip.ts'
import type { Wire } from './wiring.ts'

export interface Impairer {
  /** @param anew the link's inner ends were made anew since */
  set(wire: Wire, impairment: Impairment | undefined, anew?: 'anew'): Promise<void>
}

interface Carrier {
  order(order: object): Promise<void>
}

const environment = { ...process.env, PATH: searchPath }

export function openImpairer(): Impairer {
  let netem: Promise<boolean> | undefined
  let carrier: Promise<Carrier> | undefined
  /** Links that the carrier has, and those with netem. */
  const carried = new Set<string>()
  const queued = new Set<string>()

  async function release({ bridge, inner }: Wire): Promise<void> {
    if (queued.delete(bridge))
      for (const end of inner) await tc(['qdisc', 'del', 'dev', end, 'root']).catch(() => false)
    if (carried.delete(bridge)) await (await carrier)?.order({ link: bridge })
  }

  return {
    async set(wire, impairment, anew) {
      const { bridge, inner } = wire
      const { delayMs = 0, jitterMs = 0, silent = false, exceptBgp = false } = impairment ?? {}
      const lossRatio = silent && exceptBgp ? 1 : (impairment?.lossRatio ?? 0)
      if (silent && !exceptBgp) {
        await release(wire)
        await ip(inner.map((end) => `link set ${end} nomaster`))
      } else if (delayMs === 0 && jitterMs === 0 && lossRatio === 0) {
        await release(wire)
        await ip(inner.map((end) => `link set ${end} master ${bridge}`))
      } else if (jitterMs === 0 && !exceptBgp && (await (netem ??= hasNetem()))) {
        await release(wire)
        const words = ['netem', 'limit', '20000', 'delay', `${delayMs}ms`, 'loss', `${lossRatio * 100}%`]
        for (const end of inner) await tc(['qdisc', 'replace', 'dev', end, 'root', ...words])
        queued.add(bridge)
        await ip(inner.map((end) => `link set ${end} master ${bridge}`))
      } else {
        if (queued.has(bridge)) await release(wire)
        const running = await (carrier ??= startCarrier(() => {
          // Its links are silent until they are impaired anew, or made as new.
          carrier = undefined
          carried.clear()
        }))
        // Off the bridge first: a frame in the moment between is lost, where the other order would double it.
        if (!carried.has(bridge) || anew !== undefined) await ip(inner.map((end) => `link set ${end} nomaster`))
        carried.add(bridge)
        const effect = { delay: delayMs / 1000, jitter: jitterMs / 1000, loss: lossRatio, spare: exceptBgp }
        await running.order({ link: bridge, ends: inner, ...effect, anew: anew !== undefined })
      }
    },
  }
}

async function tc(words: readonly string[]): Promise<void> {
  await promisify(execFile)('tc', [...words], { env: environment })
}

async function hasNetem(): Promise<boolean> {
  try {
    await tc(['qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms'])
    await tc(['qdisc', 'del', 'dev', 'lo', 'root'])
    return true
  } catch {
    return false
  }
}

async function startCarrier(onEnd: () => void): Promise<Carrier> {
  const script = fileURLToPath(new URL('wire.py', import.meta.url))
  const child = spawn('python3', ['-S', '-E', script], { stdio: ['pipe', 'pipe', 'inherit'], env: environment })
  await once(child, 'spawn').catch((error: unknown) => {
    throw new Error('this kernel has no netem, and python3 is missing: apt-get install python3', { cause: error })
  })
  child.once('exit', onEnd)
  return carrierOf(child)
}

function carrierOf(child: ChildProcess): Carrier {
  const waiting = new Map<number, { readonly resolve: () => void; readonly reject: (error: Error) => void }>()
  let lastId = 0
  child.stdin?.on('error', () => undefined)
  if (child.stdout !== null)
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { id, error } = JSON.parse(line) as { readonly id: number; readonly error?: string }
      const asker = waiting.get(id)
      waiting.delete(id)
      if (error === undefined) asker?.resolve()
      else asker?.reject(new Error(`the link cannot be impaired: ${error}`))
    })
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(ended())
  })
  return {
    async order(order) {
      if (child.exitCode !== null || child.signalCode !== null) throw ended()
      const id = (lastId += 1)
      const answered = new Promise<void>((resolve, reject) => waiting.set(id, { resolve, reject }))
      child.stdin?.write(`${JSON.stringify({ id, ...order })}\n`)
      await answered
    },
  }
}

function ended(): Error {
  return new Error('the process that carries impaired links ended')
}
