/**
 * A topology that is up, however it runs: in network namespaces (`herald lab up`), under containerlab, or under docker
 * compose. Traffic, traces and scenarios are written against this alone, so that one scenario drives all three.
 */
import type { ChildProcess } from 'node:child_process'

/** A node of the topology: a router, a POP, a host, the controller. */
export interface LabNode {
  readonly name: string
  /** Image without registry and tag, such as `frr`: which of deploy/images it runs. */
  readonly image: string
  /** In the management network, where the API and gRPC are reached. */
  readonly managementAddress: string
  readonly state: 'running' | 'failed'
}

/** What a link does to packets, in each direction. Absent fields: nothing. */
export interface Impairment {
  readonly delayMs?: number
  /** Uniform, ± around delayMs; packets are not reordered by it. */
  readonly jitterMs?: number
  /** 0 to 1. */
  readonly lossRatio?: number
  /** True: every packet is lost while both interfaces stay up (a grey failure). */
  readonly silent?: boolean
  /**
   * True: BGP and what neighbors find each other by (ARP, neighbor discovery) pass unharmed, as where a router gives its control
   * plane a queue of its own. So a session stays up over a line that loses everything else.
   */
  readonly exceptBgp?: boolean
}

/**
 * What can fail, and heal:
 * `link a:eth1` (both ends lose carrier), `node fra` (all of it, at once), `process fra gobgpd` (kill -9; heal starts it again),
 * `session fra 192.0.2.1` (one BGP neighbor is shut down by its router), `partition controller fra` (the two no longer reach
 * each other in the management network).
 */
export type Failure =
  | { readonly kind: 'link'; readonly endpoint: string }
  | { readonly kind: 'node'; readonly node: string }
  | { readonly kind: 'process'; readonly node: string; readonly process: string }
  | { readonly kind: 'session'; readonly node: string; readonly neighbor: string }
  | { readonly kind: 'partition'; readonly nodes: readonly [string, string] }

export interface Output {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

export interface RunningLab {
  /** `name:` of the topology file. */
  readonly name: string
  readonly nodes: readonly LabNode[]
  /** Runs a command to its end inside a node. Does not throw for a code other than 0. */
  exec(
    node: string,
    command: readonly string[],
    options?: { readonly timeoutMs?: number; readonly input?: string },
  ): Promise<Output>
  /** Starts a long-lived command inside a node; stdio is piped, it ends when stdin closes or it is killed. */
  spawn(node: string, command: readonly string[]): ChildProcess
  /** @param endpoint `node:interface` of either end; @param impairment undefined: as new */
  impair(endpoint: string, impairment: Impairment | undefined): Promise<void>
  fail(failure: Failure): Promise<void>
  heal(failure: Failure): Promise<void>
  /** Ends everything that runs of it. */
  down(): Promise<void>
}
