/** The export policy as messages: whole, and safe to grow. */
import { describe, expect, test } from 'vitest'
import type { Address } from '../../../src/bgp/address.ts'
import type { Asn } from '../../../src/bgp/asn.ts'
import type { Community } from '../../../src/bgp/community.ts'
import type { ExportPolicy, PolicyTreatment } from '../../../src/speaker/export-policy.ts'
import { codecV3 } from '../../../src/speaker/gobgp/codec-v3.ts'
import { codecV4 } from '../../../src/speaker/gobgp/codec-v4.ts'
import { policyMessages } from '../../../src/speaker/gobgp/policy-statements.ts'

const treatment: PolicyTreatment = {
  number: 9,
  neighbor: '192.0.2.9' as Address,
  med: 0,
  communities: ['65001:9' as Community],
  largeCommunities: [],
}
const policy: ExportPolicy = {
  asn: 65001 as Asn,
  neighbors: [
    { address: '192.0.2.9' as Address, number: 1 },
    { address: '2001:db8::9' as Address, number: 2 },
  ],
  treatments: [treatment],
}

describe.each([codecV3, codecV4])('$api', (codec) => {
  const messages = policyMessages(codec, policy)

  test('every set that a statement refers to is there and holds exactly one thing', () => {
    const sets = new Map(messages.sets.map((set) => [set.name, set.list]))
    for (const { conditions } of [...messages.steer, ...messages.export])
      for (const set of [conditions?.neighbor_set, conditions?.large_community_set])
        if (set !== undefined && set !== null) expect(sets.get(set.name)).toHaveLength(1)
    expect(sets.get('herald-neighbor-192.0.2.9')).toEqual(['192.0.2.9/32'])
    expect(sets.get('herald-neighbor-2001:db8::9')).toEqual(['2001:db8::9/128'])
    expect(sets.get('herald-65001:6:2')).toEqual(['65001:6:2'])
  })

  test('every steering statement is about one neighbor and one mark', () => {
    expect(messages.steer).toHaveLength(2 * 5 + 1)
    for (const { conditions } of messages.steer) {
      expect(conditions?.neighbor_set?.name).toMatch(/^herald-neighbor-/)
      expect(conditions?.large_community_set?.name).toMatch(/^herald-65001:[1-6]:\d+$/)
    }
  })

  test('only a local path with our mark is accepted, and only our functions are stripped', () => {
    expect(messages.export).toHaveLength(1)
    expect(messages.export[0]).toMatchObject({
      conditions: { large_community_set: { name: 'herald-65001:0' }, route_type: 3 },
      actions: { route_action: 1, large_community: { communities: ['^65001:[0-7]:[0-9]+$'] } },
    })
    expect(messages.sets.find(({ name }) => name === 'herald-65001:0')?.list).toEqual(['^65001:0:.*$'])
  })

  test('a treatment with other attributes is another statement of the same mark; an equal one is the same', () => {
    const name = (of: Partial<PolicyTreatment>) => {
      const treatments = [{ ...treatment, ...of }]
      return policyMessages(codec, { ...policy, neighbors: [], treatments }).steer[0]?.name
    }
    expect(name({})).toBe(messages.steer.at(-1)?.name)
    const others = [{ med: 1 }, { localPref: 0 }, { nextHop: '192.0.2.1' as Address }, { communities: [] }].map(name)
    expect(new Set([name({}), ...others]).size).toBe(5)
    for (const other of others) expect(other).toMatch(/^herald-65001:5:9-192\.0\.2\.9-[0-9a-f]{8}$/)
  })
})
