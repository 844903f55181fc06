/**
 * Runs on a client node: sends UDP packets and HTTP requests to the service addresses, and writes what became of them
 * to stdout. Ends when stdin closes, after the last packets have landed.
 *
 *   node client.ts '{"addresses":["203.0.113.10"],"intervalMs":5,…}'
 */
import { isIPv6 } from 'node:net'
import { startRequester } from '../../probe/echo/http-requester.ts'
import { startSender } from '../../probe/echo/sender.ts'
import { writeClientLine } from './client-line.ts'
import { type ClientPlan, echoPort, httpPort } from './client-plan.ts'
import type { FlowName, LoggedPacket } from './packet-log.ts'

/** One write a flow and batch. */
const batchMs = 100

const plan = JSON.parse(process.argv[2] ?? '') as ClientPlan
const stop = new AbortController()
process.stdin.on('end', () => stop.abort()).resume()
process.stdout.on('error', () => process.exit(1)) // nobody reads any more

const batches = new Map<FlowName, LoggedPacket[]>()
function flush(): void {
  for (const [flow, packets] of batches) {
    if (packets.length === 0) continue
    process.stdout.write(`${writeClientLine({ flow, packets })}\n`)
    batches.set(flow, [])
  }
}

const { intervalMs, httpIntervalMs, timeoutMs } = plan
const { signal } = stop
const senders = plan.addresses.map(async (address) => {
  const six = isIPv6(address)
  const echo: FlowName = six ? 'udp6' : 'udp4'
  const http: FlowName = six ? 'http6' : 'http4'
  batches.set(echo, []).set(http, [])
  startRequester({
    address,
    port: httpPort,
    intervalMs: httpIntervalMs,
    timeoutMs,
    signal,
    onRequest({ sequence, sentAtMs, totalMs, outcome, answeredBy: pop }) {
      const rttMs = outcome === 'answered' ? totalMs : undefined
      batches.get(http)?.push({ sequence, sentAtMs, rttMs, pop, reordered: false })
    },
  })
  const sender = await startSender({
    address,
    port: echoPort,
    intervalMs,
    timeoutMs,
    signal,
    onPacket(packet) {
      const { sequence, sentAtMs } = packet
      const answered = packet.outcome === 'answered' ? packet : undefined
      const reordered = answered?.reordered ?? false
      batches.get(echo)?.push({ sequence, sentAtMs, rttMs: answered?.rttMs, pop: answered?.answeredBy, reordered })
    },
  })
  await sender.finished
})
const timer = setInterval(flush, batchMs)
await Promise.all(senders)
clearInterval(timer)
flush()
