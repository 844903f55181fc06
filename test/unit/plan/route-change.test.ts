/** What a change does to the routes of a prefix in the end: what others are then to see of it. */
import { expect, test } from 'vitest'
import type { Intent } from '../../../src/intent/model.ts'
import { routeChanges } from '../../../src/plan/route-change.ts'
import {
  type IntentParts,
  announce,
  drain,
  epoch,
  failover,
  failoverPolicy,
  intent,
  override,
  serviceV4,
} from '../../support/builders.ts'

const moment = { epoch, nowMs: 1_000_000 }
const nowhere = intent({ pops: ['fra', 'ams', 'sin'] })
const at = (pops: readonly string[], parts: IntentParts = {}): Intent =>
  intent({
    pops: ['fra', 'ams', 'sin'],
    prefixes: [announce(serviceV4, { at: pops, failover: failoverPolicy(['dns']) })],
    ...parts,
  })
const change = (before: Intent, after: Intent) =>
  routeChanges(before, after, [serviceV4], moment).map(({ left, joined }) => ({ left, joined }))

const two = at(['fra', 'ams'])

test.each([
  ['published', nowhere, two, { left: [], joined: ['ams', 'fra'] }],
  ['moved', two, at(['ams', 'sin']), { left: ['fra'], joined: ['sin'] }],
  ['withdrawn everywhere', two, nowhere, { left: ['ams', 'fra'], joined: [] }],
  ['failed over', two, at(['fra', 'ams'], { failovers: [failover('withdraw', 'fra')] }), { left: ['fra'], joined: [] }],
])('%s', (_, before, after, expected) => expect(change(before, after)).toEqual([expected]))

test('a drain that only marks for now is the withdrawal it leads to', () => {
  const drains = [drain('fra', { graceSeconds: 600, startedAtMs: moment.nowMs })]
  expect(change(two, at(['fra', 'ams'], { drains }))).toEqual([{ left: ['fra'], joined: [] }])
})

test('other attributes are a change without POPs, the same ones are none', () => {
  expect(change(two, at(['fra', 'ams']))).toEqual([])
  const overrides = [override('med', serviceV4, { med: 50 })]
  expect(change(two, at(['fra', 'ams'], { overrides }))).toEqual([{ left: [], joined: [] }])
})
