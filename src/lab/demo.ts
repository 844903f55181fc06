/**
 * `make demo`: the topology deploy/containerlab/anycast-5pop in network namespaces, packets from six clients, and the day of
 * an operator on it. Every step prints its proof, down to the packets.
 *
 * Afterwards it stays up until Ctrl-C. With ONCE=1 it ends by itself: exit code 0 only where every step was proved, and
 * a last line with the totals.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { SpeakerListView } from '../api/wire/speaker.ts'
import { fleetTrouble } from './controller.ts'
import { type Verdict, change, commandLine, refusal } from './demo/change.ts'
import { everythingDies, revive, serviceDies } from './demo/failover.ts'
import { heraldAt } from './demo/herald.ts'
import { printInvitation } from './demo/invitation.ts'
import { pathGetsSlow } from './demo/learner.ts'
import { monitoringManifests } from './demo/monitoring.ts'
import { type Screen, createScreen, milliseconds, verdict } from './demo/screen.ts'
import { speakerDies } from './demo/speaker-death.ts'
import { type Catchments, type Stage, reached } from './demo/stage.ts'
import { launchLab } from './namespaces/launch.ts'
import { apiSocket } from './namespaces/lab-folder.ts'
import { openLab } from './namespaces/open-lab.ts'
import { readNodeAddresses } from './node-addresses.ts'
import { watchRoutes } from './traffic/route-watch.ts'
import { startTraffic } from './traffic/traffic.ts'

const topology = fileURLToPath(new URL('../../deploy/containerlab/anycast-5pop/anycast-5pop.clab.yml', import.meta.url))
const pops = ['fra', 'ams', 'sin', 'tyo', 'nyc']
const ipv4 = '203.0.113.0/24'
const ipv6 = '2001:db8:100::/48'
const services = { [ipv4]: '203.0.113.10', [ipv6]: '2001:db8:100::10' }
const wellWithinMs = 60_000
const reachedWithinMs = 30_000

/** With everything announced everywhere, packets go to the nearest POP. */
const nearest: Catchments = {
  client1: 'fra',
  client2: 'ams',
  client3: 'sin',
  client4: 'tyo',
  client5: 'nyc',
  client6: 'fra',
}
const inEurope = ['fra', 'ams']
const inAsia: Catchments = { client3: 'sin', client4: 'tyo' }
const nobody: Catchments = Object.fromEntries(Object.keys(nearest).map((client) => [client, undefined]))

interface Outcome {
  /** Numbers of the steps that were not. */
  readonly unproved: readonly number[]
  readonly publishMs: number
  readonly withdrawMs: number
}

type Cleanups = (() => Promise<void>)[]

async function demo(screen: Screen, once: boolean, stop: AbortSignal, cleanups: Cleanups): Promise<number> {
  screen.line(
    `\n${screen.bold('Herald')}: five POPs, three transit networks, an IX, six clients; real BGP, real packets\n`,
  )
  const stage = await build(screen, cleanups)
  const { unproved, publishMs, withdrawMs } = await script(stage)
  if (!once) {
    printInvitation(stage)
    await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
    return 0
  }
  if (unproved.length > 0) screen.line(`\n${screen.bad(`not proved: step ${unproved.join(', ')}`)}`)
  const { speakers } = await stage.herald.get<SpeakerListView>('/v1/speakers')
  const sessions = speakers.reduce((sum, { neighbors }) => sum + neighbors.established, 0)
  screen.line(
    `\ndemo: ${speakers.length} POPs, ${sessions} sessions, publish→upstream max ${Math.round(publishMs)} ms, withdraw→upstream max ${Math.round(withdrawMs)} ms`,
  )
  return unproved.length === 0 ? 0 : 1
}

async function build(screen: Screen, cleanups: Cleanups): Promise<Stage> {
  const lab = await timed(screen, 'lab', async () => {
    const started = await openLab(await launchLab(topology, { name: `demo-${process.pid}`, tied: true }))
    cleanups.push(() => started.down())
    const count = (image: string) => started.nodes.filter((node) => node.image === image).length
    const text = `${count('pop')} POPs (gobgpd 4.8, zebra), ${count('frr')} FRR, ${count('bird')} BIRD, ${count('host')} hosts; ${started.state.links.length} links`
    return [started, text]
  })
  const herald = heraldAt(apiSocket(lab.folder))
  await timed(screen, 'sessions', async () => [undefined, await everySession(lab)])
  await timed(screen, 'services', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'herald-demo-'))
    await writeFile(join(folder, 'failover.yaml'), monitoringManifests(services))
    const words = ['apply', '-f', join(folder, 'failover.yaml'), '--reason', 'services fail over']
    const { changes } = await herald.change(words).finally(() => rm(folder, { recursive: true }))
    return [undefined, `herald apply -f failover.yaml: ${changes.length} documents; an agent at every POP probes them`]
  })
  return timed(screen, 'packets', async () => {
    const routes = watchRoutes(lab, await readNodeAddresses(lab))
    cleanups.push(() => routes.stop())
    const traffic = await startTraffic(lab)
    cleanups.push(() => traffic.stop())
    return [{ screen, lab, herald, traffic, routes }, '200 a second from each of six clients, by IPv4 and by IPv6']
  })
}

