/**
 * An upstream router: BIRD in a namespace of its own, with an IPv4 and an IPv6 session to its POP. It accepts all,
 * sends nothing, keeps stale routes while a speaker restarts gracefully (RFC 4724), and is asked by its control socket.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BirdControl, connectBird } from './bird-control.ts'
import { type UpstreamRoute, readRoutes } from './bird-routes.ts'
import { type Child, accepting, startChild } from './child.ts'
import type { Namespace } from './namespace.ts'
import type { RunFolder } from './run-folder.ts'
import type { LinePlan, Link } from './topology.ts'

export interface Upstream {
  /** `fra-transit` */
  readonly id: string
  readonly pop: string
  readonly asn: number
  readonly kind: LinePlan['kind']
  readonly links: readonly Link[]
  /** Its control socket, for `birdc -s`. */
  readonly socket: string
  /** Its RIB: all, or what it has of one exact prefix. */
  routes(prefix?: string): Promise<readonly UpstreamRoute[]>
  /** Families whose session is established. */
  established(): Promise<ReadonlySet<Link['family']>>
  /** True while a session waits for the End-of-RIB of a restarted speaker (RFC 4724). */
  restarting(): Promise<boolean>
  /** Asks again and again, a millisecond apart at first, until the routes satisfy the predicate. */
  waitFor(wanted: RoutesWanted): Promise<Seen>
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>
}

export interface RoutesWanted {
  /** Exact; all routes where absent. */
  readonly prefix?: string
  readonly until: (routes: readonly UpstreamRoute[]) => boolean
  readonly deadlineMs: number
}

/** What satisfied the predicate, and when the answer came, ms since the epoch. */
export interface Seen {
  readonly atMs: number
  readonly routes: readonly UpstreamRoute[]
}

/** Ask every millisecond while an answer is expected, every 5 ms where it takes longer than this. */
const eagerMs = 250
const eagerPauseMs = 1
const patientPauseMs = 5

export interface UpstreamPlan {
  readonly id: string
  readonly pop: string
  readonly line: LinePlan
  readonly links: readonly Link[]
  readonly speakerAsn: number
}

export async function startUpstream(folder: RunFolder, space: Namespace, plan: UpstreamPlan): Promise<Upstream> {
  const place = join(folder.path, plan.id)
  const [socket, log, file] = [`${place}.ctl`, `${place}.log`, `${place}.conf`]
  await writeFile(file, birdConfiguration(plan, log))
  const bird = ['bird', '-f', '-c', file, '-s', socket, '-P', `${place}.pid`]
  const child = startChild(folder, space.inside(bird), { log })
  await accepting(child, socket, log)
  return upstreamOf(plan, child, socket, await connectBird(socket))
}

function upstreamOf(
  { id, pop, line, links }: UpstreamPlan,
  child: Child,
  socket: string,
  control: BirdControl,
): Upstream {
  const routes = async (prefix = ''): Promise<readonly UpstreamRoute[]> =>
    readRoutes(await control.ask(`show route ${prefix} all`))
  return {
    id,
    pop,
    asn: line.asn,
    kind: line.kind,
    links,
    socket,
    routes,
    async established() {
      const lines = await control.ask('show protocols')
      return new Set(
        links.map(({ family }) => family).filter((family) => lines.some((text) => isEstablished(text, family))),
      )
    },
    async restarting() {
      const lines = await control.ask('show protocols all')
      return lines.some((text) => text.includes('graceful restart active'))
    },
    async waitFor({ prefix, until, deadlineMs }) {
      const startedAt = performance.now()
      for (;;) {
        const found = await routes(prefix)
        if (until(found)) return { atMs: Date.now(), routes: found }
        const spentMs = performance.now() - startedAt
        if (spentMs > deadlineMs) throw new Error(`${id} did not see it within ${deadlineMs} ms`)
        await sleep(spentMs < eagerMs ? eagerPauseMs : patientPauseMs)
      }
    },
    async kill() {
      control.close()
      await child.end('SIGKILL')
    },
  }
}

/** `session_ipv4  BGP  ---  up  07:32:24.567  Established` */
function isEstablished(line: string, family: string): boolean {
  return line.startsWith(`session_${family} `) && line.includes('Established')
}

/** Timers are short: a session is up about a second after the speaker has its neighbor. */
function birdConfiguration({ line, links, speakerAsn }: UpstreamPlan, log: string): string {
  const sessions = links.map(
    ({ family, upstream, speaker }) => `
protocol bgp session_${family} {
  local ${upstream} as ${line.asn};
  neighbor ${speaker} as ${speakerAsn};
  direct;
  connect delay time 0;
  connect retry time 1;
  error wait time 1, 1;
  hold time 9;
  keepalive time 3;
  graceful restart aware;
  ${family} { import all; export none; };
}`,
  )
  const routerId = links.find(({ family }) => family === 'ipv4')?.upstream ?? '0.0.0.1'
  return [`log "${log}" all;`, `router id ${routerId};`, 'protocol device { }', ...sessions, ''].join('\n')
}
