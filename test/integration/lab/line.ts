/** A line of two hosts and two routers (line/), as a lab of a name of its own; and how its packets fare. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { launchLab } from '../../../src/lab/namespaces/launch.ts'
import { type OpenLab, openLab } from '../../../src/lab/namespaces/open-lab.ts'

export const addressOfB = { ipv4: '198.51.100.2', ipv6: '2001:db8:b::2' } as const

export interface LineFile {
  readonly name: string
  /** Of the clab file. */
  readonly file: string
  readonly folder: string
  remove(): void
}

let made = 0

export function lineFile(): LineFile {
  const folder = mkdtempSync(join(tmpdir(), 'herald-line-'))
  cpSync(fileURLToPath(new URL('line', import.meta.url)), folder, { recursive: true })
  const file = join(folder, 'line.clab.yml')
  const name = `line-${process.pid}-${(made += 1)}`
  writeFileSync(file, readFileSync(file, 'utf8').replace('name: line\n', `name: ${name}\n`))
  return { name, file, folder, remove: () => rmSync(folder, { recursive: true }) }
}

/** Up, with its routers' routes in force. */
export async function lineLab(): Promise<{ readonly lab: OpenLab; readonly end: () => Promise<void> }> {
  const { file, remove } = lineFile()
  const lab = await openLab(await launchLab(file))
  await passes(lab)
  return {
    lab,
    async end() {
      await lab.down()
      remove()
    },
  }
}

const deadlineMs = 30_000

/** Waits until packets pass from a to b, in both families. */
export async function passes(lab: OpenLab): Promise<void> {
  for (const address of Object.values(addressOfB)) {
    const giveUpAt = performance.now() + deadlineMs
    while ((await ping(lab, address, { count: 1, spacingMs: 10 })).received === 0)
      if (performance.now() > giveUpAt) throw new Error(`no packet passes from a to ${address}`)
  }
}

export interface Pinged {
  readonly sent: number
  readonly received: number
  /** Milliseconds; NaN where nothing came back. */
  readonly fastestMs: number
  readonly meanMs: number
  readonly slowestMs: number
  /** Sequence numbers of replies, as they came. */
  readonly order: readonly number[]
}

export async function ping(
  lab: OpenLab,
  address: string,
  { count, spacingMs, from = 'a' }: { readonly count: number; readonly spacingMs: number; readonly from?: string },
): Promise<Pinged> {
  const words = ['ping', '-n', '-c', String(count), '-i', String(spacingMs / 1000), '-W', '1', address]
  const { stdout } = await lab.exec(from, words, { timeoutMs: 60_000 })
  const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(stdout) ?? []
  const [, fastest, mean, slowest] = /= ([\d.]+)\/([\d.]+)\/([\d.]+)/.exec(stdout) ?? []
  return {
    sent: Number(sent),
    received: Number(received),
    fastestMs: Number(fastest),
    meanMs: Number(mean),
    slowestMs: Number(slowest),
    order: [...stdout.matchAll(/bytes from .*icmp_seq=(\d+)/g)].map(([, sequence]) => Number(sequence)),
  }
}

/** Whether an interface has carrier. */
export async function hasCarrier(lab: OpenLab, node: string, device: string): Promise<boolean> {
  const { stdout } = await lab.exec(node, ['cat', `/sys/class/net/${device}/carrier`])
  return stdout.trim() === '1'
}
