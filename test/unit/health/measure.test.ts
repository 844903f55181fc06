/** What probes measured lately: right within the sketch's error, faded with time, of several places together. */
import { describe, expect, test } from 'vitest'
import { MeasureBook } from '../../../src/health/measure.ts'
import type { Sample } from '../../../src/health/sample.ts'
import { Sketch } from '../../../src/health/sketch.ts'
import type { SubjectKey } from '../../../src/health/subject.ts'

const sample = (task: string, parts: Partial<Sample> = {}): Sample => ({
  task,
  subject: task as SubjectKey,
  agent: 'a',
  sequence: 1,
  atMs: 0,
  outcome: 'ok',
  ...parts,
})
const only = (book: MeasureBook, task: string, nowMs: number) =>
  [...book.measures(nowMs)].find(([name]) => name === task)?.[1]

describe('quantiles', () => {
  test.each([
    [0.5, 500],
    [0.95, 950],
    [0.05, 50],
  ])('the share %d of 1 to 1000 ms is %d ms, within 7 %%', (share, expected) => {
    const sketch = new Sketch()
    for (let ms = 1; ms <= 1000; ms++) sketch.add(ms, 1)
    expect(Math.abs((sketch.quantile(share) ?? 0) / expected - 1)).toBeLessThan(0.07)
  })
  test('of nothing there are none, and what is beyond the ends is at the ends', () => {
    const sketch = new Sketch()
    expect(sketch.quantile(0.5)).toBeUndefined()
    sketch.add(0, 1)
    expect(sketch.quantile(0.5)).toBeLessThanOrEqual(0.05)
    const slow = new Sketch()
    slow.add(1e9, 1)
    expect(slow.quantile(0.5)).toBeGreaterThan(20_000)
  })
})

describe('a place', () => {
  test('has its availability, loss, round trip and jitter', () => {
    const book = new MeasureBook()
    for (let i = 0; i < 100; i++) {
      const failed = i % 10 === 0
      book.take([sample('dns', failed ? { outcome: 'fail' } : { rttMs: 20, jitterMs: 2, lossRatio: 0.1 })], 1000)
    }
    const measure = only(book, 'dns', 1000)
    expect(measure?.availability).toBeCloseTo(0.9)
    expect(measure?.lossRatio).toBeCloseTo(0.9 * 0.1 + 0.1)
    expect(measure?.rttMs?.median).toBeGreaterThan(18.5)
    expect(measure?.rttMs?.p95).toBeLessThan(21.5)
    expect(measure?.jitterMs).toBeCloseTo(2)
  })
  test('that is dead has loss and no round trip; one that the agent could not probe has nothing', () => {
    const book = new MeasureBook()
    book.take([sample('dead', { outcome: 'fail' }), sample('blind', { outcome: 'unknown' })], 1000)
    expect(only(book, 'dead', 1000)).toEqual({ availability: 0, lossRatio: 1 })
    expect(only(book, 'blind', 1000)).toBeUndefined()
  })
  test('forgets by half every half minute, however long the book has been open', () => {
    for (const startMs of [0, 86_400_000 * 30]) {
      const book = new MeasureBook()
      book.take([sample('dns')], 0)
      for (let i = 0; i < 30; i++) book.take([sample('dns', { outcome: 'fail' })], startMs)
      for (let i = 0; i < 30; i++) book.take([sample('dns')], startMs + 30_000)
      expect(only(book, 'dns', startMs + 30_000)?.availability).toBeCloseTo(2 / 3, 1)
    }
  })
  test('is not known any more when nobody probes it, and goes when no document names it', () => {
    const book = new MeasureBook()
    book.take([sample('dns')], 1000)
    expect(only(book, 'dns', 61_000)).toBeDefined()
    expect(only(book, 'dns', 61_001)).toBeUndefined()
    book.take([sample('dns')], 70_000)
    book.keep(new Set(['web']))
    expect(only(book, 'dns', 70_000)).toBeUndefined()
  })
})

test('places together weigh as much as was probed there', () => {
  const book = new MeasureBook()
  for (let i = 0; i < 90; i++) book.take([sample('dns fra', { rttMs: 10 })], 1000)
  for (let i = 0; i < 10; i++) book.take([sample('dns ams', { rttMs: 100 }), sample('web fra', { rttMs: 5 })], 1000)
  const groups = book.grouped((task) => (task.startsWith('dns') ? 'dns eu' : undefined), 1000)
  expect([...groups.keys()]).toEqual(['dns eu'])
  expect(groups.get('dns eu')?.rttMs?.median).toBeLessThan(11)
  expect(groups.get('dns eu')?.rttMs?.p95).toBeGreaterThan(85)
})
