/** What a change is refused for, and what force can do about it. */
import { describe, expect, test } from 'vitest'
import type { Asn } from '../../../src/bgp/asn.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import type { DocumentChange, DocumentKey } from '../../../src/intent/document.ts'
import type { Intent } from '../../../src/intent/model.ts'
import { type Review, reviewChange } from '../../../src/plan/review.ts'
import {
  announce,
  drain,
  epoch,
  freeze,
  intent,
  type IntentParts,
  neighbor,
  override,
  pop,
  serviceV4,
  serviceV6,
} from '../../support/builders.ts'

const pops = ['ams', 'fra', 'nrt', 'sin']
const other = '198.51.100.0/24'

function review(
  before: Intent,
  after: Intent,
  keys: readonly DocumentKey[],
  rest: { named?: string[]; force?: boolean } = {},
): Review {
  const changes = keys.map((key): DocumentChange => ({ key, before: undefined, after: {} }))
  const named = new Set((rest.named ?? []) as Prefix[])
  return reviewChange(before, after, { changes, named, force: rest.force ?? false, moment: { epoch, nowMs: 1000 } })
}

const refused = ({ refusals }: Review): string[] => refusals.map(({ guard, code }) => `${guard} ${code}`)

/** From one prefix at four POPs to what `parts` says of it. */
function changed(parts: Parameters<typeof announce>[1], rest: IntentParts = {}): Review {
  const before = intent({ pops, prefixes: [announce(serviceV4), announce(other)] })
  const after = intent({ pops, prefixes: [announce(serviceV4, parts), announce(other)], revision: 2, ...rest })
  return review(before, after, [`Prefix/${serviceV4}`, 'Drain/fra-drain', 'Drain/ams-drain', 'Drain/sin-drain'])
}

describe('G1: how few POPs a prefix may be left at', () => {
  test.each<[string, string[], Review]>([
    ['two of four POPs', [], changed({ at: ['ams', 'fra'] })],
    ['one of four POPs', ['G1 below-floor'], changed({ at: ['ams'] })],
    ['no POP', ['G1 below-floor'], changed({ at: [] })],
    [
      'two, below a floor of its own',
      ['G1 below-floor'],
      changed({ floor: 3 }, { drains: [drain('fra'), drain('ams')] }),
    ],
    ['announce: false', ['G1 below-floor'], changed({ attributes: { announce: false } })],
    ['other attributes', [], changed({ attributes: { med: 5 } })],
    ['a drain that leaves two', [], changed({}, { drains: [drain('fra'), drain('ams')] })],
  ])('a prefix left at %s: %j', (_, expected, outcome) => {
    expect(refused(outcome)).toEqual(expected)
  })

  test('a drain counts as what it leads to, although it only marks for now', () => {
    const before = intent({ pops, prefixes: [announce(serviceV4)] })
    const drains = ['ams', 'fra', 'sin'].map((at) => drain(at, { graceSeconds: 60, startedAtMs: 1500 }))
    const after = { ...before, drains: new Map(drains.map((one) => [one.id, one])) }
    const outcome = review(
      before,
      after,
      drains.map(({ id }): DocumentKey => `Drain/${id}`),
    )
    expect(refused(outcome)).toEqual(['G1 below-floor'])
    expect(outcome).toMatchObject({ announcementsBefore: 4, announcementsAfter: 1, removes: 3 })
  })

  test('a move to as many POPs is not a loss, and its removals are counted', () => {
    const before = intent({ pops, prefixes: [announce(serviceV4, { at: ['ams'] })] })
    const after = intent({ pops, prefixes: [announce(serviceV4, { at: ['sin'] })], revision: 2 })
    const outcome = review(before, after, [`Prefix/${serviceV4}`])
    expect(refused(outcome)).toEqual([])
    expect(outcome.removes).toBe(1)
  })

  test('the sentence has the numbers, the reason and the way out', () => {
    expect(changed({ at: ['ams'] }).refusals[0]).toMatchObject({ forceable: true, document: `Prefix/${serviceV4}` })
    expect(changed({ at: ['ams'] }).refusals[0]!.message).toBe(
      '203.0.113.0/24 would be announced at 1 POP (ams), now at 4 (ams, fra, nrt, sin): below 2, which is half of the' +
        ' 4 POPs intended and at least 2; repeat it with --force --reason … if that is meant.',
    )
  })

  test('force overrides it, and says so', () => {
    const before = intent({ pops, prefixes: [announce(serviceV4), announce(other)] })
    const after = intent({ pops, prefixes: [announce(other)], revision: 2 })
    const outcome = review(before, after, [`Prefix/${serviceV4}`], { force: true })
    expect(outcome.refusals).toEqual([])
    expect(outcome.overridden).toEqual(['G1'])
  })

  test('a hundred refusals are told in a handful', () => {
    const many = Array.from({ length: 100 }, (_, i) => announce(`10.0.${i}.0/24`))
    const before = intent({ pops: ['ams', 'fra'], prefixes: many })
    const after = { ...before, drains: new Map([['ams-drain', drain('ams')]]) }
    const { refusals } = review(before, after, ['Drain/ams-drain'])
    expect(refusals).toHaveLength(21)
    expect(refusals.at(-1)!.message).toContain('80 more prefixes')
  })
})

