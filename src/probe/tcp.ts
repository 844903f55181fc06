/** TCP: a handshake is the answer, its time the round trip. The connection is closed at once. */
import { connect } from 'node:net'
import { addressFamily } from '../bgp/address.ts'
import type { Probe } from '../health/task.ts'
import { attempt } from './attempt.ts'
import { type Finding, answered } from './finding.ts'
import type { ProbeOptions } from './probe-options.ts'

export type TcpProbe = Extract<Probe, { kind: 'tcp' }>

/** @throws only where `signal` aborts */
export function probeTcp({ address, port }: TcpProbe, options: ProbeOptions, signal: AbortSignal): Promise<Finding> {
  const { source, timeoutMs } = options
  return attempt(timeoutMs, signal, { ...options, family: addressFamily(address) }, (deadline) => {
    const { promise, resolve, reject } = Promise.withResolvers<Finding>()
    const startedMs = performance.now()
    const socket = connect({ host: address, port, ...(source !== undefined && { localAddress: source }) })
    socket.once('connect', () => resolve(answered({ rttMs: performance.now() - startedMs })))
    socket.on('error', reject)
    deadline.addEventListener('abort', () => reject(deadline.reason as Error), { once: true })
    return promise.finally(() => socket.destroy())
  })
}
