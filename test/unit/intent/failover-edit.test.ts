/** What automation wishes, as changes of documents. */
import { describe, expect, test } from 'vitest'
import type { DocumentKey } from '../../../src/intent/document.ts'
import { applyChanges, failoverEdit, type FailoverOverlay } from '../../../src/intent/edit.ts'
import { failoverName } from '../../../src/intent/edit/failover.ts'
import type { Documents } from '../../../src/intent/lineage.ts'
import type { NeighborId, PopId } from '../../../src/intent/model.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'

const start: Documents = new Map<DocumentKey, unknown>([['Network/network', { asn: 64500, drainSeconds: 7 }]])

function wish(pop: string, parts: Partial<FailoverOverlay> = {}): FailoverOverlay {
  return {
    prefix: '203.0.113.0/24' as Prefix,
    place: { kind: 'pop', pop: pop as PopId },
    action: 'withdraw',
    subject: `service/${pop}/dns`,
    alarm: 'a1',
    reason: 'no answer',
    ...parts,
  }
}

function after(documents: Documents, wished: readonly FailoverOverlay[], nowMs: number): Documents {
  const edit = failoverEdit(documents, wished, nowMs)
  if (!edit.ok) throw new Error(edit.problem)
  return applyChanges(documents, edit.changes)
}

const changes = (documents: Documents, wished: readonly FailoverOverlay[], nowMs = 9000): readonly string[] => {
  const edit = failoverEdit(documents, wished, nowMs)
  if (!edit.ok) throw new Error(edit.problem)
  return edit.changes.map(({ key, before, after: spec }) =>
    [spec === undefined ? 'delete' : before === undefined ? 'create' : 'update', key].join(' '),
  )
}

describe('only what differs is written', () => {
  const standing = after(start, [wish('fra')], 5000)
  test('a new wish is a document with its start', () =>
    expect(standing.get('Failover/withdraw-fra-203-0-113-0-24')).toEqual({
      prefix: '203.0.113.0/24',
      pop: 'fra',
      action: 'withdraw',
      startedAtMs: 5000,
      subject: 'service/fra/dns',
      alarm: 'a1',
      reason: 'no answer',
    }))
  test.each<[string, readonly FailoverOverlay[], readonly string[]]>([
    ['the same again', [wish('fra')], []],
    ['other figures in the reason', [wish('fra', { reason: 'loss 31 %' })], []],
    ['another alarm', [wish('fra', { alarm: 'a2' })], ['update Failover/withdraw-fra-203-0-113-0-24']],
    ['nothing any more', [], ['delete Failover/withdraw-fra-203-0-113-0-24']],
    [
      'another action',
      [wish('fra', { action: 'prepend' })],
      ['create Failover/prepend-fra-203-0-113-0-24', 'delete Failover/withdraw-fra-203-0-113-0-24'],
    ],
    ['another POP as well', [wish('fra'), wish('sin')], ['create Failover/withdraw-sin-203-0-113-0-24']],
  ])('%s: %j', (_, wished, expected) => expect(changes(standing, wished)).toEqual(expected))

  test('a stage of coming back changes the document and keeps its start', () => {
    const staged = after(start, [wish('fra', { action: 'prepend', prepend: 3 })], 5000)
    const next = after(staged, [wish('fra', { action: 'prepend', prepend: 1 })], 6000)
    expect(next.get('Failover/prepend-fra-203-0-113-0-24')).toMatchObject({ prepend: 1, startedAtMs: 5000 })
  })
})

test('a drain is as long as the Network says, unless the wish says more', () => {
  const drained = after(start, [wish('fra', { action: 'drain' })], 0)
  expect(drained.get('Failover/drain-fra-203-0-113-0-24')).toMatchObject({ graceSeconds: 7 })
})

test('documents of people are left alone', () => {
  const documents: Documents = new Map(start).set('Drain/fra', { target: { at: 'fra' }, startedAtMs: 0 })
  expect(changes(documents, [])).toEqual([])
})

test('a POP and a neighbor of the same name are two places', () => {
  const pop = wish('decix', { action: 'prepend' })
  const line = wish('fra', {
    action: 'prepend',
    place: { kind: 'neighbor', neighbor: 'decix' as NeighborId },
    subject: 'neighbor/fra/decix',
  })
  expect(changes(start, [pop, line])).toHaveLength(2)
  expect(changes(after(start, [pop, line], 5000), [pop, line])).toEqual([])
})

test('a wish that stands twice is a fault of the wisher', () => {
  expect(failoverEdit(start, [wish('fra'), wish('fra')], 0)).toMatchObject({ ok: false })
})

test('prefixes that differ in colons alone have names of their own', () => {
  const named = (prefix: string) =>
    failoverName({ prefix: prefix as Prefix, place: { kind: 'pop', pop: 'fra' as PopId }, action: 'withdraw' })
  expect(named('2001:db8:1::/48')).toBe('withdraw-fra-2001-db8-1---48')
  expect(named('2001:db8::1:2:0:0/96')).not.toBe(named('2001:db8:1:2::/96'))
})

test('long names are names still, and differ', () => {
  const long = (last: string) =>
    failoverName({
      prefix: '2001:db8:1234:5678::/64' as Prefix,
      place: { kind: 'neighbor', neighbor: `${'x'.repeat(60)}${last}` as NeighborId },
      action: 'withhold',
    })
  expect(long('a')).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
  expect(long('a')).not.toBe(long('b'))
})
