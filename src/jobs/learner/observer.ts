/** What the learner tells of itself, for metrics. */
import type { Decision } from '../../learning/decision.ts'
import type { FleetState } from '../../learning/fleet.ts'
import type { MedVerdict } from '../../learning/med.ts'
import type { TrialVerdict } from '../../learning/self-tuning.ts'
import type { Mode } from '../../learning/settings.ts'

export interface LearnerObserver {
  /** The places there are, by key, with their modes. */
  observePlaces(fleet: FleetState, modes: ReadonlyMap<string, Mode>): void
  /** A decision to move or to be held was stored. */
  observeLearned(decision: Decision): void
  observeMed(verdict: MedVerdict): void
  observeTrial(verdict: TrialVerdict['verdict']): void
  /** @param seconds that one place's replay took, from the first slice to the last */
  observeNight(seconds: number): void
  /** Another controller leads from now on. */
  observeLearnerEnd(): void
}
