/**
 * A BIRD router on loopback as the upstream of private speakers: another implementation of BGP, which logs every route
 * that is added to or removed from its table. It keeps stale routes while a speaker restarts gracefully (RFC 4724).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, loopbackAddress } from './gobgpd.ts'

export interface BirdSession {
  /** Name of the session in BIRD, letters and digits. */
  readonly name: string
  /** Address the speaker speaks from. */
  readonly address: string
  readonly port: number
  readonly asn: number
  /** It is told what all the others say, as a transit network does; else what BIRD offers itself. */
  readonly isTold?: true
}

export interface Bird {
  readonly address: string
  readonly port: number
  readonly asn: number
  /** `session prefix` of every route it has from its sessions. */
  routes(): Promise<ReadonlySet<string>>
  /** The session whose route of a prefix is the best one. */
  best(prefix: string): Promise<string | undefined>
  /** MED of a prefix by session, of those that were sent one. */
  meds(prefix: string): Promise<Readonly<Record<string, number>>>
  /** BGP attributes of one prefix, as BIRD prints them. */
  attributes(prefix: string): Promise<readonly string[]>
  /** `session prefix` of every route it ever removed, in order. */
  removed(): Promise<readonly string[]>
  /** Lines of `show protocols`. */
  sessions(): Promise<readonly string[]>
  /** The shutdown communication (RFC 9003) that a session was closed with last; undefined while it is up, or without one. */
  communication(session: string): Promise<string | undefined>
  /** What it logged of routes removed and sessions closed, in order: `removed 203.0.113.0/24`, `closed s0`. */
  farewells(): Promise<readonly string[]>
  /** Announces one of its prefixes again. */
  offer(prefix: string): Promise<void>
  retract(prefix: string): Promise<void>
  /** Closes one of its sessions, and takes it up again. */
  shut(session: string): Promise<void>
  open(session: string): Promise<void>
  stop(): Promise<void>
}

const startWithinMs = 10_000
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** @param offers IPv4 prefixes that it announces to all of its sessions, each until it is retracted */
export async function startBird(
  asn: number,
  sessions: (address: string) => readonly BirdSession[],
  offers: readonly string[] = [],
): Promise<Bird> {
  const folder = await mkdtemp(join(tmpdir(), 'herald-bird-'))
  const address = loopbackAddress()
  const port = await freePort(address)
  const log = join(folder, 'bird.log')
  const socket = join(folder, 'bird.ctl')
  await writeFile(join(folder, 'bird.conf'), configuration(asn, address, port, log, sessions(address), offers))
  const child = spawn('bird', ['-f', '-c', join(folder, 'bird.conf'), '-s', socket, '-P', join(folder, 'bird.pid')], {
    stdio: 'ignore',
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  const giveUpAt = performance.now() + startWithinMs
  while ((await ask(socket, 'show status').catch(() => [])).length === 0) {
    if (performance.now() > giveUpAt) throw new Error(`bird does not start: ${await readFile(log, 'utf8')}`)
    await sleep(50)
  }
  return {
    address,
    port,
    asn,
    async routes() {
      const found = new Set<string>()
      let prefix = ''
      for (const line of await ask(socket, 'show route all')) {
        const match = /^(\S+\/\d+)?\s+(?:unicast|unreachable) \[(\w+) /.exec(line)
        if (match === null) continue
        prefix = match[1] ?? prefix
        found.add(`${match[2]} ${prefix}`)
      }
      return found
    },
    async best(prefix) {
      const lines = await ask(socket, `show route ${prefix}`)
      return lines.flatMap((line) => /\[(\w+) [^\]]*\] \*/.exec(line)?.[1] ?? [])[0]
    },
    async meds(prefix) {
      const meds: Record<string, number> = {}
      let session = ''
      for (const line of await ask(socket, `show route ${prefix} all`)) {
        session = /\[(\w+) \d/.exec(line)?.[1] ?? session
        const med = /BGP\.med: (\d+)/.exec(line)?.[1]
        if (med !== undefined) meds[session] = Number(med)
      }
      return meds
    },
    async attributes(prefix) {
      return (await ask(socket, `show route ${prefix} all`))
        .map((line) => line.trim())
        .filter((line) => line.startsWith('BGP.'))
    },
    async removed() {
      const text = await readFile(log, 'utf8')
      return [...text.matchAll(/(\w+)(?:\.ipv[46])? > removed(?: \[[a-z]+\])? (\S+\/\d+)/g)].map(
        ([, session, prefix]) => `${session} ${prefix}`,
      )
    },
    sessions: () => ask(socket, 'show protocols'),
    async communication(session) {
      const lines = await ask(socket, `show protocols all ${session}`)
      return lines.map((line) => /^\s*Message:\s+(.*)$/.exec(line)?.[1]).find((text) => text !== undefined)
    },
    async farewells() {
      const text = await readFile(log, 'utf8')
      const lines = text.matchAll(/ > removed(?: \[[a-z]+\])? (\S+\/\d+)|> (\w+): Received: Administrative shutdown/g)
      return Array.from(lines, ([, prefix, session]) =>
        prefix === undefined ? `closed ${session}` : `removed ${prefix}`,
      )
    },
    async offer(prefix) {
      await ask(socket, `enable offer${offers.indexOf(prefix)}`)
    },
    async retract(prefix) {
      await ask(socket, `disable offer${offers.indexOf(prefix)}`)
    },
    async shut(session) {
      await ask(socket, `disable ${session}`)
    },
    async open(session) {
      await ask(socket, `enable ${session}`)
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        await exited
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function configuration(
  asn: number,
  address: string,
  port: number,
  log: string,
  sessions: readonly BirdSession[],
  offers: readonly string[],
): string {
  const channel = (isTold: true | undefined) =>
    `{ import all; export ${isTold === true ? 'all' : 'where source = RTS_STATIC'}; debug { routes }; }`
  const statics = offers.map((prefix, i) => `protocol static offer${i} { ipv4; route ${prefix} blackhole; }`)
  const protocols = sessions.map(
    ({ name, address: theirs, asn: theirAsn, isTold }) => `
protocol bgp ${name} {
  local ${address} port ${port} as ${asn};
  neighbor ${theirs} as ${theirAsn};
  multihop 8;
  passive yes;
  strict bind yes;
  graceful restart on;
  ipv4 ${channel(isTold)};
  ipv6 ${channel(isTold)};
}`,
  )
  return `
log "${log}" all;
router id ${address};
protocol device { }
${[...statics, ...protocols].join('\n')}
`
}

/** One command on BIRD's control socket, spoken directly: reply lines without their codes. */
async function ask(path: string, command: string): Promise<readonly string[]> {
  const socket = connect(path)
  socket.setEncoding('utf8')
  await once(socket, 'connect')
  try {
    let text = ''
    let greeted = false
    for await (const chunk of socket) {
      text += chunk as string
      if (!greeted && text.includes('\n')) {
        greeted = true
        text = ''
        socket.write(`${command}\n`)
        continue
      }
      if (/(?:^|\n)(?:0|8|9)\d{3} [^\n]*\n$/.test(text)) break
    }
    return text.split('\n').map((line) => line.replace(/^(?:\d{4}[- ]| )/, ''))
  } finally {
    socket.destroy()
  }
}
