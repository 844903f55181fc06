/** Searches the audit, from the newest revision to the oldest. */
import { concerns } from '../intent/concerns.ts'
import type { Revision, Store } from '../store/store.ts'

export interface AuditQuery {
  readonly before?: number | undefined
  /** Revisions to be found, at most. Default 50. */
  readonly limit?: number | undefined
  /** Name or key of a document. */
  readonly about?: string | undefined
  readonly author?: string | undefined
}

export interface AuditPage {
  readonly revisions: readonly Revision[]
  /** Older than this was not looked at; undefined: nothing is older. */
  readonly next: number | undefined
}

const page = 500
/** Looked at for one answer: half a second's work. */
const lookedAtMost = 20_000

export async function readAudit(store: Store, { before, limit = 50, about, author }: AuditQuery): Promise<AuditPage> {
  const isWanted = (revision: Revision): boolean =>
    (author === undefined || revision.author === author) &&
    (about === undefined || revision.changes.some((change) => concerns(change, about)))
  const searches = about !== undefined || author !== undefined
  const found: Revision[] = []
  let next = before
  for (let looked = 0; looked < lookedAtMost; looked += page) {
    const some = await store.revisions.list({
      limit: searches ? page : limit,
      ...(next !== undefined && { before: next }),
    })
    for (const revision of some) {
      next = revision.revision
      if (isWanted(revision)) found.push(revision)
      if (found.length === limit) break
    }
    if (found.length === limit || next === undefined || next <= 1 || some.length === 0) break
  }
  return { revisions: found, next: next !== undefined && next > 1 ? next : undefined }
}
