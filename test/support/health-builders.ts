/** Builders for health: samples of an agent with rising sequence numbers, watches, and a book that one can feed. */
import type { Sample } from '../../src/health/sample.ts'
import { type Subject, subjectKey } from '../../src/health/subject.ts'
import type { Verdict } from '../../src/health/verdict.ts'
import type { VerdictBook } from '../../src/health/verdict-book.ts'
import type { VerdictRules, WatchedTask } from '../../src/health/watch.ts'
import type { NeighborId, PopId } from '../../src/intent/model.ts'

export const quickRules: VerdictRules = { intervalMs: 1000, fall: 3, rise: 2, holdDownMs: 30_000 }

export function service(pop: string, name = 'dns'): Subject {
  return { kind: 'service', pop: pop as PopId, service: name }
}

export function line(pop: string, neighbor: string): Subject {
  return { kind: 'neighbor', pop: pop as PopId, neighbor: neighbor as NeighborId }
}

export function watched(
  subject: Subject,
  agents: readonly string[],
  rules: Partial<VerdictRules> = {},
  check = subject.kind === 'service' ? subject.service : 'lines',
): WatchedTask {
  const task = `${check}@${subjectKey(subject)}`
  return { task, check, subject, agents, rules: { ...quickRules, ...rules } }
}

/** Feeds a book as agents would: sequence numbers rise by themselves. */
export class Feeder {
  readonly book: VerdictBook
  readonly #sequences = new Map<string, number>()

  constructor(book: VerdictBook) {
    this.book = book
  }

  /** The next sample of a task by an agent, sent `delayMs` before it comes in. */
  sample(
    task: WatchedTask,
    agent: string,
    outcome: Sample['outcome'],
    nowMs: number,
    more: Partial<Sample> = {},
  ): Sample {
    const key = `${task.task} ${agent}`
    const sequence = (this.#sequences.get(key) ?? 0) + 1
    this.#sequences.set(key, sequence)
    const subject = subjectKey(task.subject)
    return { task: task.task, subject, agent, sequence, atMs: nowMs - 20, outcome, ...more }
  }

  feed(task: WatchedTask, agent: string, outcome: Sample['outcome'], nowMs: number): readonly Verdict[] {
    return this.book.ingest([this.sample(task, agent, outcome, nowMs)], nowMs)
  }
}
