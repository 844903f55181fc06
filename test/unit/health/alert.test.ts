/** Alerts of another system: which place they are about, and when that is sick or well again. */
import { describe, expect, test } from 'vitest'
import {
  type AlertStates,
  type ExternalAlert,
  alertVerdicts,
  followAlerts,
  truncationCondition,
} from '../../../src/health/alert.ts'
import type { AlertMapping } from '../../../src/intent/monitoring.ts'
import { intent, neighbor, pop } from '../../support/builders.ts'

const mapping = (id: string, parts: Partial<AlertMapping>): AlertMapping => ({
  id: id as never,
  match: new Map([['alertname', [id]]]),
  severity: 'critical',
  ...parts,
})
const documents = intent({
  pops: [pop('fra', { neighbors: [neighbor('fra-a')] }), 'lon'],
  alertMappings: [
    mapping('PopDown', { pop: '{site}' }),
    mapping('LineDown', { neighbor: '{peer}' }),
    mapping('PrefixDown', { pop: '{site}', prefix: '{prefix}' }),
  ],
})
const alert = (name: string, labels: Record<string, string>, parts: Partial<ExternalAlert> = {}): ExternalAlert => ({
  fingerprint: `${name}${Object.values(labels).join('')}`,
  status: 'firing',
  labels: { alertname: name, ...labels },
  ...parts,
})

const none: AlertStates = new Map()
const follow = (before: AlertStates, alerts: readonly ExternalAlert[], nowMs: number) =>
  followAlerts(before, alerts, documents, nowMs)
const told = (states: AlertStates) =>
  alertVerdicts(states).map(({ subject, state, sinceMs }) => `${state} ${subject} ${sinceMs}`)

describe('an alert', () => {
  test.each([
    [alert('PopDown', { site: 'fra' }), 'sick service/fra/PopDown 5'],
    [alert('LineDown', { peer: 'fra-a' }), 'sick neighbor/fra/fra-a 5'],
  ])('is about a place', (one, expected) => {
    expect(told(follow(none, [one], 5).states)).toEqual([expected])
  })

  test('may be about one prefix only', () => {
    const { states } = follow(none, [alert('PrefixDown', { site: 'fra', prefix: '203.0.113.0/24' })], 5)
    expect(alertVerdicts(states)).toMatchObject([{ prefix: '203.0.113.0/24', pop: 'fra' }])
  })

  test.each([
    [alert('Other', {}), 'no AlertMapping takes it: PopDown wants alertname "PopDown", it has "Other"'],
    [alert('PrefixDown', { site: 'fra', prefix: 'x' }), 'its prefix: '],
    [alert('PopDown', { site: 'xyz' }), 'there is no POP "xyz"'],
    [alert('PopDown', {}), 'there is no POP ""'],
    [alert('LineDown', { peer: 'xyz' }), 'there is no neighbor "xyz"'],
  ])('that leads nowhere is told of', (one, problem) => {
    const { states, problems } = follow(none, [one], 5)
    expect(states.size).toBe(0)
    expect(problems.map((each) => each.problem)).toEqual([expect.stringContaining(problem)])
  })
})

test('a place is sick while any of its alerts fires, and its time does not begin anew', () => {
  const a = alert('PopDown', { site: 'fra' }, { fingerprint: 'a' })
  const b = { ...a, fingerprint: 'b' }
  const firing = follow(follow(none, [a, a], 5).states, [b], 7).states
  const one = follow(firing, [{ ...a, status: 'resolved' }], 9).states
  expect(told(one)).toEqual(['sick service/fra/PopDown 5'])
  const over = follow(one, [{ ...b, status: 'resolved' }], 11).states
  expect(told(over)).toEqual(['healthy service/fra/PopDown 11'])
  expect(told(follow(over, [{ ...b, status: 'resolved' }], 13).states)).toEqual(['healthy service/fra/PopDown 11'])
})

test('an alert that fires again and again is damped like any other', () => {
  let states = none
  for (let i = 0; i < 4; i++) {
    states = follow(states, [alert('PopDown', { site: 'fra' })], i * 20_000).states
    states = follow(states, [alert('PopDown', { site: 'fra' }, { status: 'resolved' })], i * 20_000 + 10_000).states
  }
  expect(alertVerdicts(states)[0]?.penalty.suppressedUntilMs).toBeGreaterThan(60_000)
})

test('what Alertmanager left out is an alarm of its own, and says nothing about any place', () => {
  expect(truncationCondition('alertmanager', 12)).toMatchObject({ kind: 'alerts-truncated', severity: 'warning' })
})
