/** Who made a document, of the revision that did. */
import type { DocumentKey } from '../intent/document.ts'
import type { Revision } from '../store/store.ts'
import type { OriginView } from './wire/origin.ts'

export type Origins = ReadonlyMap<DocumentKey, Revision>

/** A property to be spread, for views that may not know. */
export function madeBy(origins: Origins, key: DocumentKey): { readonly madeBy?: OriginView } {
  const origin = origins.get(key)
  return origin === undefined
    ? {}
    : { madeBy: { revision: origin.revision, author: origin.author, reason: origin.reason } }
}
