/**
 * `make demo`: five POPs of real gobgpd with two upstream routers (BIRD) each, a Herald with its own Redis, and the day
 * of an operator on them. Every step prints its proof, down to the upstream routers' RIBs.
 *
 * Afterwards it stays up until Ctrl-C. With ONCE=1 it ends by itself: exit code 0 only where every step was proved, and
 * a last line with the totals.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Stage, change, popIds, refusal } from './demo/changes.ts'
import { type DemoController, startController } from './demo/controller.ts'
import { heal } from './demo/heal.ts'
import { printInvitation } from './demo/invitation.ts'
import type { Verdict } from './demo/proof-table.ts'
import { type Screen, createScreen, milliseconds } from './demo/screen.ts'
import { type Lab, startLab } from './lab.ts'
import { fivePops } from './topology.ts'

const ipv4 = '203.0.113.0/24'
const ipv6 = '2001:db8:100::/48'
const sessionsWithinMs = 20_000

interface Totals {
  readonly proved: boolean
  readonly publishMs: number
  /** Of a withdrawal at once, where no other site serves. */
  readonly withdrawMs: number
  /** Of withdrawals that are marked GRACEFUL_SHUTDOWN for a while first. */
  readonly drainedMs: number
}

async function demo(
  screen: Screen,
  once: boolean,
  stop: AbortSignal,
  cleanups: (() => Promise<void>)[],
): Promise<number> {
  screen.line(`\n${screen.bold('Herald')}: five POPs, ten upstream routers, real BGP\n`)
  const lab = await timed(screen, 'lab', async () => {
    const started = await startLab(fivePops)
    cleanups.push(() => started.stop())
    const { pops, upstreams } = started
    return [started, `${pops.length} × gobgpd 4.8, ${upstreams.length} × BIRD, each in a network namespace`]
  })
  const herald = await timed(screen, 'herald', async () => {
    const started = await startController(lab.folder)
    cleanups.push(() => started.stop())
    return [started, `controller, worker and API at ${started.address}, with a Redis of its own`]
  })
  await bringUp(screen, lab, herald)
  const totals = await script({ screen, lab, herald, asn: fivePops.asn })
  if (!once) {
    printInvitation(screen, lab, herald)
    await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
    return 0
  }
  const { publishMs, withdrawMs, drainedMs } = totals
  if (!totals.proved) screen.line(`\n${screen.bad('not every step was proved')}`)
  screen.line(
    `\nwithdraw→upstream is that of step 5, at once; steps 3 and 4 mark GRACEFUL_SHUTDOWN for ${fivePops.drainSeconds} s first: max ${milliseconds(drainedMs)}`,
  )
  screen.line(
    `demo: ${lab.pops.length} POPs, ${lab.sessions} sessions, publish→upstream max ${Math.round(publishMs)} ms, withdraw→upstream max ${Math.round(withdrawMs)} ms`,
  )
  return totals.proved ? 0 : 1
}

async function bringUp(screen: Screen, lab: Lab, herald: DemoController): Promise<void> {
  const file = join(lab.folder.path, 'network.yaml')
  await writeFile(file, lab.manifests())
  await timed(screen, 'inventory', async () => {
    const { revision, changes } = await herald.change(['apply', '-f', file, '--reason', 'first inventory'])
    return [undefined, `herald apply -f network.yaml: ${changes.length} documents, revision ${revision}`]
  })
  await timed(screen, 'sessions', async () => {
    const giveUpAt = performance.now() + sessionsWithinMs
    for (;;) {
      const up = await established(lab)
      const known = (await herald.speakers()).reduce((sum, { neighbors }) => sum + neighbors.established, 0)
      if (up === lab.sessions && known === up)
        return [undefined, `${up} of ${lab.sessions} established; Herald added 16, gobgpd's own file has 4 (nyc)`]
      if (performance.now() > giveUpAt)
        throw new Error(`${up} of ${lab.sessions} BGP sessions came up, Herald knows of ${known}`)
      await sleep(20)
    }
  })
}

async function script(stage: Stage): Promise<Totals> {
  const { screen, lab } = stage
  const all = popIds(lab.pops)
  const [eu, asia, us] = [['fra', 'ams'], ['sin', 'tyo'], ['nyc']]
  let number = 0
  const title = (text: string): void => screen.line(`\n  ${screen.bold(String((number += 1)))}  ${screen.bold(text)}`)
  const publish = (prefix: string): Promise<Verdict> => {
    title(`Publish ${prefix} everywhere`)
    const words = ['publish', prefix, '--at', 'all', '--reason', 'launch']
    return change(stage, { prefix, words, arrives: all, leaves: [] })
  }
  const published = [await publish(ipv4), await publish(ipv6)]

  title('Withdraw the IPv4 prefix in two of three areas: a guard asks whether that is meant')
  const fewer = ['withdraw', ipv4, '--at', 'asia,us', '--reason', 'only Europe']
  const refused = await refusal(stage, { prefix: ipv4, words: fewer })
  const meant = await change(stage, {
    prefix: ipv4,
    words: [...fewer, '--force'],
    arrives: [],
    leaves: [...asia, ...us],
  })

  title('Move it from Europe to Asia: make before break')
  const move = ['publish', ipv4, '--at', 'asia', '--only', '--reason', 'follow the sun']
  const moved = await change(stage, { prefix: ipv4, words: move, arrives: asia, leaves: eu })

  title('Withdraw it everywhere')
  const words = ['withdraw', ipv4, '--everywhere', '--force', '--reason', 'end of service']
  const withdrawn = await change(stage, { prefix: ipv4, words, arrives: [], leaves: asia })

  title('Kill a speaker while it announces the IPv6 prefix')
  const healed = await heal(stage, ipv6, 'sin')
  return {
    proved: [...published, meant, moved, withdrawn].every(({ proved }) => proved) && refused && healed,
    publishMs: Math.max(...published.map(({ maxMs }) => maxMs)),
    withdrawMs: withdrawn.maxMs,
    drainedMs: Math.max(meant.maxMs, moved.maxMs),
  }
}

/** One line: what was started and how long it took. */
async function timed<T>(screen: Screen, name: string, run: () => Promise<readonly [T, string]>): Promise<T> {
  const startedAt = performance.now()
  const [value, text] = await run()
  screen.line(`  ${name.padEnd(10)} ${text.padEnd(76)} ${milliseconds(performance.now() - startedAt).padStart(10)}`)
  return value
}

async function established(lab: Lab): Promise<number> {
  const up = await Promise.all(lab.upstreams.map((upstream) => upstream.established()))
  return up.reduce((sum, { size }) => sum + size, 0)
}

async function main(): Promise<number> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(130)
      stop.abort()
    })
  process.stdout.on('error', () => process.exit(1))
  const once = (process.env['ONCE'] ?? '') !== ''
  const screen = createScreen(process.stdout, process.env)
  const cleanups: (() => Promise<void>)[] = []
  let interrupted = false
  const interruption = new Promise<number>((resolve) => {
    stop.signal.addEventListener('abort', () => {
      interrupted = true
      resolve(once ? 130 : 0)
    })
  })
  const run = demo(screen, once, stop.signal, cleanups).catch((error: unknown) => {
    if (!interrupted) process.stderr.write(`\ndemo: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  })
  const code = await Promise.race([run, interruption])
  if (interrupted) screen.line('\nstopping everything')
  for (const cleanup of cleanups.toReversed()) await cleanup().catch(() => undefined)
  return code
}

process.exit(await main())
