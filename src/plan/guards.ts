/**
 * The guards of a plan, by name. All are always on: no setting, document or flag turns one off. They are an argument of
 * the planner only so that a test can plan with one guard missing and see the accident that it prevents; a guard whose
 * absence no test notices guards nothing.
 */
export const guardNames = [
  /** G1: overlays that nobody forced leave a prefix at its floor. */
  'floor',
  /** New sites are proved before old ones go. */
  'makeBeforeBreak',
  /** Old sites are marked GRACEFUL_SHUTDOWN for a while before they go. */
  'drainStage',
  /** G4: a plan withdraws no more than reviewed revisions take away, and a small share besides. */
  'massWithdrawal',
  /** G4: an intent that is empty or has no Network withdraws nothing. */
  'emptyIntent',
  /** A path that no Herald decided is not overwritten unless it is to be adopted. */
  'foreignPath',
  /** Nothing is decided about a speaker whose RIB was never read. */
  'neverRead',
  /** A path of another epoch that no intent names is left alone. */
  'stray',
  /** G7: only owned prefixes are announced. */
  'export',
  /** G8: LOCAL_PREF stays inside the band of local services, and what is steered is not above the band of steered routes. */
  'band',
  /** A destination is steered to a neighbor only while that neighbor offers it. */
  'offered',
  /** G8: steering stays below the routes of a better relationship. */
  'outranked',
  /** Nothing is steered at a speaker that cannot be reached: what it is offered is not known. */
  'steerUnknown',
  /** G10: nothing counts as there, or as gone, while a neighbor's adj-out says otherwise. */
  'adjOut',
  /** A session is shut after its routes are gone, and opened after they are back. */
  'routesBeforeSessions',
  /** G11: a freeze stops repairs. */
  'freeze',
] as const

export type GuardName = (typeof guardNames)[number]
export type Guards = Readonly<Record<GuardName, boolean>>

export const allGuards: Guards = {
  floor: true,
  makeBeforeBreak: true,
  drainStage: true,
  massWithdrawal: true,
  emptyIntent: true,
  foreignPath: true,
  neverRead: true,
  stray: true,
  export: true,
  band: true,
  offered: true,
  outranked: true,
  steerUnknown: true,
  adjOut: true,
  routesBeforeSessions: true,
  freeze: true,
}
