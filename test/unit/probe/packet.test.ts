import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeReply, encodeRequest, packetLength, reflect, stampSendTime } from '../../../src/probe/echo/packet.ts'

const sentAtMs = Date.UTC(2026, 10, 21, 12, 0, 0, 250) + 0.125

function replyTo(request: Buffer, name: string): Buffer {
  const packet = Buffer.from(request)
  expect(reflect(packet, sentAtMs + 5, name)).toBe(true)
  stampSendTime(packet, sentAtMs + 6)
  return packet
}

describe('STAMP packets', () => {
  test('a reply carries the sequence, session and time of its request, the reflector’s times, and its name', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 0, max: 65_535 }),
        fc.stringMatching(/^[a-z0-9-]{1,63}$/),
        (sequence, session, name) => {
          const reply = decodeReply(replyTo(encodeRequest({ sequence, session, sentAtMs }), name))
          expect(reply).toMatchObject({ sequence, session, name })
          expect(reply?.sentAtMs).toBeCloseTo(sentAtMs, 3)
          expect(reply?.reflectorReceivedAtMs).toBeCloseTo(sentAtMs + 5, 3)
          expect(reply?.reflectorSentAtMs).toBeCloseTo(sentAtMs + 6, 3)
        },
      ),
    )
  })

  test('the fields lie where RFC 8762 puts them', () => {
    const request = encodeRequest({ sequence: 0x01020304, session: 0x0506, sentAtMs: Date.UTC(1970, 0, 1) + 500 })
    expect(request.toString('hex', 0, 16)).toBe('0102030483aa7e808000000016010506')
    const reply = replyTo(request, 'fra')
    expect(reply.toString('hex', 24, 38)).toBe('0102030483aa7e80800000001601')
    expect(reply.toString('hex', 0, 4)).toBe('01020304')
  })

  test('a reply is as long as its request', () => {
    expect(replyTo(encodeRequest({ sequence: 1, session: 1, sentAtMs }), 'fra')).toHaveLength(packetLength)
  })

  test('a plain STAMP packet without room for a name is answered without one', () => {
    const request = encodeRequest({ sequence: 9, session: 3, sentAtMs }).subarray(0, 44)
    expect(decodeReply(replyTo(request, 'fra'))).toMatchObject({ sequence: 9, name: undefined })
  })

  test('the name is found behind another TLV', () => {
    const request = encodeRequest({ sequence: 9, session: 3, sentAtMs })
    const padding = Buffer.from([0x80, 1, 0, 2, 0, 0])
    const both = Buffer.concat([request.subarray(0, 44), padding, request.subarray(44)])
    expect(decodeReply(replyTo(both, 'fra'))?.name).toBe('fra')
  })

  test('a request that comes back as it was sent is no reply', () => {
    expect(decodeReply(encodeRequest({ sequence: 1, session: 1, sentAtMs }))).toBeUndefined()
  })

  test('whatever arrives, nothing throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const packet = Buffer.from(bytes)
        decodeReply(packet)
        expect(reflect(packet, sentAtMs, 'fra')).toBe(bytes.length >= 44)
      }),
    )
  })
})
