/** When the traffic of a drain is gone: two figures in a row, of every place, and never out of ignorance. */
import { describe, expect, test } from 'vitest'
import { type IdleMemory, decideIdle, drainTraffic } from '../../../src/health/drain-idle.ts'
import { type HealthGuards, allHealthGuards } from '../../../src/health/guards.ts'
import type { TrafficFigures } from '../../../src/health/traffic.ts'
import type { DrainTarget, Freeze, Intent, NeighborId, PopId, SpeakerId, UntilIdle } from '../../../src/intent/model.ts'
import { drain, freeze, intent, neighbor, pop } from '../../support/builders.ts'

const startedAtMs = 10_000
const share: UntilIdle = {
  below: { kind: 'share', share: 0.05 },
  atMostSeconds: 600,
  from: new Map([
    ['fra', 1000],
    ['ams', 1000],
  ]),
}

interface Story {
  readonly target?: string | DrainTarget
  readonly untilIdle?: UntilIdle
  readonly graceSeconds?: number
  readonly freezes?: readonly Freeze[]
}

/** Traffic is told again and again; answers when the drain is idle, ms after it began. */
class Watched {
  readonly intent: Intent
  #memory: IdleMemory = new Map()
  #figures: TrafficFigures = { pops: new Map(), neighbors: new Map(), groups: new Map() }

  constructor({ target = 'fra', untilIdle = share, graceSeconds = 0, freezes = [] }: Story = {}) {
    const lines = ['a', 'b'].map((name, i) => neighbor(`fra-${name}`, { address: `192.0.2.${i + 1}` }))
    this.intent = intent({
      pops: [pop('ams', { area: 'eu' }), pop('fra', { area: 'eu', speakers: ['fra-1', 'fra-2'], neighbors: lines })],
      drains: [drain(target, { startedAtMs, graceSeconds, untilIdle, expiresAtMs: 1e9 })],
      freezes,
    })
  }

