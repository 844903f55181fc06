/** Settings that a group's document writes, as the learner's own. */
import type { LearningSettings } from '../intent/steering.ts'
import { defaultSettings } from './settings.ts'
import type { Pinned } from './self-tuning.ts'

/** @returns undefined where nothing is written: the place learns its settings by itself */
export function pinnedSettings(written: LearningSettings | undefined): Pinned | undefined {
  if (written === undefined) return undefined
  const { thresholdMsMin, loadLimitRatio, ...rest } = written
  return {
    ...rest,
    ...(loadLimitRatio !== undefined && { loadLimit: loadLimitRatio }),
    ...(thresholdMsMin !== undefined && {
      thresholdMsMin,
      thresholdMaxMsMin: thresholdMsMin,
      thresholdMinMsMin: Math.min(thresholdMsMin, defaultSettings.thresholdMinMsMin),
      clearThresholdMsMin: Math.min(thresholdMsMin, defaultSettings.clearThresholdMsMin),
    }),
  }
}
