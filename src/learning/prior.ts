/**
 * Time of day: by how much each path's cost usually lies above or below its own mean in each hour (UTC). Made by the
 * nightly replay (tune.ts) from the learner's own log; without one, no hour is special.
 */

/** Path → 24 deviations, ms. */
export type Priors = Readonly<Record<string, readonly number[]>>

const hourMs = 3_600_000
const horizonHours = 3

/** What the time of day says about `incumbent − challenger` over the next hours: how far it is from its daily mean, ms. */
export function forecastMs(priors: Priors, incumbent: string, challenger: string, atMs: number): number {
  const from = priors[incumbent]
  const to = priors[challenger]
  if (from === undefined || to === undefined) return 0
  const hour = Math.floor(atMs / hourMs) % 24
  let sum = 0
  for (let ahead = 0; ahead < horizonHours; ahead++) {
    const at = (hour + ahead) % 24
    sum += (from[at] ?? 0) - (to[at] ?? 0)
  }
  return sum / horizonHours
}
