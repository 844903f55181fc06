/**
 * The lab's controller, asked by its own command line inside its node: what an operator would type, however the lab runs.
 */
import type { ProofView, RevisionView } from '../api/wire/revision.ts'
import type { SpeakerView } from '../api/wire/speaker.ts'
import { follow, type Program } from './traffic/program.ts'
import type { Output, RunningLab } from './running-lab.ts'

const controllerNode = 'controller'

/** Runs `herald <words>` to its end. */
export function herald(lab: RunningLab, words: readonly string[], timeoutMs = 60_000): Promise<Output> {
  return lab.exec(controllerNode, ['herald', ...words], { timeoutMs })
}

export type ProvedRevision = RevisionView & { readonly proof?: ProofView }

/** A revision with its proof; undefined where the controller does not answer. */
export async function readRevision(lab: RunningLab, revision: number): Promise<ProvedRevision | undefined> {
  const { code, stdout } = await herald(lab, ['history', String(revision), '-o', 'json'])
  return code === 0 ? (JSON.parse(stdout) as ProvedRevision) : undefined
}

/**
 * What keeps the fleet from being well, in words: a speaker that does not answer, a session that is not established, a
 * decision on its way. Undefined where all is well.
 */
export async function fleetTrouble(lab: RunningLab): Promise<string | undefined> {
  const { code, stdout, stderr } = await herald(lab, ['show', 'speaker', '-o', 'json'], 10_000)
  if (code !== 0) return stderr.trim() || `exit ${code}`
  const speakers = JSON.parse(stdout) as readonly SpeakerView[]
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
