/** What changed in a document, in a few words: `mode shadow → auto, canary`. */
import { sameSpec } from '../intent/edit/edit.ts'

const shownAtMost = 4
/** Longer values are named by their field alone. */
const longestValue = 40

/** @param before, after its spec; empty where one of them is no object */
export function changedFields(before: unknown, after: unknown): string {
  if (!isObject(before) || !isObject(after)) return ''
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (field) => !sameSpec(before[field], after[field]),
  )
  const shown = changed.slice(0, shownAtMost).map((field) => {
    const [was, is] = [valueText(before[field]), valueText(after[field])]
    return was === undefined || is === undefined ? field : `${field} ${was} → ${is}`
  })
  const more = changed.length - shown.length
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

/** undefined: it has no short text. */
function valueText(value: unknown): string | undefined {
  if (value === undefined) return 'none'
  const parts = Array.isArray(value) ? (value as readonly unknown[]) : [value]
  const words = parts.filter((part) => ['string', 'number', 'boolean'].includes(typeof part))
  const text = words.join(' ')
  if (words.length < parts.length || text.length > longestValue) return undefined
  return text === '' ? 'none' : text
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
