/** Announcements that revisions on their way may still take away: what the planner tolerates beside its own share (G4). */
import type { Store } from '../store/store.ts'

const lookedAtMost = 100

export async function openRemoves(store: Store): Promise<number> {
  let sum = 0
  for (const { revision, removes } of await store.revisions.list({ limit: lookedAtMost })) {
    const proof = await store.proofs.get(revision)
    if (proof === undefined || proof.state === 'done') break
    if (proof.state !== 'superseded') sum += removes
  }
  return sum
}
