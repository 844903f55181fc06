/** Alarms: one a kind and subject, for as long as it lasts. */
import { describe, expect, test } from 'vitest'
import {
  type Alarm,
  type Alarms,
  acknowledge,
  alarmDurations,
  alarmId,
  followConditions,
  raise,
  resolve,
  verdictConditions,
} from '../../../src/health/alarm.ts'
import type { Condition } from '../../../src/health/failover-input.ts'
import { VerdictBook } from '../../../src/health/verdict-book.ts'
import { Feeder, service, watched } from '../../support/health-builders.ts'

const sick: Condition = { kind: 'dns', subject: 'service/fra/dns', severity: 'critical', message: 'fails' }
const id = alarmId('dns', 'service/fra/dns')
const states = (alarms: Alarms) => [...alarms.values()].map(({ state }) => state)

describe('what is wrong now', () => {
  test('fires once, however often it is told, and is resolved when it is over', () => {
    const first = followConditions(new Map(), [sick], 1000)
    expect(first.changes).toMatchObject([{ before: undefined, after: { id, state: 'firing', firedAtMs: 1000 } }])
    const again = followConditions(first.alarms, [sick, sick], 2000)
    expect(again.changes).toEqual([])
    const over = followConditions(again.alarms, [], 5000)
    expect(over.changes).toMatchObject([{ after: { state: 'resolved', resolvedAtMs: 5000 } }])
    expect(followConditions(over.alarms, [], 6000).changes).toEqual([])
  })

  test('is pending until it has lasted, and nothing is told of what did not', () => {
    const options = { pendingMs: () => 3000 }
    const first = followConditions(new Map(), [sick], 1000, options)
    expect(states(first.alarms)).toEqual(['pending'])
    expect(states(followConditions(first.alarms, [], 2000, options).alarms)).toEqual([])
    const fired = followConditions(first.alarms, [sick], 4000, options)
    expect(fired.changes).toMatchObject([
      { before: { state: 'pending' }, after: { state: 'firing', startedAtMs: 1000 } },
    ])
  })

  test('leaves alarms of other systems alone', () => {
    const theirs = raise(undefined, { ...sick, kind: 'PopDown' }, 0, { source: 'alertmanager' })
    const { alarms } = followConditions(new Map([[theirs.id, theirs]]), [], 1000)
    expect(states(alarms)).toEqual(['firing'])
  })

  test('a new message, or another severity, is a change and no new alarm', () => {
    const first = followConditions(new Map(), [sick], 1000)
    const { changes } = followConditions(first.alarms, [{ ...sick, message: 'fails more' }], 2000)
    expect(changes).toMatchObject([{ before: { message: 'fails' }, after: { message: 'fails more', firedAtMs: 1000 } }])
  })

  test('what begins again after it was resolved is a new alarm', () => {
    const first = followConditions(new Map(), [sick], 1000)
    const over = followConditions(first.alarms, [], 2000)
    const { alarms } = followConditions(over.alarms, [sick], 9000)
    expect(alarms.get(id)).toMatchObject({ state: 'firing', startedAtMs: 9000 })
    expect(alarms.get(id)).not.toHaveProperty('resolvedAtMs')
  })
})

describe('a person acknowledges', () => {
  const firing = raise(undefined, sick, 1000)

  test('what fires, once, and durations are counted from there', () => {
    const known = acknowledge(firing, 'ada', 4000)
    expect(known).toMatchObject({ state: 'acknowledged', acknowledged: { by: 'ada', atMs: 4000 } })
    expect(acknowledge(known, 'bob', 5000)).toBe(known)
    const over = resolve(known, 9000) as Alarm
    expect(alarmDurations(over, 60_000)).toEqual({ pendingMs: 0, firingMs: 8000, untilAcknowledgedMs: 3000 })
    expect(resolve(over, 70_000)).toBe(over)
  })

  test('and it stays acknowledged while it lasts', () => {
    const known = acknowledge(firing, 'ada', 4000)
    expect(states(followConditions(new Map([[id, known]]), [sick], 5000).alarms)).toEqual(['acknowledged'])
  })

  test('for a while: it fires again after, if it is not over', () => {
    const known = acknowledge(firing, 'ada', 4000, 'on it', 9000)
    expect(followConditions(new Map([[id, known]]), [sick], 8999).changes).toEqual([])
    const again = followConditions(new Map([[id, known]]), [sick], 9000)
    expect(again.changes).toMatchObject([
      { before: { state: 'acknowledged' }, after: { state: 'firing', startedAtMs: 1000, firedAtMs: 1000 } },
    ])
    expect(again.alarms.get(id)).not.toHaveProperty('acknowledged')
    const over = followConditions(new Map([[id, known]]), [], 9000)
    expect(states(over.alarms)).toEqual(['resolved'])
  })
})

test('a verdict that became unknown keeps its alarm, because nothing says that it is over', () => {
  const dns = watched(service('fra'), ['fra'])
  const book = new VerdictBook()
  book.configure([dns], 0)
  const feeder = new Feeder(book)
  const severityOf = () => 'warning' as const
  let alarms: Alarms = new Map()
  const look = (nowMs: number) => {
    book.advance(nowMs)
    const conditions = verdictConditions({ all: book.all.values() }, alarms, severityOf)
    ;({ alarms } = followConditions(alarms, conditions, nowMs))
  }
  look(500)
  expect(states(alarms)).toEqual([])
  for (let nowMs = 1000; nowMs <= 3000; nowMs += 1000) feeder.feed(dns, 'fra', 'fail', nowMs)
  look(3000)
  look(20_000)
  expect(states(alarms)).toEqual(['firing'])
  for (let nowMs = 21_000; nowMs <= 22_000; nowMs += 1000) feeder.feed(dns, 'fra', 'ok', nowMs)
  look(22_000)
  expect(states(alarms)).toEqual(['resolved'])
})
