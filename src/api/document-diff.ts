import type { DocumentChange } from '../intent/document.ts'
import type { DocumentDiff } from './wire/change.ts'

/** One document before and after, as the API shows it. */
export function documentDiff({ key, before, after }: DocumentChange): DocumentDiff {
  return {
    document: key,
    change: before === undefined ? 'create' : after === undefined ? 'delete' : 'change',
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  }
}
