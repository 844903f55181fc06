/**
 * HTTP(S): a new connection each time, so that the whole way is probed: TCP, TLS with the URL's name, request, status,
 * start of the body. Redirects are an answer and are not followed. The round trip ends with the answer's headers.
 */
import { isIP, connect as connectTcp, type Socket } from 'node:net'
import { type TLSSocket, checkServerIdentity, connect as connectTls } from 'node:tls'
import { Client, type Dispatcher, type buildConnector } from 'undici'
import { addressFamily } from '../bgp/address.ts'
import type { Probe } from '../health/task.ts'
import { attempt } from './attempt.ts'
import { type Finding, type Measured, answered, failed } from './finding.ts'
import type { ProbeOptions } from './probe-options.ts'

export type HttpProbe = Extract<Probe, { kind: 'http' }>

const bodyReadAtMostBytes = 64 * 1024
const dayMs = 86_400_000

/** @throws only where `signal` aborts */
export function probeHttp(probe: HttpProbe, options: ProbeOptions, signal: AbortSignal): Promise<Finding> {
  const url = new URL(probe.url)
  const host = url.hostname.replaceAll(/[[\]]/g, '')
  const family = addressFamily(probe.address ?? options.source ?? (isIP(host) > 0 ? host : '0.0.0.0'))
  return attempt(options.timeoutMs, signal, { ...options, family }, async (deadline) => {
    const connection = connectionTo(url, host, probe, options)
    // A socket that is still connecting is not undici's yet, and would outlive the client.
    deadline.addEventListener('abort', () => connection.socket()?.destroy(deadline.reason as Error), {
      once: true,
    })
    const client = new Client(url.origin, {
      connect: connection.connect,
      pipelining: 0,
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    try {
      return await exchange(client, url, probe, deadline, connection.validTo)
    } finally {
      void client.destroy().catch(() => undefined)
      connection.socket()?.destroy()
    }
  })
}

async function exchange(
  client: Client,
  url: URL,
  probe: HttpProbe,
  signal: AbortSignal,
  validTo: () => string | undefined,
): Promise<Finding> {
  const startedMs = performance.now()
  const { statusCode, headers, body } = await client.request({
    path: `${url.pathname}${url.search}`,
    method: 'GET',
    headers: { 'user-agent': 'herald-probe', accept: '*/*' },
    signal,
  })
  const measured = { rttMs: performance.now() - startedMs, answeredBy: headerText(headers, probe.popHeader) }
  body.on('error', () => undefined)
  try {
    if (!probe.statuses.includes(statusCode)) return failed(`HTTP ${statusCode}`, measured)
    if (probe.body !== undefined && !(await occurs(body, probe.body)))
      return failed(`the body does not contain "${probe.body.slice(0, 60)}"`, measured)
    return judgeCertificate(validTo(), probe.tlsDaysLeft, measured)
  } finally {
    body.destroy()
  }
}

function connectionTo(url: URL, host: string, { address }: HttpProbe, { source, ca }: ProbeOptions) {
  let socket: Socket | TLSSocket | undefined
  let validTo: string | undefined
  const connect: buildConnector.connector = (_options, done) => {
    const tcp = {
      host: address ?? host,
      port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
      ...(source !== undefined && { localAddress: source, family: addressFamily(source) === 'ipv6' ? 6 : 4 }),
    }
    const secure = url.protocol === 'https:'
    const opening = secure
      ? connectTls({
          ...tcp,
          ...(isIP(host) === 0 && { servername: host }),
          checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
          ...(ca !== undefined && { ca }),
          ALPNProtocols: ['http/1.1'],
        })
      : connectTcp(tcp)
    socket = opening
    const refuse = (error: Error): void => done(error, null)
    opening.once('error', refuse)
    opening.once(secure ? 'secureConnect' : 'connect', () => {
      opening.off('error', refuse)
      // Now, because a socket that the server closed has no certificate any more.
      if ('getPeerCertificate' in opening) validTo = opening.getPeerCertificate().valid_to
      done(null, opening)
    })
  }
  return { connect, socket: () => socket, validTo: () => validTo }
}

function headerText(headers: Dispatcher.ResponseData['headers'], name: string | undefined): string | undefined {
  const value = name === undefined ? undefined : headers[name.toLowerCase()]
  return typeof value === 'string' ? value : value?.[0]
}

/** Reads no more than the first 64 KiB, and no more than is needed. */
async function occurs(body: AsyncIterable<Buffer>, wanted: string): Promise<boolean> {
  let read = Buffer.alloc(0)
  for await (const chunk of body) {
    read = Buffer.concat([read, chunk]).subarray(0, bodyReadAtMostBytes)
    if (read.includes(wanted)) return true
    if (read.length === bodyReadAtMostBytes) return false
  }
  return false
}

/** @param validTo as OpenSSL prints it; undefined without TLS */
function judgeCertificate(validTo: string | undefined, daysLeft: number | undefined, measured: Measured): Finding {
  if (daysLeft === undefined || validTo === undefined) return answered(measured)
  const left = (Date.parse(validTo) - Date.now()) / dayMs
  if (left >= daysLeft) return answered(measured)
  return failed(`certificate expires in ${Math.floor(left)} day${Math.floor(left) === 1 ? '' : 's'}`, measured)
}
