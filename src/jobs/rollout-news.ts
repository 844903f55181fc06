/** Tells what a committed set of changes did to staged changes, as events. */
import type { DocumentChange } from '../intent/document.ts'
import { rolloutNews } from '../intent/edit.ts'
import type { Store } from '../store/store.ts'

export async function tellRolloutNews(
  { events }: Pick<Store, 'events'>,
  changes: readonly DocumentChange[],
  author: string,
  reason: string,
): Promise<void> {
  for (const { id, what, stage, of } of rolloutNews(changes))
    await events.append({ type: 'rollout', rollout: id, state: what, stage, of, author, reason })
}
