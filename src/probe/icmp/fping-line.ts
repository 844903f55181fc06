/**
 * Lines of `fping --loop`: `192.0.2.1 : [17], 64 bytes, 0.325 ms (0.280 avg, 0% loss)` or `… : [18], timed out (…)`.
 * Everything else that it prints (doubles, unreachables, summaries) is none.
 */
export interface FpingLine {
  readonly address: string
  /** Counts the packets to this address from 0; one that could not be sent counts and has no line. */
  readonly index: number
  /** Absent: timed out. */
  readonly rttMs: number | undefined
}

const pattern = /^(\S+)\s+: \[(\d{1,15})\], (?:timed out\b|\d+ bytes, (\d+(?:\.\d+)?) ms\b)/

export function parseFpingLine(line: string): FpingLine | undefined {
  const found = pattern.exec(line)
  if (found === null) return undefined
  const [, address = '', index, rtt] = found
  return { address, index: Number(index), rttMs: rtt === undefined ? undefined : Number(rtt) }
}
