/**
 * The verbs: pure functions from the documents to changes. One door for those who edit, one file per group of verbs
 * behind it.
 */
export { applyChanges } from './build.ts'
export { applyDocuments, removeDocuments } from './edit/documents.ts'
export type { Edit } from './edit/edit.ts'
export { demote } from './edit/demote.ts'
export { enter } from './edit/enter.ts'
export { type FailoverOverlay, failoverEdit } from './edit/failover.ts'
export { clearOverride, drain, freeze, markIdle, override, undrain, unfreeze } from './edit/overlays.ts'
export { setMode } from './edit/mode.ts'
export { pin } from './edit/pin.ts'
export { prefer } from './edit/prefer.ts'
export { publish } from './edit/publish.ts'
export { advanceRollout, rollBack, rolloutNews, stageChanges } from './edit/rollout.ts'
export { restoreTo, revert } from './edit/way-back.ts'
export { withdraw } from './edit/withdraw.ts'
