/**
 * A speaker dies by kill -9 and comes back empty. Proved are: its upstream routers keep the route all the while (RFC
 * 4724), Herald puts policy, paths and neighbors back by itself, and the routers end the restart with the route fresh.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LabPop } from '../lab.ts'
import type { Upstream } from '../upstream.ts'
import type { Stage } from './changes.ts'
import { milliseconds, verdict } from './screen.ts'
import { has } from './sighting.ts'

const healWithinMs = 25_000
const downMs = 300
const pauseMs = 5

export async function heal(stage: Stage, prefix: string, popId: string): Promise<boolean> {
  const { screen, lab, herald } = stage
  const pop = lab.pop(popId)
  const pid = pop.daemon.pid()
  const lifeline = watchRoutes(stage, pop, prefix)
  screen.line(
    `     ${screen.command(`kill -9 ${String(pid)}`)}   ${screen.dim(`gobgpd of ${popId}; started again, empty, ${downMs} ms later`)}`,
  )
  const killedAt = performance.now()
  const since = (): number => performance.now() - killedAt
  const told = (what: string, ms: number | undefined): boolean => {
    const mark = ms === undefined ? screen.bad('✗') : screen.good('✓')
    screen.line(`     ${what.padEnd(66)} ${milliseconds(ms).padStart(12)} ${mark}`)
    return ms !== undefined
  }
  const within = async (holds: () => Promise<boolean>): Promise<number | undefined> => {
    while (since() < healWithinMs) {
      if (await holds()) return since()
      await sleep(pauseMs)
    }
    return undefined
  }
  await lab.killSpeaker(popId)
  const gone = await within(async () => (await sessions(pop)) === 0)
  await sleep(downMs)
  await lab.restartSpeaker(popId)
  const back = since()
  const wanted = pop.upstreams.reduce((sum, { links }) => sum + links.length, 0)
  const steps = [
    told('killed: all of its sessions are down', gone),
    told('gobgpd runs again, without configuration, neighbors or paths', back),
    told(
      `sessions up again, graceful restart over (${wanted} of ${wanted})`,
      await within(() => isSettled(pop, wanted)),
    ),
    told(
      'Herald: speaker up, every decision applied',
      await within(async () => {
        const speaker = (await herald.speakers()).find(({ id }) => id === pop.speaker)
        return (
          speaker?.reach === 'up' && speaker.applied === speaker.decided && speaker.neighbors.established === wanted
        )
      }),
    ),
  ]
  const { samples, misses } = await lifeline()
  const kept = misses === 0 && samples > 0
  const words = `${prefix} asked for ${samples.toLocaleString('en')} times at ${pop.upstreams.length} upstream routers meanwhile, missing ${misses} times`
  const proved = kept && steps.every(Boolean)
  screen.line(`     ${verdict(screen, proved)}: ${words}`)
  return proved
}

async function sessions({ upstreams }: LabPop): Promise<number> {
  const established = await Promise.all(upstreams.map((upstream) => upstream.established()))
  return established.reduce((sum, { size }) => sum + size, 0)
}

/** All sessions are up and have had their End-of-RIB: what a router has now, it has heard since. */
async function isSettled(pop: LabPop, wanted: number): Promise<boolean> {
  const restarting = await Promise.all(pop.upstreams.map((upstream) => upstream.restarting()))
  return !restarting.some(Boolean) && (await sessions(pop)) === wanted
}

/** Asks all the while whether the route is there; the answer ends it. */
function watchRoutes({ asn }: Stage, { upstreams }: LabPop, prefix: string) {
  const counted = { samples: 0, misses: 0, over: false }
  const ask = async (upstream: Upstream): Promise<void> => {
    while (!counted.over) {
      counted.samples += 1
      if (!(await has(upstream, prefix, asn))) counted.misses += 1
      await sleep(pauseMs)
    }
  }
  const asking = Promise.all(upstreams.map(ask))
  return async (): Promise<{ samples: number; misses: number }> => {
    counted.over = true
    await asking
    return counted
  }
}
