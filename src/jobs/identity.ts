/**
 * Whether this Redis is the one that this controller knows. What an operator accepted at one controller counts at every
 * other that had seen no more than that one, so that one word is enough for all.
 */
import type { HighWater } from '../store/high-water.ts'
import type { Head, Store } from '../store/store.ts'

export type Identity =
  | { readonly known: true; readonly head: Head }
  | { readonly known: false; readonly problem: string }

export async function identifyStore(store: Store, highWater: HighWater): Promise<Identity> {
  const head = await store.revisions.head()
  const first = highWater.check(head)
  if (first !== 'ok' && head !== undefined) {
    const acceptance = await store.revisions.acceptance()
    if (acceptance !== undefined) await highWater.follow(acceptance, head)
  }
  const verdict = highWater.check(head)
  if (verdict !== 'ok') return { known: false, problem: verdict.problem }
  return head === undefined ? { known: false, problem: 'Redis is empty' } : { known: true, head }
}
