import { describe, expect, test } from 'vitest'
import { failoverPrefixes } from '../../../src/health/failover-prefixes.ts'
import type { NeighborId, PopId, SpeakerId } from '../../../src/intent/model.ts'
import {
  type IntentParts,
  announce,
  drain,
  epoch,
  failoverPolicy,
  intent,
  neighbor,
  override,
  pop,
  serviceV4,
  serviceV6,
} from '../../support/builders.ts'

test('the lines of a prefix are those that carry its family: the last of them is the POP, whatever other lines there are', () => {
  const neighbors = [
    neighbor('isp-v4', { families: ['ipv4'] }),
    neighbor('isp-v6', { families: ['ipv6'] }),
    neighbor('ix', { families: ['ipv4', 'ipv6'] }),
    neighbor('ibgp', { kind: 'internal', families: ['ipv4', 'ipv6'] }),
  ]
  const failover = failoverPolicy(['lines'])
  const of = intent({
    pops: [pop('fra', { neighbors })],
    prefixes: [announce(serviceV4, { failover }), announce(serviceV6, { failover })],
  })
  const states = failoverPrefixes(of, { epoch, nowMs: 0 }, () => new Set(), new Set())
  expect(states.map(({ prefix, lines }) => [prefix, lines.get('fra' as PopId)])).toEqual([
    [serviceV6, ['isp-v6', 'ix']],
    [serviceV4, ['isp-v4', 'ix']],
  ])
})

describe('a line that a person silenced is not heard, and a POP without any other is as good as drained', () => {
  const failover = failoverPolicy(['lines'])
  const lines = [neighbor('fra-a', { address: '192.0.2.1' }), neighbor('fra-b', { address: '192.0.2.2' })]
  const heard = (parts: IntentParts, own: Parameters<typeof announce>[1] = {}) => {
    const of = intent({
      pops: [pop('ams'), pop('fra', { neighbors: lines })],
      prefixes: [announce(serviceV4, { failover, ...own })],
      ...parts,
    })
    const [state] = failoverPrefixes(of, { epoch, nowMs: 0 }, () => new Set(), new Set())
    return { desired: [...(state?.desired ?? [])], fra: state?.lines.get('fra' as PopId) }
  }
  const toward = (name: string) => ({ kind: 'neighbor', neighbor: name as NeighborId }) as const

  test.each<[string, IntentParts, Parameters<typeof announce>[1]?]>([
    ['by a drain of it', { drains: [drain(toward('fra-a'))] }],
    ['by an override toward it', { overrides: [override('x', serviceV4, { announce: false }, { neighbor: 'fra-a' })] }],
    ['in the document', {}, { neighbors: { 'fra-a': { announce: false } } }],
  ])('%s', (_, parts, own) => {
    expect(heard(parts, own)).toEqual({ desired: ['ams', 'fra'], fra: ['fra-b'] })
  })

  test('by a drain of its speaker', () => {
    const base = pop('fra', { speakers: ['fra-1', 'fra-2'], neighbors: lines })
    const neighbors = base.neighbors.map((one) =>
      one.id === 'fra-b' ? { ...one, speaker: 'fra-2' as SpeakerId } : one,
    )
    const drains = [drain({ kind: 'speaker', speaker: 'fra-1' as SpeakerId })]
    expect(heard({ pops: [pop('ams'), { ...base, neighbors }], drains })).toEqual({
      desired: ['ams', 'fra'],
      fra: ['fra-b'],
    })
  })

  test('every one of them', () => {
    const drains = [drain(toward('fra-a')), drain(toward('fra-b'))]
    expect(heard({ drains })).toEqual({ desired: ['ams'], fra: undefined })
  })
})
