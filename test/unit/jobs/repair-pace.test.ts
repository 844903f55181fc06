import { describe, expect, it } from 'vitest'
import { must } from '../../../src/bgp/parsed.ts'
import type { AttributesKey } from '../../../src/bgp/path.ts'
import { parsePrefix } from '../../../src/bgp/prefix.ts'
import type { PopId, SpeakerId } from '../../../src/intent/model.ts'
import { RepairPace } from '../../../src/jobs/repair-pace.ts'
import type { Plan } from '../../../src/plan/plan.ts'

const prefix = must(parsePrefix('203.0.113.0/24'))
const speaker = 'fra-1' as SpeakerId
const attributes = 'any' as AttributesKey

function planOf(kind: 'repair' | 'announce'): Plan {
  return {
    actions: [{ kind, prefix, speaker, pop: 'fra' as PopId, to: attributes, because: 'the RIB differs' }],
    held: [],
    warnings: [],
    targets: new Map([
      [speaker, { set: new Map([[prefix, { kind: 'announce', attributes, revision: 1 }]]), forget: [] }],
    ]),
    changesAt: new Map(),
    settled: new Map(),
  }
}

/** At which of the moments a repair passes. */
function passing(momentsMs: readonly number[]): readonly number[] {
  const pace = new RepairPace()
  return momentsMs.filter((nowMs) => pace.pace(planOf('repair'), nowMs).targets.size > 0)
}

describe('repairs of one path', () => {
  it('come at once the first time', () => expect(passing([0])).toEqual([0]))

  it('wait 1 s, then 2 s, then 4 s while another program fights for the path', () =>
    expect(passing([0, 500, 999, 1000, 2999, 3000, 6999, 7000])).toEqual([0, 1000, 3000, 7000]))

  it('never wait longer than a minute', () => {
    const moments = [0, 1, 3, 7, 15, 31, 63, 123, 183, 243].map((seconds) => seconds * 1000)
    expect(passing(moments)).toEqual(moments)
  })

  it('start over after five quiet minutes', () => expect(passing([0, 300_001, 300_500])).toEqual([0, 300_001]))

  it('that came too soon are looked at again when their wait is over', () => {
    const pace = new RepairPace()
    pace.pace(planOf('repair'), 0)
    expect(pace.pace(planOf('repair'), 400)).toMatchObject({ actions: [], changesAt: new Map([[prefix, 1000]]) })
  })
})

it('announcements are never paced', () => {
  const pace = new RepairPace()
  expect([0, 1, 2].map((nowMs) => pace.pace(planOf('announce'), nowMs).targets.size)).toEqual([1, 1, 1])
})
