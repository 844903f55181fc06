/** What is kept of a speaker's BGP sessions, beside what its daemon says. */
import type { DocumentKey } from '../intent/document.ts'

/** That Herald, and nobody else, shut a session down. */
export interface ShutNote {
  /** `Drain/fra-maintenance` */
  readonly drain: DocumentKey
  /** It was opened again then, and is awaited, ms since the epoch. */
  readonly openedAtMs?: number
}
