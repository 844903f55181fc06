/**
 * A service that is probed at every place, for tests of what automation makes of it: the documents that say so, and the
 * samples that its agents would send, put where their batches arrive.
 */
import type { Sample } from '../../src/health/sample.ts'
import type { SubjectKey } from '../../src/health/subject.ts'
import type { Document } from '../../src/intent/document.ts'
import type { AgentId } from '../../src/intent/monitoring.ts'
import type { Store } from '../../src/store/store.ts'

/** Name of the Check that policies name. */
export const serviceCheck = 'dns'

export interface Rhythm {
  readonly everyMs: number
  readonly holdDown: string
}

/** An Agent at each place's POP, and the Check: three samples decide. */
export function probedService(places: readonly string[], { everyMs, holdDown }: Rhythm): readonly Document[] {
  const interval = `${everyMs}ms`
  const probe = { kind: 'tcp', port: 53 }
  const spec = { subject: 'service', target: '192.0.2.53', probe, interval, fall: 3, rise: 3, holdDown }
  return [
    ...places.map((place) => ({ kind: 'Agent' as const, name: `probe-${place}`, spec: { pop: `pop-${place}` } })),
    { kind: 'Check', name: serviceCheck, spec },
  ]
}

export type ServiceAnswer = 'ok' | 'refused' | 'silent'

/** Samples of every place until it is cleared. @param answerAt asked before every sample; `silent`: none is sent */
export function startProbes(
  { samples }: Pick<Store, 'samples'>,
  places: readonly string[],
  everyMs: number,
  answerAt: (place: string, atMs: number) => ServiceAnswer = () => 'ok',
): NodeJS.Timeout {
  let sequence = 0
  return setInterval(() => {
    sequence++
    const atMs = Date.now()
    for (const place of places) {
      const answer = answerAt(place, atMs)
      if (answer === 'silent') continue
      const agent = `probe-${place}` as AgentId
      const batch = {
        run: 'test',
        batch: sequence,
        samples: [sampleOf(place, agent, sequence, atMs, answer)],
        dropped: 0,
      }
      void samples.take(agent, batch, Date.now()).catch(() => undefined)
    }
  }, everyMs)
}

function sampleOf(
  place: string,
  agent: AgentId,
  sequence: number,
  atMs: number,
  answer: Exclude<ServiceAnswer, 'silent'>,
): Sample {
  const subject = `service/pop-${place}/${serviceCheck}` as SubjectKey
  const base = { task: `${serviceCheck}/${subject}`, subject, agent, sequence, atMs }
  return answer === 'ok'
    ? { ...base, outcome: 'ok', rttMs: 1 }
    : { ...base, outcome: 'fail', detail: 'connection refused' }
}
