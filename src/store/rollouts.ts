/** What the leader tells of a staged change that runs. What it is made of stands in its document. Part of the store (store.ts). */
export interface RolloutState {
  readonly id: string
  /** Stages that are out. */
  readonly stage: number
  /** Since when the latest one is read back, ms since the epoch; undefined: it is not. */
  readonly provedAtMs?: number
  /** What it waits for, in words. */
  readonly waitsFor: string
  /** When time alone changes that. */
  readonly untilMs?: number
}
