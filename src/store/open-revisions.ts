/** Revisions on their way: what the planner still waits for, and what it may still withdraw for them (G4). */
import type { Revision, Store } from './store.ts'

const lookedAtMost = 100

/** Revisions whose proof is not closed, oldest first, among the latest; a later one may well be done before them. */
export async function openRevisions(
  { revisions, proofs }: Pick<Store, 'revisions' | 'proofs'>,
  upTo?: number,
): Promise<readonly Revision[]> {
  const page = upTo === undefined ? { limit: lookedAtMost } : { before: upTo + 1, limit: lookedAtMost }
  const latest = await revisions.list(page)
  const states = await Promise.all(latest.map(async ({ revision }) => (await proofs.get(revision))?.state))
  return latest.filter((_, i) => states[i] === 'pending' || states[i] === 'held').toReversed()
}
