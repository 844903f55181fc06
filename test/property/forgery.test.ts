/** Whatever we announce and withdraw, and however the Internet hunts for paths meanwhile, our own routes are no forgeries. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { announce, asn, intent, serviceV4 } from '../support/builders.ts'
import { Lookout, at, collector, gone, ours, stranger, withinMs } from '../support/lookout.ts'

const half = '203.0.113.128/25'
const both = intent({ pops: ['fra'], prefixes: [announce(serviceV4), announce(half)] })
const alone = intent({ pops: ['fra'], prefixes: [announce(serviceV4)] })
const patience = withinMs / 1000

/** Seconds for which we announce it, then do not; whether its document goes with it; when it flickers in the tail. */
const cycle = fc.record({
  announced: fc.integer({ min: 1, max: 40 }),
  withdrawn: fc.integer({ min: 1, max: 60 }),
  isDeleted: fc.boolean(),
  tail: fc.integer({ min: 0, max: patience }),
  flicker: fc.array(fc.boolean(), { minLength: patience, maxLength: patience }),
  leaderChanges: fc.boolean(),
})

type Cycle = typeof cycle extends fc.Arbitrary<infer C> ? C : never

class Net {
  readonly lookout = new Lookout()
  #sinceMs: number | undefined

  second(isSeen: boolean, path: readonly number[]): readonly string[] {
    const { lookout } = this
    lookout.nowMs += 1000
    this.#sinceMs = isSeen ? (this.#sinceMs ?? lookout.nowMs) : undefined
    const sinceMs = this.#sinceMs ?? lookout.nowMs
    const seen = isSeen ? { ...at(path), sinceMs } : { ...gone, sinceMs }
    return lookout.look(collector('rrc1', { [serviceV4]: ours, [half]: seen }))
  }

  play({ announced, withdrawn, isDeleted, tail, flicker, leaderChanges }: Cycle): readonly string[] {
    const { lookout } = this
    const fired: string[] = []
    lookout.intent = both
    lookout.deleted = []
    lookout.held = lookout.proved = [serviceV4, half]
    for (let i = 0; i < announced; i++) fired.push(...this.second(true, [64497, asn]))
    lookout.held = lookout.proved = [serviceV4]
    lookout.intent = isDeleted ? alone : both
    lookout.deleted = isDeleted ? [half] : []
    if (leaderChanges) lookout.book = new Lookout().book
    for (let i = 0; i < withdrawn; i++)
      fired.push(...this.second(i < tail && flicker[i] === true, [64499, 64498, 64497, asn]))
    return fired
  }
}

test('no route of ours that is hunted for within the patience is told to be forged', () => {
  fc.assert(
    fc.property(fc.array(cycle, { minLength: 1, maxLength: 6 }), (cycles) => {
      const net = new Net()
      for (const one of cycles) expect(net.play(one).filter((id) => id.startsWith('forged-'))).toEqual([])
    }),
    { numRuns: 300, seed: 20260127 },
  )
})

test('one that comes into sight later than that, while we do not announce it, is told within ten seconds', () => {
  fc.assert(
    fc.property(fc.array(cycle, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 30 }), (cycles, calm) => {
      const net = new Net()
      for (const one of cycles) net.play(one)
      for (let i = 0; i < patience + calm; i++) net.second(false, [])
      let open: readonly string[] = []
      for (let i = 0; i < 11; i++) open = net.second(true, [64497, stranger, asn])
      expect(open).toEqual([`forged-origin/${half}`])
    }),
    { numRuns: 300, seed: 20260127 },
  )
})
