/** Which of several paths the memory speaker takes for best (RFC 4271 9.1.2.2). */
import { expect, test } from 'vitest'
import type { Address } from '../../../src/bgp/address.ts'
import type { Asn } from '../../../src/bgp/asn.ts'
import { type PathAttributes, attributesKey } from '../../../src/bgp/path.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { type Candidate, bestPath } from '../../../src/speaker/best-path.ts'

function candidate(of: Partial<PathAttributes>, learnedFrom?: string, identifier = 0): Candidate {
  const attributes = attributesKey({
    origin: 'igp',
    asPath: [],
    nextHop: '192.0.2.1' as Address,
    communities: [],
    largeCommunities: [],
    ...of,
  })
  return { prefix: '203.0.113.0/24' as Prefix, identifier, attributes, learnedFrom: learnedFrom as Address | undefined }
}

const via = (...asns: readonly number[]) => ({ asPath: asns as readonly Asn[] })

test.each([
  {
    what: 'the higher LOCAL_PREF, even over a shorter AS_PATH and a local path',
    best: candidate({ localPref: 1000, ...via(1, 2) }, '192.0.2.9'),
    other: candidate({ localPref: 999 }),
  },
  {
    what: 'LOCAL_PREF 100 where none is given',
    best: candidate({ localPref: 101 }, '192.0.2.9'),
    other: candidate({}),
  },
  { what: 'the local path', best: candidate(via(1)), other: candidate({}, '192.0.2.9') },
  { what: 'the shorter AS_PATH', best: candidate(via(1), '192.0.2.9'), other: candidate(via(2, 3), '192.0.2.8') },
  { what: 'IGP before EGP', best: candidate({}, '192.0.2.9'), other: candidate({ origin: 'egp' }, '192.0.2.8') },
  {
    what: 'the lower MED of one neighbor AS, absent being 0',
    best: candidate(via(1), '192.0.2.9'),
    other: candidate({ med: 1, ...via(1) }, '192.0.2.8'),
  },
  {
    what: 'no MED between different neighbor ASes, so the lower address',
    best: candidate({ med: 9, ...via(1) }, '192.0.2.8'),
    other: candidate({ med: 1, ...via(2) }, '192.0.2.9'),
  },
  { what: 'the lower identifier', best: candidate({}, undefined, 1), other: candidate({}, undefined, 2) },
])('$what wins', ({ best, other }) => {
  expect(bestPath([best, other])).toBe(best)
  expect(bestPath([other, best])).toBe(best)
})
