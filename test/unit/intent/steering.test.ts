/** PathGroup and Preference documents: what they may say, and what they come to at each speaker. */
import { describe, expect, test } from 'vitest'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { checkIntent } from '../../../src/intent/check.ts'
import { affectedPrefixes, compileSpeaker } from '../../../src/intent/compile.ts'
import { compileSteering, steeringChangesAtMs } from '../../../src/intent/compile/steering.ts'
import type { SpeakerId } from '../../../src/intent/model.ts'
import { readSpec } from '../../../src/intent/schema.ts'
import { type IntentParts, announce, epoch, freeze, intent, neighbor, pop } from '../../support/builders.ts'
import { pathGroup, preference } from '../../support/steering-builders.ts'

const destination = '192.0.2.0/24' as Prefix
const fra = 'fra-1' as SpeakerId
const two = (id: string) =>
  pop(id, {
    neighbors: [
      neighbor(`${id}-bb1`, { kind: 'internal', address: '10.0.1.1' }),
      neighbor(`${id}-bb2`, { kind: 'internal', address: '10.0.2.1' }),
    ],
  })

function steered(parts: IntentParts) {
  const made = intent({ pops: [two('fra'), two('sin')], pathGroups: [pathGroup([destination])], ...parts })
  return compileSteering(made, destination, 1000).map(({ speaker, neighbor: id }) => `${speaker} ${id}`)
}

describe('a preference', () => {
  test('chooses the neighbor of its path at every speaker of its POP, and nowhere else', () => {
    expect(steered({ preferences: [preference('fra', 'bb2')] })).toEqual(['fra-1 fra-bb2'])
  })

  test('of the learner counts where the mode lets it move; of a person always', () => {
    const all = (mode: 'off' | 'shadow' | 'canary' | 'auto', by: 'person' | 'learner') =>
      steered({
        pathGroups: [pathGroup([destination], { mode, canary: ['fra'] as never })],
        preferences: ['fra', 'sin'].map((at) => preference(at, 'bb1', { by })),
      }).length
    expect(['off', 'shadow', 'canary', 'auto'].map((mode) => all(mode as 'off', 'learner'))).toEqual([0, 0, 1, 2])
    expect(all('off', 'person')).toBe(2)
  })

  test('that starts later, or is about a prefix that is announced, says nothing', () => {
    expect(steered({ preferences: [preference('fra', 'bb1', { startedAtMs: 2000 })] })).toEqual([])
    expect(steered({ prefixes: [announce(destination)], preferences: [preference('fra', 'bb1')] })).toEqual([])
  })

  test('of a person for a while ends by itself, and not while automation is frozen', () => {
    const preferences = [preference('fra', 'bb2', { expiresAtMs: 1000 })]
    const later = [preference('fra', 'bb2', { expiresAtMs: 1001 })]
    expect(steered({ preferences })).toEqual([])
    expect(steered({ preferences: later })).toEqual(['fra-1 fra-bb2'])
    expect(steered({ preferences, freezes: [freeze({ startedAtMs: 999 })] })).toEqual(['fra-1 fra-bb2'])
    const changes = (parts: IntentParts) => {
      const made = intent({ pops: [two('fra')], pathGroups: [pathGroup([destination])], ...parts })
      return steeringChangesAtMs(made, destination, 1000)
    }
    expect(changes({ preferences: later })).toBe(1001)
    expect(changes({ preferences })).toBeUndefined()
    expect(changes({ preferences: later, freezes: [freeze({ startedAtMs: 999, expiresAtMs: 5000 })] })).toBe(5000)
  })

  test('of the learner has no end, and none ends before it starts', () => {
    const spec = { group: 'origin', pop: 'fra', path: 'bb1', startedAtMs: 5, reason: 'x' }
    const reads = (more: object) => readSpec('Preference', { ...spec, ...more }).ok
    expect(reads({ expiresAtMs: 6 })).toBe(true)
    expect(reads({ expiresAtMs: 5 })).toBe(false)
    expect(reads({ by: 'learner', expiresAtMs: 6 })).toBe(false)
    expect(reads({ by: 'learner' })).toBe(true)
  })

  test('concerns the destinations of its group, also when a neighbor changes', () => {
    const before = intent({ pops: [two('fra')], pathGroups: [pathGroup([destination])] })
    const after = { ...before, preferences: new Map([['origin-fra', preference('fra', 'bb1')]]) }
    const change = { before: undefined, after: {} }
    expect(affectedPrefixes(before, after, [{ ...change, key: 'Preference/origin-fra' }])).toEqual(
      new Set([destination]),
    )
    expect(affectedPrefixes(after, after, [{ ...change, key: 'Neighbor/fra-bb1' }])).toEqual(new Set([destination]))
  })
})

