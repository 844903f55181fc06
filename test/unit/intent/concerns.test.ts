import { expect, test } from 'vitest'
import { concerns } from '../../../src/intent/concerns.ts'

const drain = { key: 'Drain/night', before: undefined, after: { target: { at: 'fra' }, graceSeconds: 2 } } as const
const prefix = {
  key: 'Prefix/203.0.113.0/24',
  before: { at: ['fra', 'ams'], pops: { sin: { prepend: 1 } } },
  after: { at: ['ams'], description: 'not at tyo any more' },
} as const

test.each([
  [drain, 'night'],
  [drain, 'Drain/night'],
  [drain, 'fra'],
  [prefix, '203.0.113.0/24'],
  [prefix, 'Prefix/203.0.113.0/24'],
  [prefix, 'ams'],
  [prefix, 'fra'],
  [prefix, 'sin'],
])('a change of %o concerns %s', (change, name) => {
  expect(concerns(change, name)).toBe(true)
})

test('a change does not concern what is only part of a word, or what somebody remarked', () => {
  const others = ['Drain', 'Override/night', 'nigh', '203.0.113.0', 'fr', 'tyo']
  expect(others.filter((name) => concerns(drain, name) || concerns(prefix, name))).toEqual([])
})