  tell(afterMs: number, amounts: Readonly<Record<string, number>>): this {
    const atMs = startedAtMs + afterMs
    const told = Object.entries(amounts).map(([name, amount]) => [name, { amount, atMs }] as const)
    const lines = told.filter(([name]) => name.includes('-'))
    const pops = told.filter(([name]) => !name.includes('-'))
    this.#figures = {
      pops: new Map([...this.#figures.pops, ...pops.map(([name, figure]) => [name as PopId, figure] as const)]),
      neighbors: new Map([
        ...this.#figures.neighbors,
        ...lines.map(([name, figure]) => [name as NeighborId, figure] as const),
      ]),
      groups: new Map(),
    }
    return this
  }

  isIdle(afterMs: number, guards: HealthGuards = allHealthGuards): boolean {
    const { idle, memory } = decideIdle(this.intent, this.#figures, this.#memory, startedAtMs + afterMs, guards)
    this.#memory = memory
    return idle.length === 1
  }

  words(afterMs: number): readonly string[] {
    const [one] = this.intent.drains.values()
    return drainTraffic(this.intent, one!, this.#figures, startedAtMs + afterMs).map(({ words }) => words)
  }
}

describe('a place is idle', () => {
  test('at the second figure in a row below its share', () => {
    const watched = new Watched()
    expect(watched.tell(1000, { fra: 900 }).isIdle(1000)).toBe(false)
    expect(watched.tell(2000, { fra: 49 }).isIdle(2000)).toBe(false)
    expect(watched.isIdle(3000)).toBe(false)
    expect(watched.tell(4000, { fra: 48 }).isIdle(4000)).toBe(true)
  })

  test('not where an exporter that starts anew tells one zero', () => {
    const watched = new Watched()
    expect(watched.tell(1000, { fra: 0 }).isIdle(1000)).toBe(false)
    expect(watched.tell(2000, { fra: 900 }).isIdle(2000)).toBe(false)
    expect(watched.tell(3000, { fra: 0 }).isIdle(3000)).toBe(false)
    expect(watched.tell(4000, { fra: 0 }).isIdle(4000)).toBe(true)
  })

  test('not by figures from before the drain began', () => {
    const watched = new Watched()
    expect(watched.tell(-2000, { fra: 0 }).isIdle(0)).toBe(false)
    expect(watched.tell(-1000, { fra: 0 }).isIdle(1)).toBe(false)
    expect(watched.words(1)).toEqual(['nobody has told the traffic of fra since the drain began'])
  })

  test('below an amount, in the unit it was written in', () => {
    const untilIdle: UntilIdle = { ...share, below: { kind: 'amount', amount: 2e8, unit: 'bit/s' } }
    const watched = new Watched({ untilIdle }).tell(1000, { fra: 3e9 })
    expect(watched.words(1000)).toEqual(['fra has 3 Gbit/s, and waits for less than 200 Mbit/s'])
    expect(watched.isIdle(1000)).toBe(false)
    watched.tell(2000, { fra: 1e8 }).isIdle(2000)
    expect(watched.tell(3000, { fra: 1e8 }).isIdle(3000)).toBe(true)
  })

  test('where it had no traffic to begin with, and has none', () => {
    const watched = new Watched({ untilIdle: { ...share, from: new Map([['fra', 0]]) } })
    watched.tell(1000, { fra: 0 }).isIdle(1000)
    expect(watched.tell(2000, { fra: 0 }).isIdle(2000)).toBe(true)
  })
})

describe('what is drained is told of', () => {
  const line = 'fra-a' as NeighborId
  const cases: readonly (readonly [string, string | DrainTarget, readonly string[]])[] = [
    ['by POP, where an area is drained', 'eu', ['ams', 'fra']],
    [
      'by its lines, where a speaker shares its POP',
      { kind: 'speaker', speaker: 'fra-1' as SpeakerId },
      ['fra-a', 'fra-b'],
    ],
    ['by POP, where a speaker is alone there', { kind: 'speaker', speaker: 'ams-1' as SpeakerId }, ['ams']],
    ['by itself, where a neighbor is drained', { kind: 'neighbor', neighbor: line }, ['fra-a']],
  ]
  test.each(cases)('%s', (_, target, places) => {
    const from = new Map(places.map((place) => [place, 1000]))
    const watched = new Watched({ target, untilIdle: { ...share, from } })
    const all = (amount: number) => Object.fromEntries(places.map((place) => [place, amount]))
    watched.tell(1000, all(10)).isIdle(1000)
    expect(watched.tell(2000, { ...all(10), [places[0]!]: 900 }).isIdle(2000)).toBe(false)
    watched.tell(3000, all(10)).isIdle(3000)
    expect(watched.tell(4000, all(10)).isIdle(4000)).toBe(true)
  })

  test('and a speaker whose POP has others and no lines has nothing that could be idle', () => {
    const watched = new Watched({ target: { kind: 'speaker', speaker: 'fra-2' as SpeakerId } })
    expect(watched.isIdle(5000)).toBe(false)
    expect(watched.isIdle(5000, { ...allHealthGuards, unknown: false })).toBe(true)
  })
})

test('the grace time is kept, however little traffic there is', () => {
  const watched = new Watched({ graceSeconds: 10 }).tell(1000, { fra: 0 })
  watched.isIdle(1000)
  expect(watched.tell(2000, { fra: 0 }).isIdle(9999)).toBe(false)
  expect(watched.isIdle(10_000)).toBe(true)
})

describe('unknown is not idle (G9)', () => {
  const stories: readonly (readonly [string, () => Watched, string])[] = [
    ['never told', () => new Watched(), 'nobody has told the traffic of fra since the drain began'],
    ['told long ago', () => new Watched().tell(1000, { fra: 0 }), 'the traffic of fra was last told 299 s ago'],
    [
      'a share of what nobody knows',
      () => new Watched({ untilIdle: { ...share, from: new Map() } }).tell(299_000, { fra: 1 }),
      'fra has 1, and what it had before is not known',
    ],
  ]
  test.each(stories)('%s', (_, story, words) => {
    expect(story().isIdle(300_000)).toBe(false)
    expect(story().words(300_000)).toEqual([words])
    expect(story().isIdle(300_000, { ...allHealthGuards, unknown: false })).toBe(true)
  })
})

test('a freeze says nothing (G11), and without that guard it would', () => {
  const watched = new Watched({ freezes: [freeze()] }).tell(1000, { fra: 0 })
  watched.isIdle(1000)
  watched.tell(2000, { fra: 0 })
  expect(watched.isIdle(2000)).toBe(false)
  expect(watched.isIdle(2000, { ...allHealthGuards, freeze: false })).toBe(true)
})
