/**
 * A lab in namespaces, as its supervisor holds it: nodes, links, and what was done to them. It is the only owner; the
 * kernel ends all of it with the supervisor's process. Verbs run one after the other.
 */
import { type ClabLink, endpointOf } from '../clab/topology.ts'
import { failNode, healNode } from '../node-fault.ts'
import type { Failure, Impairment, Output } from '../running-lab.ts'
import type { LabState } from './control.ts'
import { execIn } from './enter.ts'
import { openImpairer } from './impairing.ts'
import { ip, ipWherePossible } from './ip.ts'
import { LabNode, type LabPlace, startDeadlineMs } from './lab-node.ts'
import {
  type Wire,
  bridgeCommands,
  managementBridge,
  managementPort,
  plugCommands,
  wireBridges,
  wiresOf,
} from './wiring.ts'

export interface LabPlan extends LabPlace {
  readonly file: string
  /** The supervisor's process, as the machine numbers it. */
  readonly pid: number
  /** Called whenever state() changed. */
  readonly onChange: () => void
}

export class NamespaceLab {
  readonly #plan: LabPlan
  readonly #nodes: readonly LabNode[]
  readonly #wires: readonly Wire[]
  readonly #impairments = new Map<Wire, Impairment>()
  readonly #impairer = openImpairer()
  #failures: readonly Failure[] = []
  #last: Promise<unknown> = Promise.resolve()

  constructor(plan: LabPlan) {
    this.#plan = plan
    this.#nodes = plan.topology.nodes.map((node, index) => new LabNode(plan, node, index))
    this.#wires = wiresOf(plan.topology)
  }

  /** Resolves when the start program of every node is through and its exec commands are. */
  async start(): Promise<void> {
    const began = performance.now()
    const log = (what: string): void => console.error(`${what} after ${Math.round(performance.now() - began)} ms`)
    await ip([...bridgeCommands(managementBridge), ...wireBridges(this.#wires)])
    const built = await Promise.allSettled(this.#nodes.map(async (node) => node.build()))
    for (const outcome of built) if (outcome.status === 'rejected') throw outcome.reason
    log(`${this.#nodes.length} nodes built`)
    await ip(this.#nodes.flatMap(({ name, index, pid }) => plugCommands(name, index, pid, this.#wires)))
    log(`${this.#wires.length} links made`)
    await Promise.all(this.#nodes.map(async (node) => node.start(() => this.#ended(node))))
    log('all started')
  }

  state(): LabState {
    const { topology, file, pid } = this.#plan
    return {
      name: topology.name,
      file,
      pid,
      nodes: this.#nodes.map((node) => node.state()),
      links: this.#wires.map((wire) => {
        const [a, b] = wire.link.ends
        const impairment = this.#impairments.get(wire)
        return { ends: [endpointOf(a), endpointOf(b)], ...(impairment === undefined ? {} : { impairment }) }
      }),
      failures: this.#failures,
    }
  }

  async impair(endpoint: string, impairment: Impairment | undefined): Promise<void> {
    await this.#inTurn(async () => {
      const wire = this.#wireAt(endpoint)
      await this.#impairer.set(wire, impairment)
      if (impairment === undefined) this.#impairments.delete(wire)
      else this.#impairments.set(wire, impairment)
    })
  }

  async fail(failure: Failure): Promise<void> {
    await this.#inTurn(async () => {
      const others = this.#without(failure)
      if (failure.kind === 'link') await this.#setCarrier(this.#wireAt(failure.endpoint), 'down')
      else if (failure.kind === 'node') await this.#kill(this.#node(failure.node))
      else await failNode(this.#inside(), failure)
      this.#failures = [...others, failure]
    })
  }

  async heal(failure: Failure): Promise<void> {
    await this.#inTurn(async () => {
      const others = this.#without(failure)
      if (failure.kind === 'link') await this.#setCarrier(this.#wireAt(failure.endpoint), 'up')
      else if (failure.kind === 'node') await this.#revive(this.#node(failure.node))
      else await healNode(this.#inside(), failure)
      this.#failures = others
    })
  }

