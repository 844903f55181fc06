/** What an agent is told at its start. */
import { expect, test } from 'vitest'
import { type AgentFlags, readAgentSettings } from '../../../src/agent/settings.ts'

const controller = { address: { kind: 'http', origin: 'http://127.0.0.1:7179' }, token: undefined } as const
const read = (flags: AgentFlags, environment: NodeJS.ProcessEnv = {}) =>
  readAgentSettings(flags, environment, controller)

test.each([
  ['862', { bind: '0.0.0.0', port: 862 }],
  ['192.0.2.1', { bind: '192.0.2.1', port: 862 }],
  ['192.0.2.1:1862', { bind: '192.0.2.1', port: 1862 }],
  ['2001:db8::1', { bind: '2001:db8::1', port: 862 }],
  ['[2001:db8::1]:1862', { bind: '2001:db8::1', port: 1862 }],
])('reflects at %s', (reflect, expected) => {
  expect(read({ name: 'fra-1', reflect }).reflector).toEqual(expected)
})

test.each(['', 'x', '70000', '192.0.2.1:70000', '192.0.2.300', '[192.0.2.1]:862'])(
  'does not reflect at "%s"',
  (reflect) => {
    expect(() => read({ name: 'fra-1', reflect })).toThrow('HERALD_REFLECT')
  },
)

test('flags come before the environment, and every problem is told at once', () => {
  const environment = { HERALD_AGENT: 'fra-2', HERALD_REFLECT: '1862', HERALD_REFLECT_AS: 'fra' }
  expect(read({ name: 'fra-1' }, environment)).toMatchObject({
    name: 'fra-1',
    reflector: { bind: '0.0.0.0', port: 1862, pop: 'fra' },
    bufferSize: 100_000,
    logLevel: 'info',
  })
  expect(() => read({ name: 'Fra 1', buffer: '3', probeCa: '/nowhere.pem' })).toThrow(
    /HERALD_AGENT.*HERALD_PROBE_CA.*HERALD_BUFFER/,
  )
  expect(() => read({})).toThrow('HERALD_AGENT: say the name')
})
