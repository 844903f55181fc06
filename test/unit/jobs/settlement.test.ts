import { describe, expect, it } from 'vitest'
import { must } from '../../../src/bgp/parsed.ts'
import { type Prefix, parsePrefix } from '../../../src/bgp/prefix.ts'
import type { Held } from '../../../src/plan/action.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { Settlement } from '../../../src/jobs/settlement.ts'

const a = must(parsePrefix('203.0.113.0/24'))
const b = must(parsePrefix('198.51.100.0/24'))

type State = 'converged' | 'pending' | 'held'

/** What a plan says of prefixes; a held one with its sentence. */
function said(...states: readonly (readonly [Prefix, State, string?])[]): Pick<Plan, 'settled' | 'held'> {
  const held = states.flatMap(([prefix, , detail]) =>
    detail === undefined
      ? []
      : [{ reason: 'floor', prefix, speaker: 's', pop: 'p', wanted: 'withdraw', detail } as Held],
  )
  return { settled: new Map(states.map(([prefix, state]) => [prefix, state])), held }
}

describe('a revision', () => {
  it('is done when every prefix it touched has converged, and is told so once', () => {
    const settlement = new Settlement()
    settlement.open(7, [a, b], 0)
    expect(settlement.take(said([a, 'converged']))).toEqual([])
    expect(settlement.take(said([b, 'converged']))).toEqual([{ revision: 7, state: 'done', held: [] }])
    expect(settlement.take(said([a, 'converged']))).toEqual([])
  })

  it('that touches no prefix is done at once', () => {
    const settlement = new Settlement()
    settlement.open(1, [], 0)
    expect(settlement.take(said())).toEqual([{ revision: 1, state: 'done', held: [] }])
  })

  it('is held with the sentences of what is held, and done when that is released', () => {
    const settlement = new Settlement()
    settlement.open(3, [a], 0)
    expect(settlement.take(said([a, 'held', 'waits for sin']))).toEqual([
      { revision: 3, state: 'held', held: ['waits for sin'] },
    ])
    expect(settlement.take(said([a, 'converged']))).toMatchObject([{ revision: 3, state: 'done' }])
  })

  it('says anew what is held when that is something else', () => {
    const settlement = new Settlement()
    settlement.open(3, [a, b], 0)
    settlement.take(said([a, 'held', 'waits for sin'], [b, 'pending']))
    expect(settlement.take(said([b, 'pending']))).toEqual([])
    expect(settlement.take(said([b, 'held', 'waits for fra']))).toEqual([
      { revision: 3, state: 'held', held: ['waits for sin', 'waits for fra'] },
    ])
    expect(settlement.take(said([a, 'converged'], [b, 'pending']))).toEqual([
      { revision: 3, state: 'pending', held: [] },
    ])
  })

  it('is superseded where a later revision touches its last open prefix', () => {
    const settlement = new Settlement()
    settlement.open(3, [a], 2)
    settlement.open(4, [a, b], 5)
    expect(settlement.take(said())).toEqual([{ revision: 3, state: 'superseded', held: [], supersededBy: 4 }])
    expect([a, b].map((prefix) => settlement.revisionOf(prefix))).toEqual([4, 4])
  })

  it('left open by another leader keeps its allowance beside a later one, until everything has converged', () => {
    const settlement = new Settlement()
    settlement.resume(3, [a, b], 2)
    settlement.resume(4, [a, b], 5)
    expect(settlement.take(said([a, 'converged']))).toEqual([])
    expect(settlement.allowance).toBe(7)
    expect(settlement.take(said([b, 'converged']))).toMatchObject([
      { revision: 3, state: 'done' },
      { revision: 4, state: 'done' },
    ])
  })

  it('hands what it may still withdraw to the revision that supersedes it', () => {
    const settlement = new Settlement()
    settlement.open(3, [a], 3)
    settlement.open(4, [a], 0)
    settlement.take(said())
    expect(settlement.allowance).toBe(3)
  })

  it('gives its allowance of withdrawals until it is settled, and no longer', () => {
    const settlement = new Settlement()
    settlement.open(3, [a], 2)
    settlement.open(4, [b], 5)
    expect(settlement.allowance).toBe(7)
    settlement.take(said([b, 'converged']))
    expect(settlement.allowance).toBe(2)
  })
})
