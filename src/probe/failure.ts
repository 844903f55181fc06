/**
 * What an error of a probe means. The one table: an error that the other side or the way to it made is `fail`; one that
 * this machine made is `unknown`, because a fault of the monitoring must never move a route (DESIGN G3, G9).
 *
 *   `fail`     the other side refused, reset, stopped or spoke nonsense
 *   `reach`    the way is broken: `fail`, but `unknown` where this machine has no link of its own
 *   `unknown`  this machine has no socket, memory, address or permission; or the error is none that is known here
 */
import type { Family } from '../bgp/family.ts'
import { type Finding, failed, unknown } from './finding.ts'
import type { HasLink } from './own-link.ts'

type Meaning = readonly ['fail' | 'reach' | 'unknown', string]

export const meanings: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: ['fail', 'connection refused'],
  ECONNRESET: ['fail', 'connection reset'],
  ECONNABORTED: ['fail', 'connection aborted'],
  EPIPE: ['fail', 'connection closed while sending'],
  EPROTO: ['fail', 'protocol error'],
  UND_ERR_SOCKET: ['fail', 'connection closed before the answer'],
  UND_ERR_HEADERS_OVERFLOW: ['fail', 'headers too large'],

  ETIMEDOUT: ['reach', 'no answer'],
  EHOSTUNREACH: ['reach', 'host unreachable'],
  EHOSTDOWN: ['reach', 'host down'],
  ENETUNREACH: ['reach', 'network unreachable'],
  ENETDOWN: ['reach', 'network down'],

  EADDRNOTAVAIL: ['unknown', 'source address is not here'],
  EADDRINUSE: ['unknown', 'no free source port'],
  EAFNOSUPPORT: ['unknown', 'address family is not supported here'],
  EPROTONOSUPPORT: ['unknown', 'protocol is not supported here'],
  EMFILE: ['unknown', 'this process has too many files open'],
  ENFILE: ['unknown', 'this machine has too many files open'],
  ENOBUFS: ['unknown', 'no buffer for a packet'],
  ENOMEM: ['unknown', 'out of memory'],
  EPERM: ['unknown', 'sending is forbidden here'],
  EACCES: ['unknown', 'sending is forbidden here'],
  EINVAL: ['unknown', 'the kernel refuses to send there'],
  ENODEV: ['unknown', 'no such device'],
  ENOTFOUND: ['unknown', 'the name does not resolve here; give the check an address'],
  EAI_AGAIN: ['unknown', 'the resolver here does not answer; give the check an address'],
}

/** Errors of protocols, by the start of their code: what the other side sent, or its certificate. */
const protocols: readonly (readonly [RegExp, string])[] = [
  [/^HPE_/, 'not HTTP'],
  [/^ERR_SSL_/, 'TLS'],
  [/^(ERR_TLS_CERT_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET|VERIFY)_)/, 'certificate'],
]

/** A probe's error as a finding. Never throws, and never blames the subject for what it does not know. */
export function findingOf(error: unknown, family: Family, hasLink: HasLink): Finding {
  const code = codeOf(error)
  const [meaning, words] = meanings[code] ?? protocolMeaning(code, error)
  if (meaning === 'fail') return failed(words)
  if (meaning === 'reach' && hasLink(family)) return failed(words)
  return unknown(meaning === 'reach' ? `${words}; this agent has no ${familyName(family)} link` : words)
}

/** Silence, which is what a dead subject and a dead line of this machine have in common. */
export function noAnswer(timeoutMs: number, family: Family, hasLink: HasLink): Finding {
  const words = `no answer in ${timeoutMs} ms`
  return hasLink(family) ? failed(words) : unknown(`${words}; this agent has no ${familyName(family)} link`)
}

/** An error that stands for a code of the table. */
export function errorOf(code: string): Error {
  return Object.assign(new Error(code), { code })
}

function familyName(family: Family): string {
  return family === 'ipv4' ? 'IPv4' : 'IPv6'
}

function protocolMeaning(code: string, error: unknown): Meaning {
  const message = error instanceof Error ? error.message : String(error)
  const protocol = protocols.find(([pattern]) => pattern.test(code))
  if (protocol !== undefined) return ['fail', `${protocol[1]}: ${plainWords(message)}`]
  return ['unknown', `${code === '' ? 'error' : code}: ${message}`]
}

/** OpenSSL puts thread ids, sources and lines around its reason. */
function plainWords(message: string): string {
  return /SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message
}

function codeOf(error: unknown): string {
  // undici's parser errors have a code only where its parser found a word for it.
  if (error instanceof Error && error.name === 'HTTPParserError') return 'HPE_INVALID'
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
