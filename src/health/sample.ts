/** One probe's result as an agent saw it: the only thing agents tell the controller. */
import type { SubjectKey } from './subject.ts'

export interface Sample {
  /** Id of the task that was probed (health/task). */
  readonly task: string
  readonly subject: SubjectKey
  /** Name of the agent. */
  readonly agent: string
  /** Rises by one for each probe of a task by an agent: doubled and missing samples are seen by it. */
  readonly sequence: number
  /** When the probe was sent, by the agent's clock, milliseconds since the epoch. */
  readonly atMs: number
  /** `unknown`: the agent itself could not probe (no socket, its own link down); says nothing about the subject. */
  readonly outcome: 'ok' | 'fail' | 'unknown'
  readonly rttMs?: number
  /** Share of lost packets, 0 to 1, where one sample is several packets. */
  readonly lossRatio?: number
  readonly jitterMs?: number
  /** POP that answered, where the answer tells (NSID, `id.server`, header, echo). */
  readonly answeredBy?: string
  /** Why it failed, in words: `connection refused`, `HTTP 503`, `certificate expires in 3 days`. */
  readonly detail?: string
}
