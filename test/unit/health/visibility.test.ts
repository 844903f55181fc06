/** What vantage routers see of us, what of that is wrong, and what nobody can tell. */
import { describe, expect, test } from 'vitest'
import type { Asn } from '../../../src/bgp/asn.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { originsOf } from '../../../src/health/visibility-alarm.ts'
import { countVisibility } from '../../../src/health/visibility-count.ts'
import { type SeenPrefix, sightOf } from '../../../src/health/visibility.ts'
import { announce, asn, intent, serviceV4, serviceV6 } from '../../support/builders.ts'
import { Lookout, announced, at, collector, gone, ours, stranger } from '../../support/lookout.ts'

describe('sight', () => {
  const origins = new Set([asn])
  test.each([
    ['a path of ours', collector('r', { [serviceV4]: ours }), 'seen'],
    ['a path of another AS alone', collector('r', { [serviceV4]: at([stranger]) }), 'not-seen'],
    ['nothing', collector('r', {}), 'not-seen'],
    ['one that went', collector('r', { [serviceV4]: gone }), 'not-seen'],
    ['nothing, and nobody tells it anything', collector('r', {}, { established: 0 }), 'unknown'],
    ['nothing, and it cannot be read', collector('r', {}, { reach: 'unknown' }), 'unknown'],
    ['a path, and it cannot be read', collector('r', { [serviceV4]: ours }, { reach: 'unknown' }), 'unknown'],
  ] as const)('%s is %s', (_, view, expected) => expect(sightOf(view, serviceV4, origins)).toBe(expected))
})

describe('announced and not seen', () => {
  test('is an alarm after the time, and none before', () => {
    const lookout = new Lookout()
    expect(lookout.during(9, collector('rrc1', {}))).toEqual([])
    expect(lookout.during(1, collector('rrc1', {}))).toEqual([`not-seen/${serviceV4}`])
    expect(lookout.look(collector('rrc1', { [serviceV4]: ours }))).toEqual([])
  })
  test('is none where a single vantage router sees it', () => {
    expect(new Lookout().during(60, collector('rrc1', {}), collector('rrc2', { [serviceV4]: ours }))).toEqual([])
  })
  test('is one where all that is seen is of another AS', () => {
    const alarms = new Lookout().during(60, collector('rrc1', { [serviceV4]: at([stranger]) }))
    expect(alarms).toContain(`not-seen/${serviceV4}`)
  })
  test('is none where it is not proved, nor where no vantage router can tell', () => {
    const lookout = new Lookout()
    lookout.proved = []
    expect(lookout.during(60, collector('rrc1', {}))).toEqual([])
    expect(new Lookout().during(9, collector('rrc1', {}, { established: 0 }))).toEqual([])
  })
  test('begins anew when it was seen in between', () => {
    const lookout = new Lookout()
    lookout.during(9, collector('rrc1', {}))
    lookout.look(collector('rrc1', { [serviceV4]: ours }))
    expect(lookout.during(9, collector('rrc1', {}))).toEqual([])
  })
  test('stays an alarm when the vantage router dies, because nothing says that it is over', () => {
    const lookout = new Lookout()
    lookout.during(10, collector('rrc1', {}))
    expect(lookout.during(9, collector('rrc1', {}, { reach: 'unknown' }))).toEqual([`not-seen/${serviceV4}`])
  })
})

describe('withdrawn everywhere and still seen', () => {
  const withdrawn = (): Lookout => {
    const lookout = new Lookout()
    lookout.held = []
    lookout.proved = []
    return lookout
  }
  test('is an alarm after the time, with the path by which it is seen', () => {
    const lookout = withdrawn()
    expect(lookout.during(9, collector('rrc1', { [serviceV4]: ours }))).toEqual([])
    expect(lookout.during(1, collector('rrc1', { [serviceV4]: ours }))).toEqual([`still-seen/${serviceV4}`])
    expect(lookout.message(`still-seen/${serviceV4}`)).toContain('still seen by rrc1 by 64497 65001')
    expect(lookout.look(collector('rrc1', { [serviceV4]: gone }))).toEqual([])
  })
  test('also where its document was deleted', () => {
    const lookout = withdrawn()
    lookout.intent = intent({ pops: ['fra'] })
    expect(lookout.during(60, collector('rrc1', { [serviceV4]: ours }))).toEqual([])
    lookout.deleted = [serviceV4]
    expect(lookout.during(10, collector('rrc1', { [serviceV4]: ours }))).toEqual([`still-seen/${serviceV4}`])
  })
  test('is none while some speaker may still hold it', () => {
    const lookout = withdrawn()
    lookout.held = [serviceV4]
    expect(lookout.during(60, collector('rrc1', { [serviceV4]: ours }))).toEqual([])
  })
  test('is none by what a vantage router saw before it died', () => {
    expect(withdrawn().during(9, collector('rrc1', { [serviceV4]: ours }, { reach: 'unknown' }))).toEqual([])
  })
})

