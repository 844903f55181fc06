/**
 * The lab's controller, asked by its own command line inside its node: what an operator would type, however the lab runs.
 */
import type { AlarmDetailView, AlarmView, VerdictView } from '../api/wire/alarm.ts'
import type { AutomationView } from '../api/wire/automation.ts'
import type { ProofView, RevisionView } from '../api/wire/revision.ts'
import type { SpeakerView } from '../api/wire/speaker.ts'
import { follow, type Program } from './traffic/program.ts'
import type { Output, RunningLab } from './running-lab.ts'

const controllerNode = 'controller'
/** Author of what automation commits, as the audit tells it. */
export const automationAuthor = 'herald:failover'

interface HeraldOptions {
  readonly timeoutMs?: number
  /** To its stdin. */
  readonly input?: string
}

/** Runs `herald <words>` to its end. */
export function herald(
  lab: RunningLab,
  words: readonly string[],
  { timeoutMs = 60_000, input }: HeraldOptions = {},
): Promise<Output> {
  return lab.exec(controllerNode, ['herald', ...words], { timeoutMs, ...(input !== undefined && { input }) })
}

/**
 * Herald starts anew: with an empty store and the topology's manifests. What its guards count over minutes, and its alarms,
 * have no past then.
 */
export async function renewController(lab: RunningLab): Promise<void> {
  const { code, stdout, stderr } = await lab.exec(controllerNode, ['/run/start', 'renew'], { timeoutMs: 60_000 })
  if (code !== 0) throw new Error(`the controller does not start anew: ${(stderr || stdout).trim()}`)
}

const askWithinMs = 10_000

/** What `herald <words> -o json` answers, or why it does not. */
async function ask<T>(lab: RunningLab, words: readonly string[]): Promise<T | Error> {
  const { code, stdout, stderr } = await herald(lab, [...words, '-o', 'json'], { timeoutMs: askWithinMs })
  return code === 0 ? (JSON.parse(stdout) as T) : new Error(stderr.trim() || `exit ${code}`)
}

/** Those that are over as well, newest first. */
export function readAlarms(lab: RunningLab): Promise<readonly AlarmView[] | Error> {
  return ask(lab, ['alarms', '--all'])
}

/** An alarm with what automation did because of it. */
export function readAlarm(lab: RunningLab, id: string): Promise<AlarmDetailView | Error> {
  return ask(lab, ['alarms', id])
}

export function readChecks(lab: RunningLab): Promise<readonly VerdictView[] | Error> {
  return ask(lab, ['checks'])
}

export function readAutomation(lab: RunningLab): Promise<AutomationView | Error> {
  return ask(lab, ['automation'])
}

/** Newest first. */
export function readRevisions(lab: RunningLab, limit: number): Promise<readonly RevisionView[] | Error> {
  return ask(lab, ['history', '-n', String(limit)])
}

export type ProvedRevision = RevisionView & { readonly proof?: ProofView }

/** A revision with its proof; undefined where the controller does not answer. */
export async function readRevision(lab: RunningLab, revision: number): Promise<ProvedRevision | undefined> {
  const found = await ask<ProvedRevision>(lab, ['history', String(revision)])
  return found instanceof Error ? undefined : found
}

/**
 * What keeps the fleet from being well, in words: a speaker that does not answer, a session that is not established, a
 * decision on its way. Undefined where all is well.
 */
export async function fleetTrouble(lab: RunningLab): Promise<string | undefined> {
  const speakers = await ask<readonly SpeakerView[]>(lab, ['show', 'speaker'])
  if (speakers instanceof Error) return speakers.message
  if (speakers.length === 0) return 'no speakers yet'
  const troubles = speakers.flatMap(({ id, reach, neighbors, decided, applied }) => [
    ...(reach === 'up' ? [] : [`${id} is ${reach}`]),
    ...(neighbors.of > 0 && neighbors.established === neighbors.of
      ? []
      : [`${id} has ${neighbors.established} of ${neighbors.of} sessions`]),
    ...(decided > applied ? [`${id} has applied ${applied} of ${decided}`] : []),
  ])
  return troubles.length === 0 ? undefined : troubles.join(', ')
}

/** Tells of every revision that is proved, held or superseded from now on. */
export function followRevisions(lab: RunningLab, onSettled: (revision: number) => void): Program {
  const settled = new Set(['done', 'held', 'superseded'])
  return follow(lab.spawn(controllerNode, ['herald', 'watch', '-o', 'json']), (line) => {
    const event = JSON.parse(line) as { readonly type: string; readonly revision?: number; readonly stage?: string }
    if (event.type === 'proof' && event.revision !== undefined && settled.has(event.stage ?? ''))
      onSettled(event.revision)
  })
}
