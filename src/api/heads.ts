/**
 * Documents and intent as of head, kept by revision: a request costs one small read of Redis where nothing changed, the
 * new revisions where something did, and everything only for another store.
 */
import { OperationError } from '../bgp/operation-error.ts'
import { buildIntent } from '../intent/build.ts'
import { checkIntent } from '../intent/check.ts'
import type { DocumentKey, Finding } from '../intent/document.ts'
import { applyChanges } from '../intent/edit.ts'
import type { Intent } from '../intent/model.ts'
import type { Store } from '../store/store.ts'

export interface HeadState {
  readonly epoch: number
  readonly revision: number
  readonly documents: ReadonlyMap<DocumentKey, unknown>
  readonly intent: Intent
  /** What is wrong or doubtful in it. */
  readonly findings: readonly Finding[]
}

export interface Heads {
  /** As of now. Fails with `store-rolled-back` where this Redis holds no Herald. */
  current(): Promise<HeadState>
}

/** Builds and checks a whole set of documents. */
export function judge(
  documents: ReadonlyMap<DocumentKey, unknown>,
  revision: number,
): { readonly intent: Intent; readonly findings: readonly Finding[] } {
  const { intent, findings } = buildIntent(documents, revision)
  return { intent, findings: [...findings, ...checkIntent(intent)] }
}

const newRevisionsAtMost = 100

export function createHeads(store: Store): Heads {
  let known: HeadState | undefined
  return {
    async current() {
      const head = await store.revisions.head()
      if (head === undefined)
        throw new OperationError(
          'store-rolled-back',
          'this Redis holds no Herald; restore the right one, or start anew with: herald accept',
        )
      if (known?.epoch === head.epoch && known.revision === head.revision) return known
      const { revision, documents } = await documentsAt(store, known, head)
      known = { epoch: head.epoch, revision, documents, ...judge(documents, revision) }
      return known
    },
  }
}

async function documentsAt(
  store: Store,
  known: HeadState | undefined,
  head: { readonly epoch: number; readonly revision: number },
): Promise<{ readonly revision: number; readonly documents: ReadonlyMap<DocumentKey, unknown> }> {
  const behind = known?.epoch === head.epoch ? head.revision - known.revision : Infinity
  if (known === undefined || behind < 0 || behind > newRevisionsAtMost) return store.revisions.documents()
  let { documents, revision } = known
  for (const next of await store.revisions.since(revision)) {
    documents = applyChanges(documents, next.changes)
    revision = next.revision
  }
  return { documents, revision }
}