  async #inTurn(task: () => Promise<void>): Promise<void> {
    const mine = this.#last.then(task)
    this.#last = mine.catch(() => undefined)
    await mine
    this.#plan.onChange()
  }

  /** Its neighbors lose carrier, as they would of a router without power. */
  #ended(node: LabNode): void {
    void ipWherePossible(this.#linksOf(node).flatMap(({ inner }) => inner.map((end) => `link set ${end} down`)))
    this.#plan.onChange()
  }

  async #kill(node: LabNode): Promise<void> {
    const links = this.#linksOf(node)
    await ipWherePossible(links.flatMap(({ inner }) => inner.map((end) => `link set ${end} down`)))
    await node.kill()
    await ipWherePossible(this.#endsOf(node).map((end) => `link delete ${end}`))
  }

  async #revive(node: LabNode): Promise<void> {
    if (node.running) return
    await ipWherePossible(this.#endsOf(node).map((end) => `link delete ${end}`))
    await node.build()
    await ip(plugCommands(node.name, node.index, node.pid, this.#wires))
    for (const wire of this.#linksOf(node)) {
      const impairment = this.#impairments.get(wire)
      if (impairment !== undefined) await this.#impairer.set(wire, impairment, 'anew')
      const cut = this.#failures.some((other) => other.kind === 'link' && this.#wireAt(other.endpoint) === wire)
      await this.#setCarrier(wire, cut ? 'down' : 'up')
    }
    await node.start(() => this.#ended(node))
    for (const failure of this.#failures)
      if (failure.kind === 'partition' && failure.nodes.includes(node.name)) await failNode(this.#inside(), failure)
  }

  /** A link is up where both of its nodes run. */
  async #setCarrier({ link, inner }: Wire, wanted: 'up' | 'down'): Promise<void> {
    const runs = link.ends.map((end) => this.#node(end.node).running)
    const way = runs.every(Boolean) ? wanted : 'down'
    await ip(inner.filter((_, side) => runs[side]).map((end) => `link set ${end} ${way}`))
  }

  #inside(): Parameters<typeof failNode>[0] {
    const nodes = this.#nodes.map((node) => node.state())
    return {
      nodes,
      exec: async (name, command): Promise<Output> => {
        const place = this.#node(name).state()
        if (place.state === 'failed') return { code: 1, stdout: '', stderr: 'does not run' }
        return execIn(place, command, { timeoutMs: startDeadlineMs })
      },
    }
  }

  #linksOf({ name }: LabNode): readonly Wire[] {
    return this.#wires.filter(({ link }) => link.ends.some((end) => end.node === name))
  }

  /** Inner ends of a node's own, in the order of its links; the management port first. */
  #endsOf({ name, index }: LabNode): readonly string[] {
    const own = ({ ends }: ClabLink, side: number): boolean => ends[side]?.node === name
    return [
      managementPort(index),
      ...this.#wires.flatMap(({ link, inner }) => inner.filter((_, side) => own(link, side))),
    ]
  }

  #wireAt(endpoint: string): Wire {
    const found = this.#wires.find(({ link }) => link.ends.some((end) => endpointOf(end) === endpoint))
    if (found === undefined) throw new Error(`the lab has no link at ${endpoint}; write node:interface`)
    return found
  }

  #node(name: string): LabNode {
    const found = this.#nodes.find((node) => node.name === name)
    if (found === undefined) throw new Error(`the lab has no node ${name}`)
    return found
  }

  /** Failures but this one. */
  #without(failure: Failure): readonly Failure[] {
    const key = this.#key(failure)
    return this.#failures.filter((other) => this.#key(other) !== key)
  }

  #key(failure: Failure): string {
    switch (failure.kind) {
      case 'link':
        return this.#wireAt(failure.endpoint).bridge
      case 'node':
        return `node ${this.#node(failure.node).name}`
      case 'process':
        return `process ${failure.node} ${failure.process}`
      case 'session':
        return `session ${failure.node} ${failure.neighbor}`
      case 'partition':
        return `partition ${failure.nodes.toSorted().join(' ')}`
    }
  }
}
