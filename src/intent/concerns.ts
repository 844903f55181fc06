/** What a change concerns: the document itself, and everything that it names before or after. */
import { type DocumentChange, splitKey } from './document.ts'

/** @param name of a document, such as `fra` or `203.0.113.0/24`; or its key, such as `Drain/drain-1` */
export function concerns({ key, before, after }: DocumentChange, name: string): boolean {
  return key === name || splitKey(key).name === name || names(before, name) || names(after, name)
}

/** As a value or as a field, however deep: `at: [fra]`, `target: { at: fra }`, `pops: { fra: … }`. */
function names(spec: unknown, name: string): boolean {
  if (typeof spec !== 'object' || spec === null) return spec === name
  return Object.entries(spec).some(([field, value]) => field === name || names(value, name))
}
