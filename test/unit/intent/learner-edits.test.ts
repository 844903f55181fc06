/** Verbs of the learner that change documents: the mode of a group, pinned settings, and what is done where MED cannot. */
import { describe, expect, test } from 'vitest'
import { demote, pin, setMode } from '../../../src/intent/edit.ts'
import type { DocumentKey } from '../../../src/intent/document.ts'

const service = '203.0.113.0/24'
const line = (speaker: string, asn: number) => ({ speaker, address: '192.0.2.7', asn, kind: 'transit' })
const base: Readonly<Record<string, object>> = {
  'Network/n': { asn: 65001 },
  'Area/world': {},
  'Region/city': { area: 'world' },
  'Pop/fra': { region: 'city' },
  'Pop/ams': { region: 'city' },
  'Pop/nyc': { region: 'city' },
  'Speaker/fra-1': { pop: 'fra', endpoint: '192.0.2.1:1' },
  'Speaker/ams-1': { pop: 'ams', endpoint: '192.0.2.1:1' },
  'Speaker/nyc-1': { pop: 'nyc', endpoint: '192.0.2.1:1' },
  'Neighbor/fra-t1': line('fra-1', 64999),
  'Neighbor/ams-t1': line('ams-1', 64999),
  'Neighbor/nyc-t2': line('nyc-1', 64998),
  'Pool/p': { prefixes: [service] },
  [`Prefix/${service}`]: { at: ['all'], neighbors: { 'ams-t1': { prepend: 1 } } },
  'PathGroup/origin': { destinations: ['192.0.2.0/24'], paths: { bb1: { neighbor: 'fra-t1' } } },
  'EntryGroup/t1': { asns: [64999, 64998], prefixes: [service] },
}
const documents = (more: Readonly<Record<string, object>> = {}) =>
  new Map<DocumentKey, unknown>(Object.entries({ ...base, ...more }) as [DocumentKey, unknown][])

describe('the mode of a group', () => {
  test('is that of a PathGroup or an EntryGroup, with its canaries', () => {
    expect(setMode(documents(), { group: 'origin', mode: 'auto' })).toMatchObject({
      ok: true,
      changes: [{ key: 'PathGroup/origin', after: { mode: 'auto' } }],
    })
    expect(setMode(documents(), { group: 't1', mode: 'canary', canary: [service] })).toMatchObject({
      ok: true,
      changes: [{ key: 'EntryGroup/t1', after: { mode: 'canary', canary: [service] } }],
    })
  })

  test.each([
    ['a group that is not there', { group: 'orign', mode: 'auto' }, /did you mean "origin"/],
    [
      'canary without canaries',
      { group: 'origin', mode: 'canary' },
      /where in origin .* --canary: areas, regions or POPs/,
    ],
  ] as const)('refuses %s', (_, verb, problem) => {
    expect(setMode(documents(), verb)).toMatchObject({ ok: false, problem: expect.stringMatching(problem) })
  })
})

describe('pinned settings', () => {
  test('are laid over those that are written, and taken out as a whole', () => {
    const pinned = documents({ 'EntryGroup/t1': { ...base['EntryGroup/t1'], learning: { warmUp: 3, threshold: 9 } } })
    expect(pin(pinned, { group: 't1', learning: { threshold: 20 } })).toMatchObject({
      changes: [{ after: { learning: { warmUp: 3, threshold: 20 } } }],
    })
    const out = pin(pinned, { group: 't1' })
    expect(out.ok && out.changes[0]?.after).not.toHaveProperty('learning')
    expect(pin(documents(), { group: 't1' })).toMatchObject({ ok: false, problem: 'nothing is pinned for t1' })
  })
})

describe('where MED can do nothing', () => {
  const verb = { group: 't1', from: 'fra', to: 'nyc' }

  test('the prefix is prepended once more toward every line of the AS that is to be left', () => {
    const edit = demote(documents(), verb)
    expect(edit).toMatchObject({
      changes: [
        { key: `Prefix/${service}`, after: { neighbors: { 'fra-t1': { prepend: 1 }, 'ams-t1': { prepend: 2 } } } },
      ],
    })
    expect(JSON.stringify(edit)).not.toContain('nyc-t2')
  })

  test('or is given the community with which that AS prefers it less', () => {
    const group = { ...base['EntryGroup/t1'], demote: { 64999: '64999:80' } }
    expect(demote(documents({ 'EntryGroup/t1': group }), verb)).toMatchObject({
      changes: [
        {
          after: {
            neighbors: { 'fra-t1': { communities: ['64999:80'] }, 'ams-t1': { prepend: 1, communities: ['64999:80'] } },
          },
        },
      ],
    })
  })

  test('is refused where it is prepended three times already, and where MED would do', () => {
    const full = { at: ['all'], neighbors: { 'fra-t1': { prepend: 3 } } }
    expect(demote(documents({ [`Prefix/${service}`]: full }), verb)).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/prepended three times toward fra-t1 already; write a community/),
    })
    expect(demote(documents(), { ...verb, to: 'ams' })).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/MED moves it/),
    })
  })
})
