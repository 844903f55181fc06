/**
 * Whether this process stood still: starved of processor time, or stopped. Packets that were answered meanwhile wait in
 * their sockets, and look lost to whoever looks at the clock first. One timer for the process.
 */
const tickMs = 20
/** A process that does not run for this long distorts what it measures. */
const stallMs = 50

/** Enough for the longest probe on a machine that struggles. */
const rememberedAtMost = 64

interface Stall {
  /** performance.now(). From the last moment that this process is known to have run. */
  readonly fromMs: number
  readonly toMs: number
}

let timer: NodeJS.Timeout | undefined
let tickedAtMs = 0
const stalls: Stall[] = []

/** Starts watching, once. */
export function watchStalls(): void {
  if (timer !== undefined) return
  tickedAtMs = performance.now()
  timer = setInterval(look, tickMs)
  timer.unref()
}

/** Notes a stall that just ends, too: whoever asks may be called before the timer here. */
function look(): void {
  const nowMs = performance.now()
  if (nowMs - tickedAtMs - tickMs > stallMs) stalls.push({ fromMs: tickedAtMs, toMs: nowMs })
  if (stalls.length > rememberedAtMost) stalls.shift()
  tickedAtMs = nowMs
}

/** Length of the stall that this moment (performance.now) fell into, or 0. */
export function stallAtMs(momentMs: number): number {
  look()
  const stall = stalls.find(({ fromMs, toMs }) => fromMs <= momentMs && momentMs <= toMs)
  return stall === undefined ? 0 : stall.toMs - stall.fromMs
}

/** Length of the longest stall that ended after this moment, or 0. */
export function longestStallSinceMs(momentMs: number): number {
  look()
  return Math.max(0, ...stalls.map(({ fromMs, toMs }) => (toMs > momentMs ? toMs - fromMs : 0)))
}
