import { describe, expect, it } from 'vitest'
import { must } from '../../../src/bgp/parsed.ts'
import { type Prefix, parsePrefix } from '../../../src/bgp/prefix.ts'
import type { SpeakerId } from '../../../src/intent/model.ts'
import type { FleetNews } from '../../../src/jobs/fleet.ts'
import { Unsettled } from '../../../src/jobs/unsettled.ts'
import { intent } from '../../support/builders.ts'
import { PretendFleet, foreignPath } from '../../support/pretend-fleet.ts'
import { PretendHerald } from '../../support/pretend-herald.ts'

const [a, b, c] = ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24'].map((text) => must(parsePrefix(text))) as [
  Prefix,
  Prefix,
  Prefix,
]
const fra = 'fra-1' as SpeakerId
const sin = 'sin-1' as SpeakerId
const noNews: FleetNews = { fresh: [], applied: new Set(), turned: new Set(), firstRead: false }

/** a and b are left open, c has converged; a is at fra, b at sin. */
function after(): { unsettled: Unsettled; fleet: PretendFleet } {
  const fleet = new PretendFleet([fra, sin])
  fleet.edit(fra, a, foreignPath)
  fleet.edit(sin, b, foreignPath)
  const unsettled = new Unsettled()
  const plan = new PretendHerald(intent({})).plan()
  unsettled.take({
    ...plan,
    settled: new Map([
      [a, 'held'],
      [b, 'pending'],
      [c, 'converged'],
    ]),
    held: [{ reason: 'mass-withdrawal', prefix: a, speaker: fra, pop: 'fra' as never, wanted: 'withdraw', detail: '' }],
  })
  return { unsettled, fleet }
}

describe('a look', () => {
  it('leaves prefixes alone that nothing new can release', () => {
    const { unsettled, fleet } = after()
    expect([...unsettled.concernedBy(noNews, fleet)]).toEqual([])
  })

  it('takes in those that a worker has applied, unless they had converged before', () => {
    const { unsettled, fleet } = after()
    expect([...unsettled.concernedBy({ ...noNews, applied: new Set([b, c]) }, fleet)]).toEqual([b])
  })

  it('takes in the open ones of a speaker that is back, or gone', () => {
    const { unsettled, fleet } = after()
    expect([...unsettled.concernedBy({ ...noNews, turned: new Set([fra]) }, fleet)]).toEqual([a])
  })

  it('takes in every open one when a speaker was read for the first time', () => {
    const { unsettled, fleet } = after()
    expect([...unsettled.concernedBy({ ...noNews, firstRead: true }, fleet)]).toEqual([a, b])
  })

  it('takes in what G4 held when a revision comes', () => {
    expect([...after().unsettled.heldAsMass()]).toEqual([a])
  })
})
