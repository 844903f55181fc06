/**
 * The lab's controller, from inside its node, however the lab runs: told by its command line what an operator would type, and
 * asked on its own socket.
 */
import type { AlarmDetailView, AlarmListView, AlarmView, VerdictListView, VerdictView } from '../api/wire/alarm.ts'
import type { AutomationView } from '../api/wire/automation.ts'
import type { LearnerView } from '../api/wire/learner.ts'
import type { ProofView, RevisionListView, RevisionView } from '../api/wire/revision.ts'
import type { SpeakerListView } from '../api/wire/speaker.ts'
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

const askWithinMs = 15_000

/**
 * Asks the API on the node's own socket. The command line would answer the same, and spend half a second of processor time
 * on its start: too much for what is asked again and again while something is measured.
 */
const question = `
  const fail = (why) => { process.stderr.write(why); process.exitCode = 1 }
  require('node:http').get({ socketPath: '/var/lib/herald/herald.sock', path: process.argv[1] }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (part) => (text += part))
    response.on('end', () => (response.statusCode === 200 ? process.stdout.write(text) : fail(text)))
  }).on('error', (error) => fail(error.message))`

/** @param path of the API; the answer, or why there is none */
async function ask<T>(lab: RunningLab, path: string): Promise<T | Error> {
  const options = { timeoutMs: askWithinMs }
  const { code, stdout, stderr } = await lab.exec(controllerNode, ['node', '-e', question, path], options)
  return code === 0 ? (JSON.parse(stdout) as T) : new Error(`the controller does not answer: ${stderr.trim()}`)
}

/** Those that are over as well. */
export async function readAlarms(lab: RunningLab): Promise<readonly AlarmView[] | Error> {
  const answer = await ask<AlarmListView>(lab, '/v1/alarms')
  return answer instanceof Error ? answer : answer.alarms
}

/** An alarm with what automation did because of it. */
export function readAlarm(lab: RunningLab, id: string): Promise<AlarmDetailView | Error> {
  return ask(lab, `/v1/alarms/${encodeURIComponent(id)}`)
}

export async function readChecks(lab: RunningLab): Promise<readonly VerdictView[] | Error> {
  const answer = await ask<VerdictListView>(lab, '/v1/checks')
  return answer instanceof Error ? answer : answer.checks
}

/** @param place of the path learner: `POP/GROUP`, `entry:GROUP` */
export function readLearner(lab: RunningLab, place: string): Promise<LearnerView | Error> {
  return ask(lab, `/v1/learner?place=${encodeURIComponent(place)}`)
}

export function readAutomation(lab: RunningLab): Promise<AutomationView | Error> {
  return ask(lab, '/v1/automation')
}

/** Newest first. */
export async function readRevisions(lab: RunningLab, limit: number): Promise<readonly RevisionView[] | Error> {
  const answer = await ask<RevisionListView>(lab, `/v1/revisions?limit=${limit}`)
  return answer instanceof Error ? answer : answer.revisions
}

export type ProvedRevision = RevisionView & { readonly proof?: ProofView }

/** A revision with its proof; undefined where the controller does not answer. */
export async function readRevision(lab: RunningLab, revision: number): Promise<ProvedRevision | undefined> {
  const [found, proof] = await Promise.all([
    ask<RevisionView>(lab, `/v1/revisions/${revision}`),
    ask<ProofView>(lab, `/v1/revisions/${revision}/proof`),
  ])
  if (found instanceof Error) return undefined
  return { ...found, ...(!(proof instanceof Error) && { proof }) }
}

/**
 * What keeps the fleet from being well, in words: a speaker that does not answer, a session that is not established, a
 * decision on its way. Undefined where all is well.
 */
export async function fleetTrouble(lab: RunningLab): Promise<string | undefined> {
  const answer = await ask<SpeakerListView>(lab, '/v1/speakers')
  if (answer instanceof Error) return answer.message
  const { speakers } = answer
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
