import { describe, expect, it } from 'vitest'
import { must } from '../../../src/bgp/parsed.ts'
import { parsePrefix } from '../../../src/bgp/prefix.ts'
import { Settlement } from '../../../src/jobs/settlement.ts'

const a = must(parsePrefix('203.0.113.0/24'))
const b = must(parsePrefix('198.51.100.0/24'))
const noSentence = () => []

describe('a revision', () => {
  it('is done when every prefix it touched has converged, and is told so once', () => {
    const settlement = new Settlement()
    settlement.open(7, [a, b], 0)
    expect(settlement.take(new Map([[a, 'converged']]), noSentence)).toEqual([])
    expect(settlement.take(new Map([[b, 'converged']]), noSentence)).toEqual([{ revision: 7, state: 'done', held: [] }])
    expect(settlement.take(new Map([[a, 'converged']]), noSentence)).toEqual([])
  })

  it('that touches no prefix is done at once', () => {
    const settlement = new Settlement()
    settlement.open(1, [], 0)
    expect(settlement.take(new Map(), noSentence)).toEqual([{ revision: 1, state: 'done', held: [] }])
  })

  it('is held with the sentences of what is held, and done when that is released', () => {
    const settlement = new Settlement()
    settlement.open(3, [a], 0)
    expect(settlement.take(new Map([[a, 'held']]), () => ['waits for sin'])).toEqual([
      { revision: 3, state: 'held', held: ['waits for sin'] },
    ])
    expect(settlement.take(new Map([[a, 'converged']]), noSentence)).toMatchObject([{ revision: 3, state: 'done' }])
  })

  it('is superseded where a later revision touches its last open prefix', () => {
    const settlement = new Settlement()
    settlement.open(3, [a], 2)
    settlement.open(4, [a, b], 5)
    expect(settlement.take(new Map(), noSentence)).toEqual([{ revision: 3, state: 'superseded', held: [] }])
    expect([...settlement.waiting()]).toEqual([a, b])
  })

  it('left open by another leader keeps its allowance beside a later one, until everything has converged', () => {
    const settlement = new Settlement()
    settlement.resume(3, [a, b], 2)
    settlement.resume(4, [a, b], 5)
    expect(settlement.take(new Map([[a, 'converged']]), noSentence)).toEqual([])
    expect(settlement.allowance).toBe(7)
    expect(settlement.take(new Map([[b, 'converged']]), noSentence)).toMatchObject([
      { revision: 3, state: 'done' },
      { revision: 4, state: 'done' },
    ])
  })

  it('hands what it may still withdraw to the revision that supersedes it', () => {
    const settlement = new Settlement()
    settlement.open(3, [a], 3)
    settlement.open(4, [a], 0)
    settlement.take(new Map(), noSentence)
    expect(settlement.allowance).toBe(3)
  })

  it('gives its allowance of withdrawals until it is settled, and no longer', () => {
    const settlement = new Settlement()
    settlement.open(3, [a], 2)
    settlement.open(4, [b], 5)
    expect(settlement.allowance).toBe(7)
    settlement.take(new Map([[b, 'converged']]), noSentence)
    expect(settlement.allowance).toBe(2)
  })
})
