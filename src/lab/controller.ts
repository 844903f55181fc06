/**
 * The lab's controller, asked by its own command line inside its node: what an operator would type, however the lab runs.
 */
import type { ProofView, RevisionView } from '../api/wire/revision.ts'
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

/** Tells of every revision that is proved, held or superseded from now on. */
export function followRevisions(lab: RunningLab, onSettled: (revision: number) => void): Program {
  const settled = new Set(['done', 'held', 'superseded'])
  return follow(lab.spawn(controllerNode, ['herald', 'watch', '-o', 'json']), (line) => {
    const event = JSON.parse(line) as { readonly type: string; readonly revision?: number; readonly stage?: string }
    if (event.type === 'proof' && event.revision !== undefined && settled.has(event.stage ?? ''))
      onSettled(event.revision)
  })
}
