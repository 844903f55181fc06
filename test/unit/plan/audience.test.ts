/** Who hears an announcement: what the plan says about sites that nobody listens to. */
import { describe, expect, test } from 'vitest'
import type { Address } from '../../../src/bgp/address.ts'
import { compilePrefix } from '../../../src/intent/compile.ts'
import type { Intent, SpeakerId } from '../../../src/intent/model.ts'
import { unheardAt } from '../../../src/plan/audience.ts'
import { announce, epoch, intent, neighbor, pop, serviceV4, serviceV6 } from '../../support/builders.ts'

const isp = '192.0.2.1' as Address
const stranger = '192.0.2.99' as Address

function unheard(intent: Intent, prefix: string, sessions: Readonly<Record<string, readonly Address[]>>) {
  const desired = compilePrefix(intent, prefix as never, { epoch, nowMs: 0 })
  if (desired === undefined) throw new Error(`${prefix} is not intended`)
  const established = (speaker: SpeakerId) => sessions[speaker] && new Set(sessions[speaker])
  return unheardAt(intent, desired, established).map(({ code, speaker }) => `${speaker} ${code}`)
}

const twoPops = (...parts: Parameters<typeof announce>) =>
  intent({
    pops: [pop('fra', { neighbors: [neighbor('fra-isp')] }), pop('sin')],
    prefixes: [announce(...parts)],
  })

describe('a site', () => {
  test('with an established neighbor is heard', () => {
    expect(unheard(twoPops(serviceV4), serviceV4, { 'fra-1': [isp], 'sin-1': [stranger] })).toEqual([])
  })

  test('without one is not, whether or not a document names one', () => {
    expect(unheard(twoPops(serviceV4), serviceV4, { 'fra-1': [], 'sin-1': [] })).toEqual([
      'fra-1 unheard',
      'sin-1 unheard',
    ])
  })

  test('whose sessions nobody saw is passed over: unknown is not empty', () => {
    expect(unheard(twoPops(serviceV4), serviceV4, {})).toEqual([])
  })

  test('withheld from its only neighbor is not heard', () => {
    const withheld = twoPops(serviceV4, { neighbors: { 'fra-isp': { announce: false } } })
    expect(unheard(withheld, serviceV4, { 'fra-1': [isp] })).toEqual(['fra-1 unheard-withheld'])
  })

  test('withheld from one neighbor is heard by a session that no document names', () => {
    const withheld = twoPops(serviceV4, { neighbors: { 'fra-isp': { announce: false } } })
    expect(unheard(withheld, serviceV4, { 'fra-1': [isp, stranger] })).toEqual([])
  })

  test('whose neighbors carry the other family only is not heard', () => {
    const base = twoPops(serviceV6)
    const neighbors = new Map(
      [...base.neighbors].map(([id, one]) => [id, { ...one, families: ['ipv4'] as const }] as const),
    )
    expect(unheard({ ...base, neighbors }, serviceV6, { 'fra-1': [isp] })).toEqual(['fra-1 unheard-family'])
  })
})
