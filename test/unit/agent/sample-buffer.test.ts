/** Samples on their way: what is kept, what is lost, what is sent twice under one number. */
import { expect, test } from 'vitest'
import { SampleBuffer } from '../../../src/agent/sample-buffer.ts'

const sample = (sequence: number) =>
  ({ task: 'web', subject: 'service/fra/web', sequence, atMs: sequence, outcome: 'ok' }) as const

function filled(count: number, size = 10, batchSize = 4): SampleBuffer {
  const buffer = new SampleBuffer({ run: 'r', size, batchSize })
  for (let i = 0; i < count; i++) buffer.push(sample(i))
  return buffer
}

const sequences = ({ samples }: ReturnType<SampleBuffer['batch']>) => samples.map(({ sequence }) => sequence)

test('a batch stays the same until it is settled, whatever is added meanwhile', () => {
  const buffer = filled(2)
  const first = buffer.batch()
  buffer.push(sample(2))
  expect(buffer.batch()).toBe(first)
  expect(first).toMatchObject({ run: 'r', batch: 1, dropped: 0 })
  expect(sequences(first)).toEqual([0, 1])
  buffer.settle()
  expect(buffer.batch()).toMatchObject({ batch: 2 })
  expect(sequences(buffer.batch())).toEqual([2])
})

test('the bound holds, the oldest are dropped first, and their number is told', () => {
  const buffer = filled(3)
  expect(sequences(buffer.batch())).toEqual([0, 1, 2])
  for (let i = 3; i < 20; i++) buffer.push(sample(i))
  expect(buffer.length).toBe(10)
  expect(buffer.dropped).toBe(10)
  expect(sequences(buffer.batch())).toEqual([0, 1, 2]) // it may be there already: it must not change under its number
  buffer.settle()
  const next = buffer.batch()
  expect(next.dropped).toBe(10)
  expect(sequences(next)).toEqual([13, 14, 15, 16])
})

test('nothing is lost or doubled within the bound, over many batches', () => {
  const buffer = filled(0, 100_000, 1000)
  const seen: number[] = []
  for (let i = 0; i < 50_000; i++) buffer.push(sample(i))
  while (buffer.length > 0) {
    seen.push(...sequences(buffer.batch()))
    buffer.settle()
  }
  expect(seen).toEqual(Array.from({ length: 50_000 }, (_, i) => i))
  expect(buffer.dropped).toBe(0)
})

test('an empty batch is a heartbeat; a batch that nobody will take counts as dropped', () => {
  const buffer = filled(0)
  expect(buffer.batch().samples).toEqual([])
  buffer.settle()
  buffer.push(sample(1))
  buffer.batch()
  buffer.discard()
  expect(buffer.dropped).toBe(1)
  expect(buffer.length).toBe(0)
})
