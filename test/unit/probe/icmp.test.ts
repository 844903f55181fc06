/** What fping prints, and how its packets become rounds. */
import { expect, test } from 'vitest'
import { parseFpingLine } from '../../../src/probe/icmp/fping-line.ts'
import { type Round, Rounds } from '../../../src/probe/icmp/rounds.ts'

test('reads answers and timeouts of both families, and nothing else', () => {
  expect(parseFpingLine('127.0.0.1 : [0], 64 bytes, 0.325 ms (0.325 avg, 0% loss)')).toEqual({
    address: '127.0.0.1',
    index: 0,
    rttMs: 0.325,
  })
  expect(parseFpingLine('2001:db8::2 : [1042], timed out (NaN avg, 100% loss)')).toEqual({
    address: '2001:db8::2',
    index: 1042,
    rttMs: undefined,
  })
  expect(parseFpingLine('10.0.0.1  : [3], 64 bytes, 12 ms (12.0 avg, 0% loss)')?.rttMs).toBe(12)
  for (const noise of [
    '',
    '127.0.0.1 : duplicate for [0], 64 bytes, 0.40 ms',
    'ICMP Host Unreachable from 10.0.0.1 for ICMP Echo sent to 10.0.0.2',
    '10.0.0.1 : xmt/rcv/%loss = 5/5/0%, min/avg/max = 0.0/0.1/0.2',
    '10.0.0.1 : [x], timed out',
  ])
    expect(parseFpingLine(noise)).toBeUndefined()
})

function rounds(count: number) {
  const over: Round[] = []
  return { over, rounds: new Rounds(count, (round) => over.push(round)) }
}

test('a round is over with the fate of its last packet, in whatever order they are told', () => {
  const { over, rounds: taken } = rounds(3)
  taken.take(1, 2)
  taken.take(3, 9)
  taken.take(0, undefined)
  expect(over).toEqual([])
  taken.take(2, 4)
  expect(over).toEqual([{ first: 0, rttsMs: [2, 4], lost: 1, unsent: 0 }])
})

test('a packet counts once, whatever comes later of it', () => {
  const { over, rounds: taken } = rounds(1)
  taken.take(0, undefined)
  taken.take(0, 250)
  taken.take(0, 250)
  expect(over).toEqual([{ first: 0, rttsMs: [], lost: 1, unsent: 0 }])
})

test('packets that nobody tells about were not sent', () => {
  const { over, rounds: taken } = rounds(2)
  taken.take(0, 1)
  taken.overdue(1)
  expect(over).toEqual([])
  taken.overdue(4)
  expect(over).toEqual([
    { first: 0, rttsMs: [1], lost: 0, unsent: 1 },
    { first: 2, rttsMs: [], lost: 0, unsent: 2 },
  ])
  taken.take(1, 5)
  expect(over).toHaveLength(2)
})

test('a jump of a week is not told round by round', () => {
  const { over, rounds: taken } = rounds(1)
  taken.overdue(600_000)
  expect(over.length).toBeLessThan(10)
})