describe('G4: nothing is not "delete all"', () => {
  const many = Array.from({ length: 20 }, (_, i) => announce(`10.0.${i}.0/24`, { at: ['ams', 'fra'] }))
  const before = intent({ pops, prefixes: many })
  const keep = (count: number, named: number): Review => {
    const gone = many.slice(count).map(({ prefix }) => prefix)
    const after = intent({ pops, prefixes: many.slice(0, count), revision: 2 })
    return review(
      before,
      after,
      gone.map((prefix): DocumentKey => `Prefix/${prefix}`),
      { named: gone.slice(0, named) },
    )
  }
  const massOnly = (outcome: Review): string[] => refused(outcome).filter((one) => one.startsWith('G4'))

  test.each<[string, string[], Review]>([
    ['two of twenty prefixes unnamed', [], keep(18, 0)],
    ['three of twenty prefixes unnamed', ['G4 shrinks'], keep(17, 0)],
    ['three of twenty prefixes by name', [], keep(17, 3)],
    ['everything, by name', ['G4 everything'], keep(0, 20)],
  ])('removing %s: %j', (_, expected, outcome) => {
    expect(massOnly(outcome)).toEqual(expected)
  })

  test('losing the Network or every POP is refused', () => {
    expect(massOnly(review(before, { ...before, network: undefined }, ['Network/main']))).toContain('G4 no-network')
    expect(massOnly(review(before, intent({ prefixes: many }), ['Pop/ams', 'Pop/fra']))).toContain('G4 no-pops')
  })

  test('a POP that goes takes many prefixes with it', () => {
    const after = intent({ pops: ['fra', 'nrt', 'sin'], prefixes: many, revision: 2 })
    expect(massOnly(review(before, after, ['Pop/ams']))).toEqual(['G4 shrinks'])
  })

  test('a drain is explicit and is left to the floors', () => {
    const after = { ...before, drains: new Map([['d', drain('nrt')]]) }
    expect(refused(review(before, after, ['Drain/d']))).toEqual([])
  })
})

describe('G7 and G8: what may be said to others', () => {
  const publish = (prefix: string, parts: Parameters<typeof announce>[1] = {}): Review =>
    review(intent({ pops }), intent({ pops, prefixes: [announce(prefix, parts)], revision: 2 }), [`Prefix/${prefix}`], {
      force: true,
    })
  test.each<[string, string[], Review]>([
    ['an owned prefix', [], publish(serviceV6)],
    ['a prefix outside every pool', ['G7 outside-pools'], publish('192.0.2.0/24')],
    ['an IPv4 default route', ['G7 unannounceable'], publish('0.0.0.0/0')],
    ['a long prefix inside a pool', [], publish('203.0.113.128/25')],
    ['a LOCAL_PREF below the band', ['G8 local-pref-band'], publish(serviceV4, { attributes: { localPref: 300 } })],
    [
      'a LOCAL_PREF above the band at a POP',
      ['G8 local-pref-band'],
      publish(serviceV4, { pops: { fra: { localPref: 2000 } } }),
    ],
    ['a LOCAL_PREF inside the band', [], publish(serviceV4, { attributes: { localPref: 1999 } })],
  ])('%s, even with force: %j', (_, expected, outcome) => {
    expect(refused(outcome)).toEqual(expected)
  })

  test('an override is held to the band as well', () => {
    const before = intent({ pops, prefixes: [announce(serviceV4)] })
    const after = { ...before, overrides: new Map([['o', override('o', serviceV4, { localPref: 5 })]]) }
    expect(refused(review(before, after, ['Override/o']))).toEqual(['G8 local-pref-band'])
  })

  test('a private AS does not reach a public one unless a person insists', () => {
    const before = intent({ pops: ['fra'] })
    const after = (asn: number): Intent => intent({ pops: [pop('fra', { neighbors: [neighbor('isp', { asn })] })] })
    expect(refused(review(before, after(3320), ['Neighbor/isp']))).toEqual(['G7 private-asn'])
    expect(refused(review(before, after(64700), ['Neighbor/isp']))).toEqual([])
    expect(review(before, after(3320), ['Neighbor/isp'], { force: true }).overridden).toEqual(['G7'])
  })
})

test('G13: a reference to what does not exist is refused, force or not', () => {
  const before = intent({ pops })
  const after = intent({ pops, prefixes: [announce(serviceV4, { at: ['all', 'atlantis'] })], revision: 2 })
  const outcome = review(before, after, [`Prefix/${serviceV4}`], { force: true })
  expect(outcome.refusals).toMatchObject([{ guard: 'G13', forceable: false, document: `Prefix/${serviceV4}` }])
  expect(outcome.refusals[0]!.message).toContain('atlantis')
})

test('the AS of the network does not change under standing announcements, force or not', () => {
  const before = intent({ pops, prefixes: [announce(serviceV4)] })
  const renumbered = intent({ pops, prefixes: [announce(serviceV4)], network: { asn: 64555 as Asn }, revision: 2 })
  expect(refused(review(before, renumbered, ['Network/n'], { force: true }))).toEqual(['G13 asn-change'])
  const silent = intent({ pops, prefixes: [announce(serviceV4, { at: [] })] })
  expect(refused(review(silent, renumbered, ['Network/n']))).toEqual([])
})

test('what was wrong before is not held against a change of something else', () => {
  const broken = [announce('192.0.2.0/24', { at: ['atlantis', 'all'], attributes: { localPref: 1 } })]
  const before = intent({ pops, prefixes: broken })
  const after = { ...before, revision: 2, freezes: new Map([['freeze', freeze()]]) }
  expect(refused(review(before, after, ['Freeze/freeze']))).toEqual([])
})