test('a speaker is told which destinations and neighbors to keep an eye on', () => {
  const made = intent({ pops: [two('fra')], pathGroups: [pathGroup([destination])] })
  expect(compileSpeaker(made, fra, { epoch, nowMs: 0 }).steering).toEqual({
    destinations: [destination],
    neighbors: ['10.0.1.1', '10.0.2.1'],
  })
  expect(compileSpeaker(intent({ pops: [two('fra')] }), fra, { epoch, nowMs: 0 }).steering).toBeUndefined()
})

describe('review refuses', () => {
  const codes = (parts: IntentParts) =>
    checkIntent(intent({ pops: [two('fra')], ...parts }))
      .filter(({ severity, document }) => severity === 'error' && /^(PathGroup|Preference)\//.test(document))
      .map(({ code }) => code)

  test('a destination that Herald announces, or that is in a pool', () => {
    const group = pathGroup(['203.0.113.0/24'])
    expect(codes({ pathGroups: [group], prefixes: [announce('203.0.113.0/24')] })).toEqual(['destination-announced'])
    expect(codes({ pathGroups: [group] })).toEqual(['destination-owned'])
    expect(codes({ pathGroups: [pathGroup(['0.0.0.0/0'])] })).toEqual(['destination-owned'])
    expect(codes({ pathGroups: [pathGroup([destination])] })).toEqual([])
  })

  test('a destination of two groups at one POP', () => {
    const second = pathGroup([destination], { id: 'other' as never })
    expect(codes({ pathGroups: [pathGroup([destination]), second] })).toEqual(['destination-in-two-groups'])
  })

  test('a group that moves between relationships', () => {
    const mixed = pop('fra', { neighbors: [neighbor('fra-bb1'), neighbor('fra-bb2', { kind: 'peer' })] })
    expect(codes({ pops: [mixed], pathGroups: [pathGroup([destination])] })).toEqual(['mixed-relationships'])
  })

  test('a preference for what is not there, and a second one at the same place', () => {
    const pathGroups = [pathGroup([destination], { at: ['fra'] as never })]
    expect(codes({ pathGroups, preferences: [preference('fra', 'bb3')] })).toEqual(['unknown-reference'])
    expect(codes({ pathGroups, preferences: [preference('sin', 'bb1')] })).toEqual(['unknown-reference'])
    const twice = [preference('fra', 'bb1'), preference('fra', 'bb2', { id: 'other' })]
    expect(codes({ pathGroups, preferences: twice })).toEqual(['second-preference'])
    const pops = [two('fra'), two('sin')]
    expect(codes({ pops, pathGroups, preferences: [preference('sin', 'bb1')] })).toEqual(['not-there'])
  })
})

test('a PathGroup is read as people write it, with shadow as its mode', () => {
  const read = readSpec('PathGroup', {
    destinations: ['192.0.2.0/24'],
    paths: { bb1: { neighbor: '{pop}-bb1-{family}', check: 'bb1-rtt' } },
  })
  expect(read).toMatchObject({ ok: true, spec: { at: ['all'], mode: 'shadow', paths: { bb1: { neighbors: {} } } } })
  expect(readSpec('PathGroup', { destinations: [destination], paths: { bb1: { neighbor: '{popp}-x' } } }).ok).toBe(
    false,
  )
  expect(readSpec('PathGroup', { destinations: [destination], paths: { a: {} } }).ok).toBe(false)
})
