/** Revisions on their way: what the planner still waits for, and what it may still withdraw for them (G4). */
import type { Revision, Store } from './store.ts'

const lookedAtMost = 100

/**
 * Revisions whose proof is not closed, oldest first, among the latest; a later one may well be done before them. What
 * superseded ones took away counts for the next open one, unless one between them is done: then it was withdrawn.
 */
export async function openRevisions(
  { revisions, proofs }: Pick<Store, 'revisions' | 'proofs'>,
  upTo?: number,
): Promise<readonly Revision[]> {
  const page = upTo === undefined ? { limit: lookedAtMost } : { before: upTo + 1, limit: lookedAtMost }
  const latest = await revisions.list(page)
  const states = await Promise.all(latest.map(async ({ revision }) => (await proofs.get(revision))?.state))
  const open: Revision[] = []
  let inherited = 0
  for (let i = latest.length - 1; i >= 0; i--) {
    const revision = latest[i]
    const state = states[i]
    if (revision === undefined || state === undefined || state === 'done') inherited = 0
    else if (state === 'superseded') inherited += revision.removes
    else {
      open.push({ ...revision, removes: revision.removes + inherited })
      inherited = 0
    }
  }
  return open
}
