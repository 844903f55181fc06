/** BGP sessions as daemons tell of them: what is wrong, for how long, and what is nothing. */
import { describe, expect, test } from 'vitest'
import { type Alarms, followConditions } from '../../../src/health/alarm.ts'
import { type SessionReport, SessionBook } from '../../../src/health/session.ts'
import type { NeighborId, PopId, SpeakerId } from '../../../src/intent/model.ts'

const fra1 = 'fra1' as SpeakerId
const address = '192.0.2.9'
const placeOf = (speaker: SpeakerId) =>
  speaker === fra1 ? { pop: 'fra' as PopId, neighbor: 'transit-a' as NeighborId } : undefined
const up: SessionReport = {
  address,
  asn: 64496,
  state: 'established',
  adminDown: false,
  prefixLimit: false,
  received: 100,
  accepted: 100,
}

/** A book and the alarms that follow it, as the engine does it. */
class Desk {
  book = new SessionBook()
  alarms: Alarms = new Map()
  /** A drain has shut the session. */
  planned = false
  readonly #isPlanned = () => this.planned

  read(report: Partial<SessionReport>, nowMs: number): void {
    this.book.read(fra1, [{ ...up, ...report }], nowMs, this.#isPlanned)
  }

  hear(state: string, nowMs: number): boolean {
    return this.book.hear(fra1, address, state, nowMs, this.#isPlanned)
  }

  open(nowMs: number): readonly string[] {
    const conditions = this.book.conditions(placeOf, this.#isPlanned, this.alarms, nowMs)
    this.alarms = followConditions(this.alarms, conditions, nowMs).alarms
    return [...this.alarms.values()].filter(({ state }) => state === 'firing').map(({ kind }) => kind)
  }
}

describe('a session', () => {
  test('that was established and is not any more is an alarm, until it is established again', () => {
    const desk = new Desk()
    desk.read({}, 0)
    expect(desk.open(0)).toEqual([])
    desk.read({ state: 'active' }, 10_000)
    expect(desk.open(10_000)).toEqual(['session-down'])
    expect([...desk.alarms.values()][0]).toMatchObject({
      subject: 'session/fra1/transit-a',
      severity: 'critical',
      labels: { pop: 'fra', neighbor: 'transit-a', speaker: 'fra1' },
    })
    desk.read({ state: 'connect' }, 20_000)
    expect(desk.open(20_000)).toEqual(['session-down'])
    desk.read({}, 30_000)
    expect(desk.open(30_000)).toEqual([])
  })

  test('that a drain has shut is none and no flap, until it should be back and is not', () => {
    const desk = new Desk()
    desk.read({}, 0)
    desk.planned = true
    for (const atMs of [1000, 2000, 3000, 4000]) {
      desk.hear('idle', atMs)
      expect(desk.open(atMs)).toEqual([])
      desk.hear('established', atMs + 500)
    }
    desk.hear('idle', 5000)
    desk.read({ state: 'idle', adminDown: true }, 10_000)
    expect(desk.open(10_000)).toEqual([])
    desk.read({ state: 'active' }, 20_000)
    expect(desk.open(20_000)).toEqual([])
    desk.planned = false
    expect(desk.open(80_000)).toEqual(['session-down'])
    desk.read({}, 90_000)
    expect(desk.open(90_000)).toEqual([])
  })

  test('that never was established is none', () => {
    const desk = new Desk()
    desk.read({ state: 'active' }, 0)
    expect(desk.open(60_000)).toEqual([])
  })

  test('that a person closed is none; one closed by its prefix limit says so', () => {
    const desk = new Desk()
    desk.read({}, 0)
    desk.read({ state: 'idle', adminDown: true }, 10_000)
    expect(desk.open(10_000)).toEqual([])
    desk.read({}, 20_000)
    desk.read({ state: 'idle', prefixLimit: true }, 30_000)
    expect(desk.open(30_000)).toEqual(['session-down'])
    expect([...desk.alarms.values()][0]?.message).toContain('more prefixes than its limit')
  })

  test('whose neighbor is gone from the daemon is forgotten', () => {
    const desk = new Desk()
    desk.read({}, 0)
    desk.read({ state: 'active' }, 10_000)
    desk.open(10_000)
    desk.book.read(fra1, [], 20_000, () => false)
    expect(desk.open(20_000)).toEqual([])
  })

  test('that is down stays an alarm when another controller takes over, and until that one has read the daemon', () => {
    const desk = new Desk()
    desk.read({}, 0)
    desk.read({ state: 'active' }, 10_000)
    desk.open(10_000)
    desk.book = new SessionBook()
    expect(desk.open(20_000)).toEqual(['session-down'])
    desk.read({ state: 'active' }, 30_000)
    expect(desk.open(30_000)).toEqual(['session-down'])
    desk.read({}, 40_000)
    expect(desk.open(40_000)).toEqual([])
  })
})

describe('flapping', () => {
  test('is three losses in ten minutes, each however short, and ends when they are past', () => {
    const desk = new Desk()
    desk.read({}, 0)
    for (const atMs of [10_000, 70_000, 130_000]) {
      expect(desk.hear('idle', atMs)).toBe(true)
      expect(desk.hear('established', atMs + 200)).toBe(true)
    }
    expect(desk.open(131_000)).toEqual(['session-flapping'])
    expect(desk.open(609_999)).toEqual(['session-flapping'])
    expect(desk.open(610_000)).toEqual([])
  })

  test('two losses are none', () => {
    const desk = new Desk()
    desk.read({}, 0)
    for (const atMs of [10_000, 70_000]) {
      desk.hear('idle', atMs)
      desk.hear('established', atMs + 200)
    }
    expect(desk.open(80_000)).toEqual([])
  })

  test('what is read just after an event, and older than it, is not a second loss', () => {
    const desk = new Desk()
    desk.read({}, 0)
    for (const atMs of [10_000, 20_000]) {
      desk.hear('idle', atMs)
      desk.read({}, atMs + 100)
      desk.read({ state: 'idle' }, atMs + 3500)
      desk.read({}, atMs + 6000)
    }
    expect(desk.open(27_000)).toEqual([])
  })
})

describe('prefixes of a neighbor', () => {
  test('that fall below half within a minute are lost, until three quarters are back', () => {
    const desk = new Desk()
    desk.read({}, 0)
    desk.read({ accepted: 40 }, 30_000)
    expect(desk.open(30_000)).toEqual(['prefixes-lost'])
    expect([...desk.alarms.values()][0]?.message).toBe(
      'transit-a (AS 64496) gave fra1 100 prefixes, and 40 are left (accepted)',
    )
    expect(desk.open(300_000)).toEqual(['prefixes-lost'])
    desk.read({ accepted: 74 }, 310_000)
    expect(desk.open(310_000)).toEqual(['prefixes-lost'])
    desk.read({ accepted: 75 }, 320_000)
    expect(desk.open(320_000)).toEqual([])
  })

  test('that shrink slowly, or were few, or are exactly half, are not', () => {
    const slow = new Desk()
    for (let step = 0; step < 10; step++) {
      slow.read({ received: 100 - step * 10, accepted: 100 - step * 10 }, step * 60_000)
      expect(slow.open(step * 60_000)).toEqual(step === 9 ? [] : [])
    }
    const few = new Desk()
    few.read({ received: 9, accepted: 9 }, 0)
    few.read({ received: 0, accepted: 0 }, 1000)
    expect(few.open(1000)).toEqual([])
    const half = new Desk()
    half.read({}, 0)
    half.read({ received: 50, accepted: 50 }, 1000)
    expect(half.open(1000)).toEqual([])
  })

  test('are not counted across a session that was lost, and after an hour fewer are the usual', () => {
    const reset = new Desk()
    reset.read({}, 0)
    reset.read({ state: 'idle', received: 0, accepted: 0 }, 10_000)
    reset.read({ received: 3, accepted: 3 }, 20_000)
    expect(reset.open(20_000)).toEqual([])
    const desk = new Desk()
    desk.read({}, 0)
    desk.read({ received: 10, accepted: 10 }, 10_000)
    expect(desk.open(10_000)).toEqual(['prefixes-lost'])
    expect(desk.open(3_609_999)).toEqual(['prefixes-lost'])
    expect(desk.open(3_610_000)).toEqual([])
  })
})
