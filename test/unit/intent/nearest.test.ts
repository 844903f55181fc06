import { expect, test } from 'vitest'
import { didYouMean, listed, nearest } from '../../../src/intent/nearest.ts'

test.each([
  ['fro', ['fra', 'ams', 'sin'], 'fra'],
  ['mas', ['fra', 'ams', 'sin'], 'ams'],
  ['asm', ['fra', 'ams', 'sin'], 'ams'],
  ['FRA', ['fra'], 'fra'],
  ['frankfurt', ['fra', 'ams'], undefined],
  ['fra-alhpa', ['fra-alpha', 'fra-beta'], 'fra-alpha'],
  ['x', ['a', 'b'], undefined],
  ['atributes', ['attributes', 'at'], 'attributes'],
  ['fra-transit', ['fra-transit-ipv6', 'fra-transit-ipv4', 'fra-peer'], 'fra-transit-ipv4'],
  ['fr', ['frankfurt'], undefined],
  ['', ['a'], undefined],
  ['zzz', [], undefined],
])('"%s" among %j means %s', (text, known, meant) => expect(nearest(text, known)).toBe(meant))

test('the answer does not depend on the order of the names', () => {
  expect(nearest('fr', ['frb', 'fra'])).toBe('fra')
  expect(nearest('fr', ['fra', 'frb'])).toBe('fra')
})

test('a very long text costs no more than a short one', () => {
  expect(nearest('x'.repeat(1_000_000), ['fra'])).toBeUndefined()
  expect(didYouMean('x'.repeat(1_000_000), ['fra'])).toBe('')
})

test('long lists are cut, and counted', () => {
  expect(listed(['a', 'b', 'c'], 2)).toBe('a, b and 1 more')
  expect(listed(['a', 'b'], 2)).toBe('a, b')
})
