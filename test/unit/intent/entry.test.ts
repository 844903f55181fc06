/** EntryGroup and EntryPreference documents: what they may say, and which MED they come to toward which line. */
import { describe, expect, test } from 'vitest'
import { attributesOf } from '../../../src/bgp/path.ts'
import { checkIntent } from '../../../src/intent/check.ts'
import { affectedPrefixes, compilePrefix, compileSpeaker } from '../../../src/intent/compile.ts'
import { enter } from '../../../src/intent/edit.ts'
import type { Intent, SpeakerId } from '../../../src/intent/model.ts'
import { readSpec } from '../../../src/intent/schema.ts'
import {
  type IntentParts,
  agent,
  announce,
  check,
  epoch,
  freeze,
  intent,
  neighbor,
  override,
  pop,
  serviceV4,
  serviceV6,
} from '../../support/builders.ts'
import { entryGroup, entryPreference } from '../../support/steering-builders.ts'

const moment = { epoch, nowMs: 1000 }
const line = (id: string, asn = 64999) => neighbor(id, { asn, address: '192.0.2.1' })
const pops = [
  pop('fra', { neighbors: [line('fra-t1'), line('fra-t2', 64998)] }),
  pop('ams', { neighbors: [line('ams-t1')] }),
  pop('nyc', { neighbors: [line('nyc-t1')] }),
]
const eu = { at: ['fra', 'ams'] as never }
const base: IntentParts = { pops, prefixes: [announce(serviceV4), announce(serviceV6)], entryGroups: [entryGroup(eu)] }

/** `fra-t1 100`: MED of the IPv4 service toward each line that is sent one of its own. */
function meds(parts: IntentParts, prefix = serviceV4): readonly string[] {
  const made = intent({ ...base, ...parts })
  return [...made.speakers.keys()].flatMap((speaker) => {
    const marks = attributesOf(compilePrefix(made, prefix, moment)!.sites.get(speaker)!.attributes).largeCommunities
    const known = compileSpeaker(made, speaker, moment).treatments
    return known
      .filter(({ number }) => marks.some((mark) => mark.endsWith(`:5:${number}`)))
      .map(({ neighbor: id, med }) => `${id} ${med}`)
  })
}

