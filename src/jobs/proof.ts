/** Notes one speaker's part in the proof of every revision that a batch of targets came from. */
import type { SpeakerId } from '../intent/model.ts'
import { openRevisions } from '../store/open-revisions.ts'
import type { Store, StoredTarget } from '../store/store.ts'
import type { AdjOutProof } from './adj-out.ts'

export interface Stages {
  readonly pushedAtMs: number
  readonly ribAtMs: number
  readonly adjOut: AdjOutProof
}

export async function recordProof(
  store: Store,
  speaker: SpeakerId,
  targets: readonly StoredTarget[],
  { pushedAtMs, ribAtMs, adjOut }: Stages,
): Promise<void> {
  const byRevision = Map.groupBy(targets, ({ target }) => target.revision)
  await Promise.all(
    [...byRevision].map(([revision, of]) => {
      const announce = of.filter(({ target }) => target.kind === 'announce').length
      return store.proofs.speaker(revision, speaker, {
        announce,
        withdraw: of.length - announce,
        pushedAtMs,
        ribAtMs,
        neighbors: adjOut.neighbors,
        ...(adjOut.atMs !== undefined && { adjOutAtMs: adjOut.atMs }),
        ...problemOf(of, adjOut.problems),
      })
    }),
  )
}

/**
 * Sessions are back that were shut: what was decided before is heard only now. Noted with the revisions that are still on
 * their way.
 */
export async function recordHearing(
  store: Store,
  speaker: SpeakerId,
  targets: readonly StoredTarget[],
  adjOut: AdjOutProof,
): Promise<void> {
  if (targets.length === 0) return
  const head = await store.revisions.head()
  const open = head === undefined ? [] : await openRevisions(store, head.revision)
  const byRevision = Map.groupBy(targets, ({ target }) => target.revision)
  for (const { revision } of open) {
    const of = byRevision.get(revision)
    if (of === undefined) continue
    await store.proofs.speaker(revision, speaker, {
      announce: 0,
      withdraw: 0,
      neighbors: adjOut.neighbors,
      ...(adjOut.atMs !== undefined && { adjOutAtMs: adjOut.atMs }),
      ...problemOf(of, adjOut.problems),
    })
  }
}

function problemOf(targets: readonly StoredTarget[], problems: AdjOutProof['problems']): { problem?: string } {
  for (const { prefix } of targets) {
    const problem = problems.get(prefix)
    if (problem !== undefined) return { problem }
  }
  return {}
}
