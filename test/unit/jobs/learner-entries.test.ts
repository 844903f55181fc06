/** Where an AS may enter as the shell sees it: which POPs, what is seen, and why nothing may move for now. */
import { describe, expect, test } from 'vitest'
import type { LedgerEntry } from '../../../src/health/failover-input.ts'
import type { Sample } from '../../../src/health/sample.ts'
import type { SubjectKey } from '../../../src/health/subject.ts'
import type { PopId } from '../../../src/intent/model.ts'
import { EntryBook } from '../../../src/jobs/learner/entry-book.ts'
import { entrySpots } from '../../../src/jobs/learner/entries.ts'
import {
  type IntentParts,
  agent,
  announce,
  check,
  drain,
  epoch,
  intent,
  neighbor,
  override,
  pop,
  rollout,
  serviceV4,
} from '../../support/builders.ts'
import { entryGroup, entryPreference } from '../../support/steering-builders.ts'

const nowMs = 10_000_000
const pops = ['ams', 'fra', 'nyc'].map((name) =>
  pop(name, { neighbors: [neighbor(`${name}-t1`, { asn: name === 'nyc' ? 64998 : 64999 })] }),
)
const base: IntentParts = {
  pops,
  prefixes: [announce(serviceV4)],
  entryGroups: [entryGroup({ check: 'entry' as never })],
  agents: [agent('c1', 'vantage'), agent('c2', 'vantage'), agent('c3', 'vantage')],
  checks: [
    check('entry', { subject: 'path', from: ['c1', 'c2', 'c3'] as never }),
    check('sees', {
      at: ['fra'] as never,
      from: ['c1', 'c2', 'c3'] as never,
      probe: { kind: 'udp', port: 7, packets: 1, spacingMs: 1 },
      target: '203.0.113.10',
    }),
  ],
}

interface World extends IntentParts {
  readonly absent?: string
  readonly ledger?: readonly LedgerEntry[]
  /** Answers of each agent, oldest first. */
  readonly answers?: Readonly<Record<string, readonly (string | undefined)[]>>
  readonly answeredAtMs?: number
}

const everybodyAtFra = { c1: ['fra', 'fra'], c2: ['fra', 'fra'], c3: ['fra', 'fra'] }

function spotOf({ absent, ledger = [], answers = everybodyAtFra, answeredAtMs = nowMs - 1000, ...parts }: World = {}) {
  const made = intent({ ...base, ...parts })
  const book = new EntryBook()
  book.follow(made)
  for (const [name, said] of Object.entries(answers))
    for (const [i, by] of said.entries()) book.take([answer(name, i, by)], answeredAtMs)
  const view = {
    intent: made,
    epoch,
    announcedAt: () => new Set([...made.pops.keys()].filter((id) => id !== absent)),
  }
  const figures = { pops: new Map(), neighbors: new Map(), groups: new Map() }
  return entrySpots(view, book, ledger, { figures, nowMs })[0]
}

function answer(name: string, sequence: number, by: string | undefined): Sample {
  const base = {
    task: 'sees/service/fra/sees',
    subject: 'service/fra/sees' as SubjectKey,
    agent: name,
    sequence,
    atMs: 0,
  }
  return by === undefined
    ? { ...base, outcome: 'fail' }
    : { ...base, outcome: 'ok', answeredBy: by, rttMs: by === 'fra' ? 40 : 20 }
}