describe('an entry that is preferred', () => {
  test('has MED 0 there and 100 at the other POPs of the group, toward its AS alone', () => {
    expect(meds({ entryPreferences: [entryPreference('ams')] })).toEqual(['fra-t1 100', 'ams-t1 0'])
    expect(meds({ entryPreferences: [entryPreference('fra')] })).toEqual(['fra-t1 0', 'ams-t1 100'])
    expect(meds({})).toEqual([])
  })

  test('is about the prefixes of its group and no other', () => {
    expect(meds({ entryPreferences: [entryPreference('ams')] }, serviceV6)).toEqual([])
  })

  test('says nothing between ASes: only those of the preferred POP are told a MED', () => {
    const entryGroups = [entryGroup({ ...eu, asns: [64999, 64998] as never })]
    expect(meds({ entryGroups, entryPreferences: [entryPreference('ams')] })).toEqual(['fra-t1 100', 'ams-t1 0'])
  })

  test('of the learner counts where the mode lets it move, for canary prefixes alone in canary; of a person always', () => {
    const all = (mode: 'off' | 'shadow' | 'canary' | 'auto', by: 'person' | 'learner', prefix = serviceV4) =>
      meds(
        {
          entryGroups: [entryGroup({ ...eu, prefixes: [serviceV4, serviceV6], mode, canary: [serviceV6] })],
          entryPreferences: [entryPreference('ams', { by })],
        },
        prefix,
      ).length
    expect((['off', 'shadow', 'canary', 'auto'] as const).map((mode) => all(mode, 'learner'))).toEqual([0, 0, 0, 2])
    expect(all('canary', 'learner', serviceV6)).toBe(2)
    expect(all('off', 'person')).toBe(2)
  })

  test('starts when it says, and the plan is told when that is', () => {
    const later = { entryPreferences: [entryPreference('ams', { startedAtMs: 2000 })] }
    expect(meds(later)).toEqual([])
    expect(compilePrefix(intent({ ...base, ...later }), serviceV4, moment)?.changesAtMs).toBe(2000)
  })

  test('of a person for a while ends by itself, and the plan is told when that is', () => {
    const until = (expiresAtMs: number) => ({
      entryPreferences: [entryPreference('ams', { by: 'person', expiresAtMs })],
    })
    expect(meds(until(1000))).toEqual([])
    expect(meds(until(1001))).toEqual(['fra-t1 100', 'ams-t1 0'])
    expect(compilePrefix(intent({ ...base, ...until(1001) }), serviceV4, moment)?.changesAtMs).toBe(1001)
    expect(meds({ ...until(1000), freezes: [freeze({ startedAtMs: 999 })] })).toEqual(['fra-t1 100', 'ams-t1 0'])
  })

  test('of the learner has no end, and none ends before it starts', () => {
    const spec = { group: 'transit-eu', pop: 'ams', startedAtMs: 5, reason: 'x' }
    const reads = (more: object) => readSpec('EntryPreference', { ...spec, ...more }).ok
    expect(reads({ expiresAtMs: 6 })).toBe(true)
    expect(reads({ expiresAtMs: 5 })).toBe(false)
    expect(reads({ by: 'learner', expiresAtMs: 6 })).toBe(false)
    expect(reads({ by: 'learner' })).toBe(true)
  })

  test('is below what a person overrides', () => {
    const overrides = [override('mine', serviceV4, { med: 7 }, { neighbor: 'fra-t1' })]
    expect(meds({ overrides, entryPreferences: [entryPreference('ams')] })).toEqual(['fra-t1 7', 'ams-t1 0'])
  })

  test('does not change what is announced where, nor the path itself', () => {
    const of = (parts: IntentParts) => compilePrefix(intent({ ...base, ...parts }), serviceV4, moment)!
    const [before, after] = [of({}), of({ entryPreferences: [entryPreference('ams')] })]
    expect([...after.sites.keys()]).toEqual([...before.sites.keys()])
    for (const [speaker, site] of after.sites)
      expect(attributesOf(site.attributes).med).toBe(attributesOf(before.sites.get(speaker)!.attributes).med)
    expect(after.sites.get('nyc-1' as SpeakerId)?.attributes).toBe(before.sites.get('nyc-1' as SpeakerId)?.attributes)
  })

  test('concerns the prefixes of its group, also when the group or a line changes', () => {
    const after = intent({ ...base, entryPreferences: [entryPreference('ams')] })
    const change = { before: undefined, after: {} }
    const of = (key: `EntryPreference/${string}` | `EntryGroup/${string}`) =>
      affectedPrefixes(after, after, [{ ...change, key }])
    expect(of('EntryPreference/transit-eu')).toEqual(new Set([serviceV4]))
    expect(of('EntryGroup/transit-eu')).toEqual(new Set([serviceV4]))
    expect(affectedPrefixes(after, after, [{ ...change, key: 'Neighbor/fra-t1' }])).toContain(serviceV4)
  })
})

describe('review', () => {
  const probing: IntentParts = {
    ...base,
    entryGroups: [entryGroup({ ...eu, check: 'entry' as never })],
    agents: [agent('client6', 'vantage')],
    checks: [
      check('entry', { subject: 'path', from: ['client6'] as never, ...eu }),
      check('sees', { from: ['client6'] as never, at: ['fra'] as never, probe: udp(), target: '203.0.113.10' }),
    ],
  }
  const codes = (parts: IntentParts, severity = 'error') => findingsOf(intent({ ...probing, ...parts }), severity)

  test('takes a group whose vantage points see what answers them', () => {
    expect(codes({})).toEqual([])
    expect(codes({}, 'warning')).toEqual([])
  })

  test.each([
    ['a prefix that nobody announces', { prefixes: [announce(serviceV6)] }, ['unknown-reference']],
    ['a canary that is no prefix of the group', group({ canary: [serviceV6] }), ['unknown-reference']],
    ['lines of several relationships', { pops: mixed() }, ['mixed-relationships']],
    [
      'a MED that somebody writes already',
      { prefixes: [announce(serviceV4, { neighbors: { 'fra-t1': { med: 5 } } }), announce(serviceV6)] },
      ['med-written'],
    ],
    [
      'a second group for the same AS and prefix',
      { entryGroups: [entryGroup(eu), entryGroup({ ...eu, id: 'second' as never })] },
      ['entry-in-two-groups'],
    ],
    ['a check that is about a service', group({ check: 'sees' as never }), ['not-about-a-path']],
    [
      'a check that agents at POPs probe',
      { checks: [check('entry', { subject: 'path', ...eu })], agents: [agent('at-fra', 'fra')] },
      ['probed-at-a-pop'],
    ],
    ['a preference where the AS is not', { entryPreferences: [entryPreference('nyc')] }, ['not-there']],
    [
      'a second preference',
      { entryPreferences: [entryPreference('ams'), entryPreference('fra', { id: 'second' })] },
      ['second-preference'],
    ],
  ])('refuses %s', (_, parts, wanted) => {
    expect(codes(parts)).toEqual(wanted)
  })

  test('warns where nothing can move, and why', () => {
    expect(codes({ checks: probing.checks!.slice(0, 1) }, 'warning')).toEqual(['entry-unseen'])
    expect(codes(group({ at: ['nyc'] as never }), 'warning')).toContain('one-entry')
    const prefixes = [announce(serviceV4, { pops: { fra: { prepend: 2 } } }), announce(serviceV6)]
    expect(codes({ prefixes }, 'warning')).toEqual(['prepends-differ'])
  })

  function group(parts: object): IntentParts {
    return { entryGroups: [entryGroup({ ...eu, check: 'entry' as never, ...parts })] }
  }

  function mixed() {
    return [pops[0]!, pop('ams', { neighbors: [neighbor('ams-t1', { kind: 'peer' })] }), pops[2]!]
  }
})

