import { describe, expect, test } from 'vitest'
import { reportFlow } from '../../../src/lab/traffic/flow-report.ts'
import { type LoggedPacket, openPacketLog } from '../../../src/lab/traffic/packet-log.ts'

const flow = { client: 'client1', flow: 'udp4', intervalMs: 5 } as const

/** One letter a packet, 5 ms apart: `f` answered by fra after 1 ms, `a` by ams after 2 ms, `.` lost. */
function packets(text: string): readonly LoggedPacket[] {
  return text.split('').map((letter, sequence) => ({
    sequence,
    sentAtMs: 1000 + sequence * 5,
    rttMs: { f: 1, a: 2 }[letter],
    pop: { f: 'fra', a: 'ams' }[letter],
    reordered: false,
  }))
}

describe('the report of a flow', () => {
  test.each([
    ['nothing lost', 'ffff', 0, 0],
    ['one lost', 'ff.ff', 1, 5],
    ['the longest of two gaps', 'f..f...f', 5, 15],
    ['a gap that does not end', 'ff....', 4, 20],
    ['nobody answers', '....', 4, 20],
  ])('%s: %s', (_, text, lost, gapMs) => {
    expect(reportFlow(flow, packets(text))).toMatchObject({ sent: text.length, lost, gapMs })
  })

  test('a move is two spans of the catchment, whatever is lost in between', () => {
    expect(reportFlow(flow, packets('fff..aa')).catchment).toEqual([
      { pop: 'fra', fromMs: 1000, toMs: 1010, packets: 3 },
      { pop: 'ams', fromMs: 1025, toMs: 1030, packets: 2 },
    ])
  })

  test('flapping shows as many spans', () => {
    expect(reportFlow(flow, packets('fafa')).catchment.map(({ pop }) => pop)).toEqual(['fra', 'ams', 'fra', 'ams'])
  })

  test('round trips are told as median, 95th percentile and maximum, lost packets left out', () => {
    expect(reportFlow(flow, packets(`${'f'.repeat(94)}${'a'.repeat(6)}..`)).rttMs).toEqual({ p50: 1, p95: 2, max: 2 })
    expect(reportFlow(flow, packets('..')).rttMs).toBeUndefined()
  })
})

describe('the log of a flow', () => {
  test('packets are in the order they were sent, whenever their fate was told', () => {
    const log = openPacketLog('client1', 'udp4', 5)
    for (const packet of packets('fff.f').toReversed()) log.record(packet)
    expect(log.between(1005, 1020).map(({ sequence }) => sequence)).toEqual([1, 2, 3])
  })

  test('what is forgotten is gone, and does not come back', () => {
    const log = openPacketLog('client1', 'udp4', 5)
    const all = packets('ffff')
    for (const packet of all) log.record(packet)
    log.forget(1010)
    for (const packet of all) log.record(packet)
    expect(log.between(0, 2000).map(({ sequence }) => sequence)).toEqual([2, 3])
  })
})
