/** Alarms on their way: what other systems told, and how far receivers have been told. Part of the store (store.ts). */
import type { Practice } from '../health/practice.ts'
import type { AlertStates } from '../health/alert.ts'
import type { Fence } from './store.ts'

/** What other systems told (health/alert), as of their last message. */
export interface StoredAlerts {
  readonly states: AlertStates
  /** By who told: how many alerts its last message left out. */
  readonly truncated: ReadonlyMap<string, number>
  /** Alerts that lead nowhere, by fingerprint; the newest last. */
  readonly unmapped: ReadonlyMap<string, UnmappedAlert>
}

export interface UnmappedAlert {
  readonly atMs: number
  readonly labels: Readonly<Record<string, string>>
  readonly problem: string
}

export interface Alerts {
  get(): Promise<StoredAlerts>
  /** Changes them by a pure function, called again after a race; whoever follows samples is told. */
  change(change: (before: StoredAlerts) => StoredAlerts, atMs: number): Promise<void>
}

/** How far a receiver has been told, and how that goes. Times are ms since the epoch. */
export interface ReceiverState {
  /** Id of the last event that is settled: told, or given up. */
  readonly position: string
  readonly waiting: number
  readonly sent: number
  readonly givenUp: number
  readonly lastSentAtMs?: number
  /** The last failure; gone when something was told again. */
  readonly failure?: { readonly atMs: number; readonly problem: string }
}

/** `lease-lost` where the fence does not hold. */
export interface Notices {
  states(): Promise<ReadonlyMap<string, ReceiverState>>
  save(fence: Fence, receiver: string, state: ReceiverState): Promise<void>
  forget(fence: Fence, receiver: string): Promise<void>
}

/** The one rehearsed failover that runs, or ran last. */
export interface Practices {
  get(): Promise<Practice | undefined>
  /** False: it is not what `before` says any more, and stays. */
  replace(before: Practice | undefined, after: Practice, atMs: number): Promise<boolean>
}
