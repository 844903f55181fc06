/**
 * DNS: one question by UDP, again by TCP where the answer is truncated (RFC 7766). `id.server` is asked from the same
 * socket, so that both packets take the same way to the same POP; a server that does not tell still answers well.
 */
import { randomInt } from 'node:crypto'
import type { DecodedPacket } from 'dns-packet'
import { addressFamily } from '../../bgp/address.ts'
import type { Probe } from '../../health/task.ts'
import { attempt } from '../attempt.ts'
import { type Finding, answered, failed, unknown } from '../finding.ts'
import type { ProbeOptions } from '../probe-options.ts'
import { answerTexts, identityQuestion, nsidOf, questionOf, readAnswer, responseCode, typeProblem } from './message.ts'
import { openUdp, askTcp } from './transport.ts'

export type DnsProbe = Extract<Probe, { kind: 'dns' }>

/** After the answer, `id.server` is waited for this long at most. */
const identityWithinMs = 500

/** @throws only where `signal` aborts */
export async function probeDns(probe: DnsProbe, options: ProbeOptions, signal: AbortSignal): Promise<Finding> {
  const problem = typeProblem(probe.type)
  if (problem !== undefined) return unknown(problem)
  const place = { address: probe.server, port: probe.port, source: options.source }
  return attempt(
    options.timeoutMs,
    signal,
    { ...options, family: addressFamily(probe.server) },
    async (deadline): Promise<Finding> => {
      const id = randomInt(65_536)
      const question = questionOf(probe, id)
      const udp = await openUdp(place, deadline)
      try {
        const startedMs = performance.now()
        const asked = udp.ask(question, (message) => readAnswer(message, id))
        const identity = probe.identify === 'id.server' ? askIdentity(udp, (id + 1) % 65_536) : undefined
        let packet = await asked
        if (packet.flag_tc) packet = await askTcp(place, question, id, deadline)
        const rttMs = performance.now() - startedMs
        const answeredBy =
          identity === undefined
            ? nsidOf(packet)
            : await soon(identity, Math.min(identityWithinMs, options.timeoutMs / 2))
        return judge(probe, packet, { rttMs, answeredBy })
      } finally {
        udp.close()
      }
    },
  )
}

async function askIdentity(udp: Awaited<ReturnType<typeof openUdp>>, id: number): Promise<string | undefined> {
  try {
    const packet = await udp.ask(identityQuestion(id), (message) => readAnswer(message, id))
    return answerTexts(packet)[0]
  } catch {
    return undefined // the name is a courtesy; health is told by the answer itself
  }
}

async function soon(identity: Promise<string | undefined>, withinMs: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), withinMs)
  return Promise.race([identity, promise]).finally(() => clearTimeout(timer))
}

function judge(
  probe: DnsProbe,
  packet: DecodedPacket,
  measured: { readonly rttMs: number; readonly answeredBy: string | undefined },
): Finding {
  const code = responseCode(packet)
  if (code !== 'NOERROR') return failed(code, measured)
  const texts = answerTexts(packet)
  if (probe.answer === undefined || texts.includes(probe.answer)) return answered(measured)
  const said = texts.length === 0 ? 'nothing' : texts.slice(0, 3).join(', ')
  return failed(`answered ${said} instead of ${probe.answer}`, measured)
}