describe('the verb', () => {
  const documents = new Map<never, unknown>(
    Object.entries({
      'Network/n': { asn: 65001 },
      'Area/world': {},
      'Region/city': { area: 'world' },
      'Pop/fra': { region: 'city' },
      'Pop/ams': { region: 'city' },
      'Speaker/fra-1': { pop: 'fra', endpoint: '192.0.2.1:1' },
      'Neighbor/fra-t1': { speaker: 'fra-1', address: '192.0.2.7', asn: 64999, kind: 'transit' },
      'EntryGroup/transit-eu': { asns: [64999], prefixes: [serviceV4] },
    }) as never,
  )
  const verb = { group: 'transit-eu', by: 'person', startedAtMs: 5, reason: 'r' } as const

  test('makes one preference a group, and takes it back', () => {
    const made = enter(documents, { ...verb, pop: 'fra' })
    expect(made).toMatchObject({
      ok: true,
      changes: [{ key: 'EntryPreference/transit-eu', after: { pop: 'fra', by: 'person' } }],
    })
    const after = new Map([...documents, ['EntryPreference/transit-eu' as never, { ...verb, pop: 'fra' }]])
    expect(enter(after as never, verb)).toMatchObject({ ok: true, changes: [{ after: undefined }] })
    expect(enter(after as never, { ...verb, pop: 'fra' })).toMatchObject({ ok: true, changes: [] })
    const longer = enter(after, { ...verb, pop: 'fra', expiresAtMs: 9000 })
    expect(longer).toMatchObject({ ok: true, changes: [{ after: { pop: 'fra', expiresAtMs: 9000 } }] })
  })

  test.each([
    ['a group that is not there', { group: 'transit-us' }, /did you mean "transit-eu"/],
    ['a POP where none of its ASes is attached', { pop: 'ams' }, /attached at ams; they are at fra/],
    ['nothing to take back', {}, /no entry is preferred/],
  ])('refuses %s, with the way out', (_, words, problem) => {
    expect(enter(documents, { ...verb, ...words })).toMatchObject({
      ok: false,
      problem: expect.stringMatching(problem),
    })
  })
})

test('an EntryGroup is read as people write it, with shadow as its mode', () => {
  const read = readSpec('EntryGroup', { asns: [64999], prefixes: [serviceV4], demote: { 64999: '64999:80' } })
  expect(read).toMatchObject({ ok: true, spec: { at: ['all'], mode: 'shadow', demote: { 64999: '64999:80' } } })
  expect(readSpec('EntryGroup', { asns: [64999], prefixes: [serviceV4], mode: 'canary' }).ok).toBe(false)
  expect(readSpec('EntryGroup', { asns: [64999], prefixes: [serviceV4], demote: { t1: '1:1' } }).ok).toBe(false)
})

function findingsOf(made: Intent, severity: string): readonly string[] {
  return checkIntent(made)
    .filter((finding) => finding.severity === severity && finding.document.startsWith('Entry'))
    .map(({ code }) => code)
}

function udp() {
  return { kind: 'udp', port: 7, packets: 1, spacingMs: 10 } as const
}
