/** Whether vantage routers saw a change: announced is seen everywhere, withdrawn nowhere, unknown says nothing. */
import { describe, expect, test } from 'vitest'
import type { Asn } from '../../../src/bgp/asn.ts'
import {
  type PrefixSight,
  type RouterMove,
  followRouter,
  judgeRouters,
  sightAtMs,
  sightState,
} from '../../../src/health/router-move.ts'
import type { CollectorView, SeenPrefix } from '../../../src/health/visibility.ts'
import type { CollectorId } from '../../../src/intent/monitoring.ts'
import { asn, serviceV4 } from '../../support/builders.ts'

const acceptedAtMs = 10_000
const origins = new Set([asn])

const there = (sinceMs: number, changedAtMs = sinceMs, origin: number = asn): SeenPrefix => ({
  paths: [{ origin: origin as Asn, asPath: [64497 as Asn, origin as Asn], communities: [], best: true }],
  sinceMs,
  changedAtMs,
})
const gone = (sinceMs: number): SeenPrefix => ({ paths: [], sinceMs, changedAtMs: sinceMs })

function view(id: string, seen: SeenPrefix | undefined, parts: Partial<CollectorView> = {}): CollectorView {
  const all = new Map(seen === undefined ? [] : [[serviceV4, seen] as const])
  return { id: id as CollectorId, seenWithinMs: 1000, reach: 'up', established: 1, seen: all, ...parts }
}

/** A change as it stands after each state of the vantage routers in turn; the same twice is the same. */
function after(
  wanted: boolean,
  states: readonly (readonly CollectorView[])[],
  { doneAtMs, nowMs = 11_000 }: { readonly doneAtMs?: number; readonly nowMs?: number } = {},
): RouterMove {
  const prefix: PrefixSight = { prefix: serviceV4, wanted, state: 'watching' }
  let move: RouterMove = { acceptedAtMs, prefixes: [prefix], routers: [] }
  for (const collectors of states.flatMap((one) => [one, one])) {
    const routers = collectors.map((one) =>
      followRouter(
        move.routers.find(({ collector }) => collector === one.id),
        serviceV4,
        one,
        origins,
        acceptedAtMs,
      ),
    )
    move = judgeRouters({ ...move, routers }, collectors, doneAtMs, nowMs, 60_000)
  }
  return move
}

describe('announced', () => {
  test('is seen when the last vantage router sees it', () => {
    const move = after(true, [[view('a', there(10_050)), view('b', there(10_090))]], { doneAtMs: 10_020 })
    expect(sightState(move)).toBe('seen')
    expect(sightAtMs(move)).toBe(10_090)
  })
  test('is not yet seen while one that can tell does not, nor before the change was proved', () => {
    expect(sightState(after(true, [[view('a', there(10_050)), view('b', undefined)]], { doneAtMs: 10_020 }))).toBe(
      'watching',
    )
    expect(sightState(after(true, [[view('a', there(10_050))]]))).toBe('watching')
  })
  test('is seen without the word of one that cannot tell', () => {
    for (const parts of [{ reach: 'unknown' } as const, { established: 0 }]) {
      const move = after(true, [[view('a', there(10_050)), view('b', undefined, parts)]], { doneAtMs: 10_020 })
      expect(sightState(move)).toBe('seen')
      expect(move.routers[1]).toMatchObject({ collector: 'b', now: 'unknown' })
    }
  })
  test('is seen in the end where one sees it, not seen where none does, and unknown where none can tell', () => {
    const late = { doneAtMs: 10_020, nowMs: 70_000 }
    expect(sightState(after(true, [[view('a', there(10_050)), view('b', undefined)]], late))).toBe('seen')
    expect(sightState(after(true, [[view('a', undefined), view('b', undefined)]], late))).toBe('not-seen')
    expect(sightState(after(true, [[view('a', undefined, { reach: 'unknown' })]], late))).toBe('untold')
  })
  test('by another AS is not seen', () => {
    const move = after(true, [[view('a', there(10_050, 10_050, 64666))]], { doneAtMs: 10_020, nowMs: 70_000 })
    expect(sightState(move)).toBe('not-seen')
  })
})

describe('moved', () => {
  test('it was in sight all the time, and its path changed', () => {
    const before = [view('a', there(500))]
    const moved = [view('a', there(500, 10_120))]
    const move = after(true, [before, moved], { doneAtMs: 10_020 })
    expect(move.routers).toEqual([{ prefix: serviceV4, collector: 'a', now: 'seen', changedAtMs: 10_120 }])
    expect(sightAtMs(move)).toBe(10_120)
  })
  test('the first change counts, whatever comes after it', () => {
    const states = [[view('a', there(500, 10_120))], [view('a', there(500, 12_000))]]
    expect(after(true, states, { doneAtMs: 10_020 }).routers[0]).toMatchObject({ changedAtMs: 10_120 })
  })
  test('where nothing changed there, nobody had to notice', () => {
    const move = after(true, [[view('a', there(500))]], { doneAtMs: 10_020 })
    expect(sightState(move)).toBe('seen')
    expect(sightAtMs(move)).toBeUndefined()
  })
})

describe('withdrawn everywhere', () => {
  test('is gone when the last vantage router has lost it', () => {
    const states = [
      [view('a', there(500)), view('b', there(500))],
      [view('a', gone(10_100)), view('b', gone(10_300))],
    ]
    const move = after(false, states, { doneAtMs: 10_020 })
    expect(sightState(move)).toBe('gone')
    expect(sightAtMs(move)).toBe(10_300)
  })
  test('is still seen where a single one sees it in the end', () => {
    const states = [[view('a', gone(10_100)), view('b', there(500))]]
    expect(sightState(after(false, states, { doneAtMs: 10_020 }))).toBe('watching')
    expect(sightState(after(false, states, { doneAtMs: 10_020, nowMs: 70_000 }))).toBe('still-seen')
  })
  test('nothing is concluded from one that died with it', () => {
    const states = [[view('a', there(500), { reach: 'unknown' })]]
    expect(sightState(after(false, states, { doneAtMs: 10_020, nowMs: 70_000 }))).toBe('untold')
  })
})
