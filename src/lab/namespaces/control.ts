/** What a lab's supervisor and its clients say to each other: JSON, one object a line, over the lab's unix socket. */
import type { Failure, Impairment, LabNode } from '../running-lab.ts'
import type { EnterableNode } from './enter.ts'

/** Sent at once to a new client, and again whenever it changed. */
export interface LabState {
  readonly name: string
  /** The containerlab file. */
  readonly file: string
  /** Its process, as the machine numbers it. */
  readonly pid: number
  readonly nodes: readonly NodeState[]
  readonly links: readonly LinkState[]
  readonly failures: readonly Failure[]
}

export interface NodeState extends LabNode, EnterableNode {}

export interface LinkState {
  /** `node:interface` of both ends. */
  readonly ends: readonly [string, string]
  readonly impairment?: Impairment
}

export type Order =
  | { readonly verb: 'impair'; readonly endpoint: string; readonly impairment?: Impairment }
  | { readonly verb: 'fail' | 'heal'; readonly failure: Failure }
  | { readonly verb: 'down' }

export type Request = Order & { readonly id: number }

export type Message = { readonly state: LabState } | { readonly id: number; readonly error?: string }
