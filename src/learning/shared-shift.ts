/**
 * All paths moving together means the far end, or the prober: the incumbent is not to blame. Differences cancel most of
 * that by themselves; this guard withholds evidence for as long as every path is far from its level on the same side.
 */
import type { Arm } from './arm.ts'

const leastShiftMs = 5
const shiftNoises = 4

/** @param before the arms before this sample; @param now the same arms after it. False with fewer than two known arms. */
export function isSharedShift(before: readonly Arm[], now: readonly Arm[]): boolean {
  let known = 0
  let up = 0
  let down = 0
  for (let i = 0; i < now.length; i++) {
    const { sampleMs } = now[i] as Arm
    const was = before[i]
    if (sampleMs === null || was === undefined || was.levelMs === null) continue
    known++
    const enoughMs = Math.max(leastShiftMs, shiftNoises * was.noiseMs)
    if (sampleMs - was.levelMs >= enoughMs) up++
    else if (was.levelMs - sampleMs >= enoughMs) down++
  }
  return known >= 2 && (up === known || down === known)
}
