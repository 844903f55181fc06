/** Speakers that cannot be made right: what is said of it, with the way out that there really is. */
import { describe, expect, test } from 'vitest'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import type { Intent, SpeakerId } from '../../../src/intent/model.ts'
import { planPrefixes } from '../../../src/plan/plan.ts'
import { noteForeignPaths, readTrouble } from '../../../src/plan/trouble.ts'
import { announce, epoch, intent, serviceV4 } from '../../support/builders.ts'
import { PretendFleet } from '../../support/pretend-fleet.ts'

const fra = 'fra-1' as SpeakerId
const base = intent({ pops: ['fra'] })
const [pooled = serviceV4] = [...base.pools.values()].flatMap(({ prefixes }) => prefixes)
const unowned = '192.168.7.0/24' as Prefix

describe('paths of another program', () => {
  const words = (prefixes: readonly Prefix[]) => readTrouble(noteForeignPaths(prefixes), fra, base)

  test('that lie in a pool can be adopted', () => {
    expect(words([pooled])).toEqual({
      reason: 'foreign-paths',
      words: `another program announces ${pooled} there, and Herald's export policy would silence it: take over with "herald adopt fra-1 --all", or delete it there`,
    })
  })

  test('that lie in none need a Pool first, or are deleted', () => {
    expect(words([pooled, unowned]).words).toMatch(
      /: apply a Pool that has 192\.168\.7\.0\/24, or delete that there; then take over the rest with "herald adopt fra-1 --all"$/,
    )
  })

  test('are counted where there are many', () => {
    const many = Array.from({ length: 100 }, (_, i) => `192.168.${i}.0/24` as Prefix)
    expect(words(many).words).toContain('192.168.0.0/24, 192.168.1.0/24, 192.168.2.0/24 and 47 more (and 50 beyond)')
  })
})

test('other trouble is told in its own words', () => {
  expect(readTrouble('fra-1 runs AS 64999', fra, base)).toEqual({
    reason: 'speaker-refused',
    words: 'fra-1 runs AS 64999',
  })
})

/** Up, and never made right. */
class BlockedFleet extends PretendFleet {
  override speaker(id: SpeakerId) {
    const state = super.speaker(id)
    return state && { reach: state.reach, applied: 0, trouble: noteForeignPaths([unowned]) }
  }
}

describe('at a speaker that another program keeps blocked', () => {
  const fleet = new BlockedFleet([fra])
  const plan = (wanted: Intent) =>
    planPrefixes({ intent: wanted, moment: { epoch, nowMs: 0 }, fleet, allowance: 10 }, [serviceV4])
  const published = intent({ pops: ['fra'], prefixes: [announce(serviceV4)] })
  const withdrawn = intent({ pops: ['fra'], prefixes: [announce(serviceV4, { at: [] })] })

  test('what is wanted is held, by a reason of its own', () => {
    fleet.take(plan(published))
    const { held, settled } = plan(published)
    expect(held).toMatchObject([{ reason: 'foreign-paths', speaker: fra, wanted: 'repair' }])
    expect(settled.get(serviceV4)).toBe('held')
  })

  test('a withdrawal of what never came is done at once', () => {
    const { actions, held, settled } = plan(withdrawn)
    expect(actions).toMatchObject([{ kind: 'forget', speaker: fra }])
    expect(held).toEqual([])
    expect(settled.get(serviceV4)).toBe('converged')
  })

  test('a path of ours that is in the RIB all the same is withdrawn', () => {
    fleet.apply(fra)
    expect(plan(withdrawn).actions).toMatchObject([{ kind: 'withdraw', speaker: fra }])
  })
})
