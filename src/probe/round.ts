/** Several packets that make one sample: median round trip, loss, jitter. */
import { type Finding, answered } from './finding.ts'

/**
 * @param rttsMs round trips of the packets that were answered, in the order they were sent; at least one
 * @param sent packets that left this machine
 */
export function roundFinding(rttsMs: readonly number[], sent: number, answeredBy?: string): Finding {
  return answered({
    rttMs: median(rttsMs),
    lossRatio: (sent - rttsMs.length) / sent,
    jitterMs: jitter(rttsMs),
    answeredBy,
  })
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
}

/** Mean difference of neighboring round trips (RFC 3550 §6.4.1, without its filter: so few packets have no past). */
function jitter(rttsMs: readonly number[]): number | undefined {
  if (rttsMs.length < 2) return undefined
  let sum = 0
  for (let i = 1; i < rttsMs.length; i++) sum += Math.abs((rttsMs[i] ?? 0) - (rttsMs[i - 1] ?? 0))
  return sum / (rttsMs.length - 1)
}
