/**
 * From Check documents to what one agent probes. Everything is decided here: an agent gets literal addresses and URLs,
 * and never reads a document.
 */
import type { Intent } from '../intent/model.ts'
import type { AgentId, Check, CheckProbe } from '../intent/monitoring.ts'
import { type CheckedPlace, checkedPlaces, probes, sourceOf, targetOf } from '../intent/probers.ts'
import { type Placeholder, fill } from '../intent/schema/template.ts'
import { inOrder } from '../intent/select.ts'
import { type Subject, subjectKey } from './subject.ts'
import type { Probe, Task } from './task.ts'

/** Tasks of an agent in the order of checks and places; none where no document names the agent. */
export function tasksOf(intent: Intent, agent: AgentId): readonly Task[] {
  const document = intent.agents.get(agent)
  if (document === undefined) return []
  return inOrder(intent.checks).flatMap((check) =>
    checkedPlaces(intent, check)
      .filter(({ pop }) => probes(check, document, pop))
      .flatMap((place) => taskOf(intent, check, place) ?? []),
  )
}

/** What a Check is about at a place; services and paths are called like their Check. */
export function subjectOf(check: Check, { pop, neighbor }: CheckedPlace): Subject {
  if (neighbor !== undefined) return { kind: 'neighbor', pop, neighbor: neighbor.id }
  return check.subject === 'path' ? { kind: 'path', pop, path: check.id } : { kind: 'service', pop, service: check.id }
}

export function taskId(check: Check, place: CheckedPlace): string {
  return `${check.id}/${subjectKey(subjectOf(check, place))}`
}

/** Undefined where nothing says where to probe; intent/check warns of it. */
function taskOf(intent: Intent, check: Check, place: CheckedPlace): Task | undefined {
  const probe = probeOf(intent, check, place)
  if (probe === undefined) return undefined
  const source = sourceOf(check, place)
  return {
    id: taskId(check, place),
    check: check.id,
    subject: subjectOf(check, place),
    probe,
    ...(source !== undefined && { source }),
    intervalMs: check.intervalMs,
    timeoutMs: check.timeoutMs,
  }
}

function probeOf(intent: Intent, check: Check, place: CheckedPlace): Probe | undefined {
  const { probe } = check
  const address = targetOf(check, place)
  const filled = (text: string): string => fill(text, valuesAt(intent, place))
  if (probe.kind === 'http') return { ...probe, url: filled(probe.url), ...(address !== undefined && { address }) }
  if (address === undefined) return undefined
  if (probe.kind === 'dns') {
    const { port, name, type, answer, identify } = probe satisfies CheckProbe
    return {
      kind: 'dns',
      server: address,
      port,
      name: filled(name),
      type,
      ...(answer !== undefined && { answer }),
      ...(identify !== undefined && { identify }),
    }
  }
  return { ...probe, address }
}

function valuesAt({ pops }: Intent, { pop, neighbor }: CheckedPlace): Readonly<Partial<Record<Placeholder, string>>> {
  const region = pops.get(pop)?.region
  return { pop, ...(region !== undefined && { region }), ...(neighbor !== undefined && { neighbor: neighbor.id }) }
}
