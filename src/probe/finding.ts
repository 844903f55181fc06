/**
 * What one probe found: a sample (health/sample) without its identity. Made only here, so that times are rounded and
 * words kept short in one place.
 */
import type { Sample } from '../health/sample.ts'

export type Finding = Pick<Sample, 'outcome' | 'rttMs' | 'lossRatio' | 'jitterMs' | 'answeredBy' | 'detail'>

/** What is measured beside the outcome. Times in milliseconds, loss from 0 to 1. */
export interface Measured {
  readonly rttMs?: number | undefined
  readonly lossRatio?: number | undefined
  readonly jitterMs?: number | undefined
  readonly answeredBy?: string | undefined
}

const detailLengthAtMost = 200
const nameLengthAtMost = 100

export function answered(measured: Measured): Finding {
  return { outcome: 'ok', ...told(measured) }
}

/** The subject did not do what it should. */
export function failed(detail: string, measured: Measured = {}): Finding {
  return { outcome: 'fail', ...told(measured), detail: detail.slice(0, detailLengthAtMost) }
}

/** The agent could not probe, or cannot trust what it saw: this says nothing about the subject. */
export function unknown(detail: string): Finding {
  return { outcome: 'unknown', detail: detail.slice(0, detailLengthAtMost) }
}

function told({ rttMs, lossRatio, jitterMs, answeredBy }: Measured): Partial<Finding> {
  return {
    ...(rttMs !== undefined && { rttMs: microseconds(rttMs) }),
    ...(lossRatio !== undefined && { lossRatio }),
    ...(jitterMs !== undefined && { jitterMs: microseconds(jitterMs) }),
    ...(answeredBy !== undefined && answeredBy !== '' && { answeredBy: answeredBy.slice(0, nameLengthAtMost) }),
  }
}

function microseconds(ms: number): number {
  return Math.round(Math.max(0, ms) * 1000) / 1000
}