async function everySession(lab: Stage['lab']): Promise<string> {
  const giveUpAt = performance.now() + wellWithinMs
  for (;;) {
    const trouble = await fleetTrouble(lab)
    if (trouble === undefined) return 'every speaker is up, every BGP session of every POP established'
    if (performance.now() > giveUpAt) throw new Error(`the lab does not come up: ${trouble}`)
    await sleep(200)
  }
}

async function script(stage: Stage): Promise<Outcome> {
  const { screen } = stage
  const unproved: number[] = []
  let number = 0
  const step = async <T extends { readonly proved: boolean }>(title: string, run: () => Promise<T>): Promise<T> => {
    number += 1
    screen.line(`\n  ${screen.bold(String(number))}  ${screen.bold(title)}`)
    const outcome = await run()
    if (!outcome.proved) unproved.push(number)
    return outcome
  }
  const publish = (prefix: string, flow: 'udp4' | 'udp6'): Promise<Verdict> =>
    step(`Publish ${prefix} everywhere: every client is answered by the nearest POP`, () => {
      const words = ['publish', prefix, '--at', 'all', '--reason', 'launch']
      return change(stage, { prefix, words, flow, catchments: nearest, lossless: false })
    })
  const published = [await publish(ipv4, 'udp4'), await publish(ipv6, 'udp6')]
  await step('Withdraw it in two of three areas: a guard asks whether that is meant', async () => {
    const words = ['withdraw', ipv4, '--at', 'asia,us', '--reason', 'only Europe']
    return { proved: await refusal(stage, { words, flow: 'udp4', catchments: nearest }) }
  })
  const dead = { pop: 'nyc', flow: 'udp4', before: nearest, after: { ...nearest, client5: 'fra' } } as const
  await step('A service dies; automation sees it, withdraws the route there, and brings it back', async () => ({
    proved: await serviceDies(stage, dead),
  }))
  await step('Every other service dies at once: the last ones are not withdrawn', async () => {
    const others = pops.filter((pop) => pop !== dead.pop)
    const proved = await everythingDies(stage, ipv4, others)
    await revive(stage, pops)
    return { proved }
  })
  await step('A POP’s gobgpd dies; packets do not notice', async () => ({
    proved: await speakerDies(stage, 'sin', 'udp6'),
  }))
  await step('Move the IPv6 prefix from Europe to Asia: made before broken, nothing lost', () => followTheSun(stage))
  await step('A backbone path gets slow; the path learner moves the packets, and says why', async () => {
    const links = { bb1: 'fra:eth3', bb2: 'fra:eth4' }
    return { proved: await pathGetsSlow(stage, { pop: 'fra', group: 'origin1', links, origin: 'origin1' }) }
  })
  const withdrawn = await step('Withdraw it everywhere', () => {
    const words = ['withdraw', ipv6, '--everywhere', '--force', '--reason', 'end of service']
    return change(stage, { prefix: ipv6, words, flow: 'udp6', catchments: nobody, lossless: false })
  })
  return { unproved, publishMs: Math.max(...published.map(({ towardMs }) => towardMs)), withdrawMs: withdrawn.awayMs }
}

async function followTheSun(stage: Stage): Promise<Verdict> {
  const { screen, herald } = stage
  const toEurope = ['publish', ipv6, '--at', 'eu', '--only', '--force', '--reason', 'day']
  screen.line(`     ${screen.command(commandLine(toEurope))}   ${screen.dim('to begin with')}`)
  await herald.proof((await herald.change(toEurope)).revision)
  // Proof ends at the POPs' neighbors; what the far side of a transit network has not heard yet is no loss of the move.
  const begun = await reached(stage, 'udp6', inEurope, reachedWithinMs)
  if (!begun) screen.line(`     ${verdict(screen, false)}: not every client came to be answered from Europe`)
  const words = ['publish', ipv6, '--at', 'asia', '--only', '--reason', 'follow the sun']
  const moved = await change(stage, { prefix: ipv6, words, flow: 'udp6', catchments: inAsia, lossless: true })
  return { ...moved, proved: moved.proved && begun }
}

/** One line: what was started and how long it took. */
async function timed<T>(screen: Screen, name: string, run: () => Promise<readonly [T, string]>): Promise<T> {
  const startedAt = performance.now()
  const [value, text] = await run()
  screen.line(`  ${name.padEnd(10)} ${text.padEnd(76)} ${milliseconds(performance.now() - startedAt).padStart(10)}`)
  return value
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
  const cleanups: Cleanups = []
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
