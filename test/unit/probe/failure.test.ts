/** What an error of a probe means: a fault of the agent's own machine never speaks against the subject. */
import { describe, expect, test } from 'vitest'
import { errorOf, findingOf, noAnswer } from '../../../src/probe/failure.ts'
import { familiesOf } from '../../../src/probe/own-link.ts'

const linked = () => true
const cut = () => false
const outcome = (code: string, hasLink = linked) => findingOf(errorOf(code), 'ipv4', hasLink).outcome

describe('an error', () => {
  test.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'HPE_INVALID_CONSTANT', 'CERT_HAS_EXPIRED'])(
    '%s is the subject’s, link or no link',
    (code) => expect([outcome(code), outcome(code, cut)]).toEqual(['fail', 'fail']),
  )

  test.each(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EHOSTDOWN'])(
    '%s speaks against the subject only where the agent has a link',
    (code) => expect([outcome(code), outcome(code, cut)]).toEqual(['fail', 'unknown']),
  )

  test.each([
    'EADDRNOTAVAIL',
    'EADDRINUSE',
    'EMFILE',
    'ENFILE',
    'ENOBUFS',
    'ENOMEM',
    'EPERM',
    'EACCES',
    'EINVAL',
    'ENOTFOUND',
    'EAI_AGAIN',
  ])('%s is the agent’s own', (code) => expect(outcome(code)).toBe('unknown'))

  test('that nobody thought of, or that is a bug, is the agent’s own', () => {
    expect(outcome('E_NEW_IN_NODE_30')).toBe('unknown')
    expect(findingOf(new TypeError('x is not a function'), 'ipv4', linked)).toEqual({
      outcome: 'unknown',
      detail: 'error: x is not a function',
    })
    expect(findingOf('thrown text', 'ipv4', linked).outcome).toBe('unknown')
  })

  test('of TLS is told in OpenSSL’s words without its numbers', () => {
    const message = '80DC1234:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../x.c:77:'
    const error = Object.assign(new Error(message), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' })
    expect(findingOf(error, 'ipv4', linked)).toEqual({ outcome: 'fail', detail: 'TLS: wrong version number' })
  })
})

test('silence speaks against the subject only where the agent has a link of that family', () => {
  const onlyIpv4 = (family: string) => family === 'ipv4'
  expect(noAnswer(500, 'ipv4', onlyIpv4)).toEqual({ outcome: 'fail', detail: 'no answer in 500 ms' })
  expect(noAnswer(500, 'ipv6', onlyIpv4)).toEqual({
    outcome: 'unknown',
    detail: 'no answer in 500 ms; this agent has no IPv6 link',
  })
})

test('loopback and link-local addresses are no link', () => {
  const at = (address: string, family: 'IPv4' | 'IPv6', internal: boolean) =>
    ({ address, family, internal, netmask: '', mac: '', cidr: null, scopeid: 0 }) as never
  expect([...familiesOf({ lo: [at('127.0.0.1', 'IPv4', true)], eth0: [at('fe80::1', 'IPv6', false)] })]).toEqual([])
  expect([...familiesOf({ eth0: [at('192.0.2.7', 'IPv4', false), at('2001:db8::7', 'IPv6', false)] })]).toEqual([
    'ipv4',
    'ipv6',
  ])
})