describe('space of ours originated by another AS', () => {
  const hijack = '203.0.113.0/25'
  test('is an alarm at once, best path or not, and names what it takes traffic from', () => {
    const lookout = new Lookout()
    const theirs = { ...at([64498, stranger]).paths[0]!, best: false }
    const both: SeenPrefix = { ...ours, paths: [...ours.paths, theirs] }
    expect(lookout.look(collector('rrc1', { [serviceV4]: both }))).toEqual([`wrong-origin/${serviceV4} AS${stranger}`])
    expect(lookout.message(`wrong-origin/${serviceV4} AS${stranger}`)).toBe(
      '203.0.113.0/24 is originated by AS64666, which is none of ours and which is announced here too: a possible hijack; seen by rrc1 by 64498 64666',
    )
  })
  test('more specific, too', () => {
    const lookout = new Lookout()
    const seen = { [serviceV4]: ours, [hijack]: at([stranger]) }
    expect(lookout.look(collector('rrc1', seen))).toEqual([`wrong-origin/${hijack} AS${stranger}`])
    expect(lookout.message(`wrong-origin/${hijack} AS${stranger}`)).toContain('more specific than 203.0.113.0/24')
    expect(lookout.look(collector('rrc1', { [serviceV4]: ours, [hijack]: gone }))).toEqual([])
  })
  test('is none where its pool allows that AS', () => {
    const lookout = new Lookout()
    lookout.intent = intent({ pops: ['fra'], prefixes: [announce(serviceV4)], origins: [stranger] })
    expect(lookout.during(60, collector('rrc1', { [serviceV4]: at([stranger]) }))).toEqual([])
  })
  test('is told once, by all that see it', () => {
    const lookout = new Lookout()
    const seen = { [serviceV4]: ours, [hijack]: at([stranger]) }
    expect(lookout.look(collector('rrc1', seen), collector('rrc2', seen))).toHaveLength(1)
    expect(lookout.message(`wrong-origin/${hijack} AS${stranger}`)).toContain('rrc1 by 64666; rrc2 by 64666')
  })
  test('stays one when the only session of the vantage router that saw it is gone', () => {
    const lookout = new Lookout()
    lookout.look(collector('rrc1', { [serviceV4]: ours, [hijack]: at([stranger]) }))
    const deaf = collector('rrc1', { [serviceV4]: gone, [hijack]: gone }, { established: 0 })
    expect(lookout.during(9, deaf)).toEqual([`wrong-origin/${hijack} AS${stranger}`])
    expect(lookout.look(collector('rrc1', { [serviceV4]: ours, [hijack]: gone }))).toEqual([])
  })
  test('a leak of thousands is a hundred alarms and one that counts the rest', () => {
    const seen = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`10.0.${i}.0/24`, at([stranger])] as const))
    const lookout = new Lookout()
    const alarms = lookout.look(collector('rrc1', { ...seen, [serviceV4]: ours }))
    expect(alarms).toHaveLength(101)
    expect(lookout.message('wrong-origin/others')).toContain('150 more prefixes')
  })
})

test.each([
  ['cannot be read', { reach: 'unknown', problem: 'connection refused' } as const, 'connection refused'],
  ['has no session', { established: 0 }, 'none of its sessions is established'],
])('a vantage router that %s for a while is an alarm of its own, and no other', (_, parts, words) => {
  const lookout = new Lookout()
  expect(lookout.during(9, collector('rrc1', {}, parts))).toEqual([])
  expect(lookout.during(1, collector('rrc1', {}, parts))).toEqual(['collector-unknown/rrc1'])
  expect(lookout.message('collector-unknown/rrc1')).toContain(words)
  expect(lookout.look(collector('rrc1', { [serviceV4]: ours }))).toEqual([])
})

test('origins are our own AS, and what the pool that contains a prefix allows beside it', () => {
  const pools = new Map([
    ['a', { id: 'a', prefixes: ['203.0.113.0/24'] as Prefix[], origins: [], elsewhere: [] }],
    ['b', { id: 'b', prefixes: ['198.51.100.0/24'] as Prefix[], origins: [stranger as Asn], elsewhere: [] }],
  ])
  const origins = originsOf({ network: announced.network, pools })
  expect([...origins('203.0.113.0/25' as Prefix)]).toEqual([asn])
  expect([...origins('198.51.100.128/25' as Prefix)]).toEqual([asn, stranger])
})

test('counts are of what is announced and proved, and of all that is ours for wrong origins', () => {
  const two = intent({ pops: ['fra'], prefixes: [announce(serviceV4), announce(serviceV6)] })
  const view = collector('rrc1', { [serviceV4]: ours, '203.0.113.128/25': at([stranger]) })
  const standing = { isProved: () => true }
  expect(countVisibility([view, collector('rrc2', {}, { reach: 'unknown' })], two, standing)).toEqual([
    { collector: 'rrc1', seen: 1, notSeen: 1, unknown: 0, wrongOrigin: 1 },
    { collector: 'rrc2', seen: 0, notSeen: 0, unknown: 2, wrongOrigin: 0 },
  ])
})
