/** UDP echo (RFC 8762): a few packets to a reflector make one sample of loss, jitter and round trip. */
import { addressFamily } from '../bgp/address.ts'
import type { Probe } from '../health/task.ts'
import { stoodStill } from './attempt.ts'
import { type SentPacket, startSender } from './echo/sender.ts'
import { errorOf, findingOf, noAnswer } from './failure.ts'
import type { Finding } from './finding.ts'
import { hasOwnLink } from './own-link.ts'
import type { ProbeOptions } from './probe-options.ts'
import { roundFinding } from './round.ts'
import { stallAtMs, watchStalls } from './stalls.ts'

export type UdpProbe = Extract<Probe, { kind: 'udp' }>

/** Takes `packets * spacingMs + timeoutMs` at most. @throws only where `signal` aborts */
export async function probeUdp(probe: UdpProbe, options: ProbeOptions, signal: AbortSignal): Promise<Finding> {
  const { address, port, packets, spacingMs } = probe
  const { source, timeoutMs, hasLink = hasOwnLink } = options
  const family = addressFamily(address)
  signal.throwIfAborted()
  watchStalls()
  const fates: SentPacket[] = []
  try {
    const { finished } = await startSender({
      address,
      port,
      ...(source !== undefined && { source }),
      intervalMs: spacingMs,
      packets,
      timeoutMs,
      signal,
      onPacket: (fate) => fates.push(fate),
    })
    await finished
  } catch (error) {
    signal.throwIfAborted()
    return findingOf(error, family, hasLink)
  }
  signal.throwIfAborted()
  return judge(fates, timeoutMs, (error) => findingOf(error, family, hasLink)) ?? noAnswer(timeoutMs, family, hasLink)
}

/**
 * Lost packets count only where they left this machine and this process ran when their time was over: else an answer
 * may have waited unread. Undefined: all that count were lost.
 */
function judge(
  fates: readonly SentPacket[],
  timeoutMs: number,
  ownFault: (error: Error) => Finding,
): Finding | undefined {
  const replies = fates.flatMap((fate) => (fate.outcome === 'answered' ? [fate] : []))
  const lost = fates.flatMap((fate) => (fate.outcome === 'lost' ? [fate] : []))
  const unsent = lost.find(({ detail }) => detail !== undefined)
  const sent = lost.filter(({ detail }) => detail === undefined)
  const stallsMs = sent.map(({ sentAtMs }) => stallAtMs(sentAtMs + timeoutMs - performance.timeOrigin))
  const counted = stallsMs.filter((ms) => ms === 0).length
  if (replies.length > 0) {
    const inOrder = replies.toSorted((a, b) => a.sequence - b.sequence)
    const rttsMs = inOrder.map(({ rttMs }) => rttMs)
    return roundFinding(rttsMs, replies.length + counted, inOrder.at(-1)?.answeredBy)
  }
  if (counted > 0) return undefined
  return sent.length > 0 ? stoodStill(Math.max(...stallsMs)) : ownFault(errorOf(unsent?.detail ?? ''))
}
