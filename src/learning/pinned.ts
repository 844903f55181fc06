/** Settings that a group's document writes, as the learner's own. */
import type { LearningSettings } from '../intent/steering.ts'
import { defaultSettings } from './settings.ts'
import type { Pinned } from './self-tuning.ts'

/** A gain of 100 ms earns a move no sooner than within one sample: a low price wants short samples. */
const sampleMsPerMsMin = 600

/** @returns undefined where nothing is written: the place learns its settings by itself */
export function pinnedSettings(written: LearningSettings | undefined): Pinned | undefined {
  if (written === undefined) return undefined
  const { thresholdMsMin, loadLimitRatio, ...rest } = written
  return {
    ...rest,
    ...(loadLimitRatio !== undefined && { loadLimit: loadLimitRatio }),
    ...(thresholdMsMin !== undefined && {
      thresholdMsMin,
      sampleMs: Math.min(defaultSettings.sampleMs, thresholdMsMin * sampleMsPerMsMin),
    }),
  }
}
