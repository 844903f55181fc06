/**
 * Traffic in a lab: every client node sends 200 UDP packets a second and an HTTP request now and then to the service, by
 * IPv4 and IPv6, and the service nodes (`svc-<pop>`) answer with the name of their POP. Any other node may be made to send
 * as well, to another that answers. One process a node; what became of the packets is gathered here.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningLab } from '../running-lab.ts'
import { readClientLine } from './client-line.ts'
import type { ClientPlan } from './client-plan.ts'
import { type FlowReport, reportFlow } from './flow-report.ts'
import { type FlowName, type PacketLog, openPacketLog } from './packet-log.ts'
import { type Program, startProgram } from './program.ts'
import { servedBy } from './service-address.ts'

export interface TrafficOptions {
  /** UDP packets a second, of each client by each family. Default 200. */
  readonly ratePerSecond?: number
  /** Between two HTTP requests of a client by a family. Default 500. */
  readonly httpIntervalMs?: number
  /** Without an answer for so long, a packet is lost. Default 1000. */
  readonly timeoutMs?: number
}

export interface Traffic {
  /** The service's addresses. */
  readonly addresses: readonly string[]
  readonly logs: readonly PacketLog[]
  /** Programs that ended by themselves, with their last words. */
  readonly problems: readonly string[]
  /** Waits until the fate of everything that was sent before `atMs` is known here. */
  settled(atMs: number): Promise<void>
  /**
   * Makes a node send as clients do, to all that another answers for, until it is ended. Its packets are told like any
   * client's, by the name of the node that sends.
   */
  send(from: string, to: string): Promise<{ end(): Promise<void> }>
  /** What was sent in [from, to), by client and flow. */
  report(fromMs: number, toMs: number): readonly FlowReport[]
  stop(): Promise<void>
}

/** From a client's batch to our log. */
const gatherMs = 250
const startDeadlineMs = 15_000
/** An end after the last packet's timeout, with time to write. */
const endSlackMs = 3000

/** @throws where the topology has no clients or nothing to serve, or a program does not start */
export async function startTraffic(lab: RunningLab, options: TrafficOptions = {}): Promise<Traffic> {
  const { ratePerSecond = 200, httpIntervalMs = 500, timeoutMs = 1000 } = options
  const problems: string[] = []
  const services = await Promise.all(nodesNamed(lab, /^svc-/).map((node) => serve(lab, node, problems)))
  const found = services.flatMap(({ addresses }) => addresses)
  const addresses = [...new Set(found)].sort(byFamily)
  const clients = nodesNamed(lab, /^client/)
  if (addresses.length === 0 || clients.length === 0)
    throw new Error(`${lab.name}: traffic needs nodes client… and svc-… with service addresses on lo`)
  const pace = { intervalMs: 1000 / ratePerSecond, httpIntervalMs, timeoutMs }
  const started = clients.map((node) => startClient(lab, node, { addresses, ...pace }, problems))
  await Promise.all(started.map(({ first }) => first))
  const logs = started.flatMap(({ logs }) => [...logs.values()])
  const senders = new Set<{ end(): Promise<void> }>()
  return {
    addresses,
    logs,
    problems,
    async settled(atMs) {
      await sleep(Math.max(0, atMs + timeoutMs + gatherMs - Date.now()))
    },
    async send(from, to) {
      const responder = await serve(lab, to, problems)
      const client = startClient(lab, from, { addresses: responder.addresses, ...pace }, problems)
      const own = [...client.logs.values()]
      logs.push(...own)
      const sender = {
        async end() {
          senders.delete(sender)
          for (const log of own) logs.splice(logs.indexOf(log), 1)
          await Promise.all([client.end(timeoutMs + endSlackMs), responder.end(endSlackMs)])
        },
      }
      senders.add(sender)
      await client.first
      return sender
    },
    report: (fromMs, toMs) => logs.map((log) => reportFlow(log, log.between(fromMs, toMs))),
    async stop() {
      await Promise.all([
        ...Array.from(senders, (sender) => sender.end()),
        ...started.map(({ end }) => end(timeoutMs + endSlackMs)),
      ])
      await Promise.all(services.map(({ end }) => end(endSlackMs)))
    },
  }
}

/** IPv4 first. */
function byFamily(one: string, other: string): number {
  return Number(one.includes(':')) - Number(other.includes(':')) || one.localeCompare(other)
}

function nodesNamed(lab: RunningLab, pattern: RegExp): readonly string[] {
  return lab.nodes.map(({ name }) => name).filter((name) => pattern.test(name))
}

interface Responder {
  readonly addresses: readonly string[]
  end(deadlineMs: number): Promise<void>
}

/**
 * Sees to it that a node answers. One whose start program runs the service is left to it, dead or alive: a second responder
 * that takes an address first would go on answering for a service that failed.
 */
async function serve(lab: RunningLab, node: string, problems: string[]): Promise<Responder> {
  // Image contract: /run/<process>.pid names each process that the start program started.
  const { code } = await lab.exec(node, ['test', '-e', '/run/respond.pid'])
  if (code !== 0) return startResponder(lab, node, problems)
  return { addresses: await servedBy(lab, node), end: () => Promise.resolve() }
}

/** Resolves when it answers, or has failed once. It is started again where it ends. */
function startResponder(lab: RunningLab, node: string, problems: string[]): Promise<Responder> {
  const pop = node.replace(/^svc-/, '')
  let ended = false
  let program: Program
  const end = async (deadlineMs: number): Promise<void> => {
    ended = true
    await program.end(deadlineMs)
  }
  return new Promise((resolve) => {
    const start = (): void => {
      program = startProgram(lab, node, ['responder.ts', pop], (line) => {
        resolve({ addresses: (JSON.parse(line) as { addresses: readonly string[] }).addresses, end })
      })
      void program.exited.then(async (code) => {
        if (ended) return
        problems.push(`${node}: the responder ended with ${code}: ${program.complaint()}`)
        resolve({ addresses: [], end })
        await sleep(500)
        if (!ended) start()
      })
    }
    start()
  })
}

interface Client {
  /** Its first packets are told. */
  readonly first: Promise<void>
  readonly logs: ReadonlyMap<FlowName, PacketLog>
  end(deadlineMs: number): Promise<void>
}

function startClient(lab: RunningLab, node: string, plan: ClientPlan, problems: string[]): Client {
  const logs = new Map<FlowName, PacketLog>()
  for (const address of plan.addresses) {
    const family = address.includes(':') ? 6 : 4
    logs.set(`udp${family}`, openPacketLog(node, `udp${family}`, plan.intervalMs))
    logs.set(`http${family}`, openPacketLog(node, `http${family}`, plan.httpIntervalMs))
  }
  let ended = false
  const { promise: first, resolve, reject } = Promise.withResolvers<void>()
  const program = startProgram(lab, node, ['client.ts', JSON.stringify(plan)], (line) => {
    const { flow, packets } = readClientLine(line)
    for (const packet of packets) logs.get(flow)?.record(packet)
    resolve()
  })
  const late = setTimeout(() => reject(new Error(`${node}: the client does not start`)), startDeadlineMs)
  first.then(
    () => clearTimeout(late),
    () => clearTimeout(late),
  )
  void program.exited.then((code) => {
    if (!ended) problems.push(`${node}: the client ended with ${code}: ${program.complaint()}`)
    reject(new Error(`${node}: the client ended with ${code}: ${program.complaint()}`))
  })
  return {
    first,
    logs,
    async end(deadlineMs) {
      ended = true
      await program.end(deadlineMs)
    },
  }
}
