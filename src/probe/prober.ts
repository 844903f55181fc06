/** Everything that an agent probes: its tasks in, findings out, one for each probe. */
import type { Task } from '../health/task.ts'
import type { Finding } from './finding.ts'
import { type IcmpTask, Pinger } from './icmp/pinger.ts'
import { type AgentProbeOptions, type SingleTask, probe } from './probe.ts'
import { Schedule } from './schedule.ts'

export interface ProberOptions extends AgentProbeOptions {
  /** The agent's name. */
  readonly seed: string
  /** @param sentAtMs when the probe was begun, milliseconds since the epoch */
  readonly onFinding: (task: Task, finding: Finding, sentAtMs: number) => void
}

export interface Prober {
  /** Replaces all tasks; what stays the same goes on undisturbed. */
  configure(tasks: readonly Task[]): void
  close(): void
}

export function startProber({ seed, onFinding, ...shared }: ProberOptions): Prober {
  const pinger = new Pinger({ onFinding, ...shared })
  const schedule = new Schedule<SingleTask>({
    seed,
    async run(task, signal) {
      const sentAtMs = Date.now()
      onFinding(task, await probe(task, signal, shared), sentAtMs)
    },
  })
  return {
    configure(tasks) {
      pinger.configure(tasks.filter(isIcmp))
      schedule.configure(tasks.filter(isSingle))
    },
    close() {
      pinger.close()
      schedule.close()
    },
  }
}

function isIcmp(task: Task): task is IcmpTask {
  return task.probe.kind === 'icmp'
}

function isSingle(task: Task): task is SingleTask {
  return task.probe.kind !== 'icmp'
}
