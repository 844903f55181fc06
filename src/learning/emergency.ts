/**
 * The lane for dead paths, beside the statistic: so many losses in a row that chance is out of the question (3 to 5, by
 * what the path loses as a rule), or 30 % of the last 20, while a challenger answers. At one probe a second three losses
 * are three seconds. Where every path is silent the prober or the far end is to blame, and nothing moves.
 */
import type { Arm } from './arm.ts'
import { deadlyStreak, lossWindow, recentLossRatio } from './loss.ts'

const deadRatio = 0.3
const healthyRatio = 0.1

export function isDead(arm: Arm): boolean {
  if (arm.loss.streak >= deadlyStreak(arm.loss.ratio)) return true
  return arm.loss.seen >= lossWindow && recentLossRatio(arm.loss) >= deadRatio
}

/** Answers now, and loses little. */
export function isHealthy(arm: Arm): boolean {
  return arm.costMs !== null && arm.silent === 0 && recentLossRatio(arm.loss) < healthyRatio
}
