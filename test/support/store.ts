/** Stores for tests: each under a hash tag of its own, so that tests of one file share a server. */
import { randomUUID } from 'node:crypto'
import { must } from '../../src/bgp/parsed.ts'
import type { Document } from '../../src/intent/document.ts'
import { documentKey } from '../../src/intent/document.ts'
import { parseRedisUrl } from '../../src/store/connect.ts'
import { type OpenStore, openStore } from '../../src/store/open.ts'
import type { Commit, Fence } from '../../src/store/store.ts'

/** A hash tag nobody else uses. */
export function freshTag(): string {
  return `test-${randomUUID()}`
}

/** The caller closes it. */
export function openTestStore(url: string, tag: string = freshTag()): Promise<OpenStore> {
  return openStore({ redis: must(parseRedisUrl(url)), tag })
}

/** A commit that adds documents; says only what the case is about. */
export function adding(expected: number, documents: readonly Document[], rest: Partial<Commit> = {}): Commit {
  return {
    expected,
    changes: documents.map((document) => ({ key: documentKey(document), before: undefined, after: document.spec })),
    author: 'ops@example.net',
    reason: 'a test',
    command: 'apply',
    forced: [],
    removes: 0,
    ...rest,
  }
}

/** The planner's lease on this store, for what only a leader may write. It ends with the store. */
export async function lead(store: OpenStore): Promise<Fence> {
  const lease = await store.leases.acquire('planner', 60_000)
  if (lease === undefined) throw new Error('somebody else leads')
  return lease.fence
}

/** Resolves once `holds` is true; throws after the deadline. */
export async function eventually(holds: () => boolean | Promise<boolean>, withinMs = 5000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`did not come true within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Whether a call works, for {@link eventually}. */
export function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  )
}
