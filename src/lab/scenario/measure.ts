/** Gathers what the judgements of a block need. What only the controller knows is asked for only where it is judged. */
import { readAlarm, readAlarms, readRevision, readRevisions } from '../controller.ts'
import { matches } from './alarm-match.ts'
import type { Judgement } from './expectation.ts'
import { serviceRouteChanges } from './forwarding.ts'
import type { Measured } from './judge.ts'
import type { Stage } from './stage.ts'

/** Revisions looked back at, at most. */
const revisionsAtMost = 50

export interface Measurement {
  /** Waits until the fate of every packet is known. */
  end(toMs: number): Promise<Measured>
}

export async function beginMeasurement(stage: Stage, judgements: readonly Judgement[]): Promise<Measurement> {
  const wanted = new Set(judgements.map(({ kind }) => kind))
  const proves = wanted.has('make-before-break')
  const counts = proves || wanted.has('failovers')
  // Undefined where the controller does not answer: then nothing is known of its revisions.
  const before = counts ? (await revisions(stage, 1))?.[0]?.revision : undefined
  const fromMs = Date.now()
  return {
    async end(toMs) {
      const { traffic } = stage
      await traffic.settled(toMs)
      const made = before === undefined ? [] : ((await revisions(stage, revisionsAtMost)) ?? [])
      const own = made.filter(({ revision }) => revision > (before ?? 0))
      const found = proves ? await Promise.all(own.map(({ revision }) => readRevision(stage.lab, revision))) : []
      return {
        fromMs,
        toMs,
        flows: traffic.report(fromMs, toMs),
        routeChanges: serviceRouteChanges(stage).filter(({ atMs }) => atMs >= fromMs && atMs < toMs),
        revisions: own,
        proofs: found.flatMap((revision) => (revision?.proof === undefined ? [] : [revision.proof])),
        ...(await alarms(stage, judgements)),
      }
    },
  }
}

async function revisions({ lab }: Stage, limit: number) {
  const read = await readRevisions(lab, limit)
  return read instanceof Error ? undefined : read
}

/** @throws where they are judged and the controller does not answer: no alarm that is known is not no alarm */
async function alarms(
  { lab }: Stage,
  judgements: readonly Judgement[],
): Promise<Pick<Measured, 'alarms' | 'alarmDetails'>> {
  const falls = judgements.filter((one) => one.kind === 'waterfall')
  if (falls.length === 0 && !judgements.some(({ kind }) => kind === 'alarmed')) return { alarms: [], alarmDetails: [] }
  const read = known(await readAlarms(lab))
  const ids = new Set(falls.flatMap(({ match }) => read.filter((alarm) => matches(match, alarm))).map(({ id }) => id))
  const details = await Promise.all(Array.from(ids, (id) => readAlarm(lab, id)))
  return { alarms: read, alarmDetails: details.map(known) }
}

function known<T>(answer: T | Error): T {
  if (answer instanceof Error) throw answer
  return answer
}