describe('a place where an AS may enter', () => {
  test('has the POPs where it is attached and the prefix is to be announced, each with its ASes', () => {
    expect(spotOf()).toMatchObject({
      inUse: 'fra',
      arms: [{ candidate: { path: 'ams' }, measure: 'path/ams/entry' }, { candidate: { path: 'fra' } }],
      attached: { ams: [64999], fra: [64999] },
    })
    const both = spotOf({ entryGroups: [entryGroup({ check: 'entry' as never, asns: [64999, 64998] as never })] })
    expect(both?.attached).toEqual({ ams: [64999], fra: [64999], nyc: [64998] })
  })

  test('is none with one POP left: drained, withheld, not intended, or nobody measures it', () => {
    expect(spotOf({ drains: [drain('ams')] })).toBeUndefined()
    expect(
      spotOf({ prefixes: [announce(serviceV4, { neighbors: { 'ams-t1': { announce: false } } })] }),
    ).toBeUndefined()
    expect(spotOf({ prefixes: [announce(serviceV4, { except: ['ams'] })] })).toBeUndefined()
    expect(spotOf({ entryGroups: [entryGroup()] })).toBeUndefined()
    expect(spotOf({ entryGroups: [entryGroup({ check: 'entry' as never, mode: 'off' })] })).toBeUndefined()
  })

  test('waits for nothing where all is well', () => {
    expect(spotOf()?.waiting).toBeUndefined()
  })

  const ledger = (what: LedgerEntry['what'], agoMs: number): readonly LedgerEntry[] => [
    {
      atMs: nowMs - agoMs,
      prefix: serviceV4,
      place: { kind: 'pop', pop: 'ams' as PopId },
      pop: 'ams' as PopId,
      what,
      weight: 0,
    },
  ]
  test.each<[string, World, RegExp | undefined]>([
    ['a POP that does not announce just now', { absent: 'ams' }, /203.0.113.0\/24 is not announced at ams now/],
    ['nobody who says where it enters', { answers: {} }, /no vantage point says where it enters/],
    ['answers that are too old', { answeredAtMs: nowMs - 121_000 }, /no vantage point says/],
    [
      'prepends that differ',
      { prefixes: [announce(serviceV4, { pops: { fra: { prepend: 2 } } })] },
      /prepends differ .*ams 0, fra 2/,
    ],
    [
      'a MED that a person overrides',
      { overrides: [override('o', serviceV4, { med: 5 })] },
      /a person overrides MED \(Override\/o\)/,
    ],
    ['a staged change', { rollouts: [rollout(announce(serviceV4), [['fra'], ['ams', 'nyc']])] }, /going out in stages/],
    [
      'attributes that failover changed (G15)',
      { ledger: ledger('change', 600_000) },
      /failover changed .* at ams 10 minutes ago/,
    ],
    ['none that failover changed long ago', { ledger: ledger('change', 1_800_001) }, undefined],
    ['none where failover only took away', { ledger: ledger('out', 600_000) }, undefined],
  ])('waits for %s', (_, world, words) => {
    const { waiting } = spotOf(world)!
    if (words === undefined) expect(waiting).toBeUndefined()
    else expect(waiting).toMatch(words)
  })

  test('is left to a person who prefers an entry, and knows what the learner prefers', () => {
    const preference = entryPreference('ams', { by: 'person' })
    expect(spotOf({ entryPreferences: [preference] })?.preference).toMatchObject({ path: 'ams', by: 'person' })
  })

  test("is nobody's any more once what a person preferred for a while is over", () => {
    const until = (expiresAtMs: number) => [entryPreference('ams', { by: 'person', expiresAtMs })]
    expect(spotOf({ entryPreferences: until(nowMs) })?.preference).toBeUndefined()
    expect(spotOf({ entryPreferences: until(nowMs + 1) })?.preference).toMatchObject({ by: 'person' })
  })
})

describe('where an AS enters', () => {
  const enters = (answers: World['answers'] & object) => spotOf({ answers })?.inUse

  test('is what most vantage points are answered by, once two answers of each agree', () => {
    expect(enters({ c1: ['fra', 'fra'], c2: ['ams', 'ams'], c3: ['fra', 'ams', 'ams'] })).toBe('ams')
    expect(enters({ c1: ['fra', 'fra'], c2: ['fra', 'ams'] })).toBe('fra')
  })

  test('is not known where they are of two minds, unanswered, or answered by somebody unknown', () => {
    expect(enters({ c1: ['fra', 'fra'], c2: ['ams', 'ams'] })).toBeUndefined()
    expect(enters({ c1: ['fra', undefined] })).toBeUndefined()
    expect(enters({ c1: ['lax', 'lax'] })).toBeUndefined()
  })

  test('costs what those who are answered there see, since the change alone', () => {
    const seen = spotOf({ answers: { c1: ['fra', 'ams', 'ams'], c2: ['ams', 'ams'] } })?.seen
    expect(seen?.(0)).toEqual({ entersAt: 'ams', costMs: 20 })
    expect(seen?.(nowMs)).toEqual({ entersAt: null, costMs: null })
  })
})
