/** Builders for what the learner steers by: groups of paths and of entries, preferences, offers. As in builders.ts. */
import type { Address } from '../../src/bgp/address.ts'
import type { Asn } from '../../src/bgp/asn.ts'
import type { Prefix } from '../../src/bgp/prefix.ts'
import type { EntryGroup, EntryGroupId, EntryPreference } from '../../src/intent/entry.ts'
import type { PopId, Selector } from '../../src/intent/model.ts'
import type { PathGroup, PathGroupId, Preference } from '../../src/intent/steering.ts'
import type { Offer } from '../../src/plan/observed.ts'
import { serviceV4 } from './builders.ts'

/** Paths named after their neighbors: `{pop}-bb1`, `{pop}-bb2`. */
export function pathGroup(destinations: readonly string[], parts: Partial<PathGroup> = {}): PathGroup {
  return {
    id: 'origin' as PathGroupId,
    at: ['all' as Selector],
    except: [],
    destinations: destinations as Prefix[],
    paths: new Map(['bb1', 'bb2'].map((name) => [name, { neighbor: `{pop}-${name}`, neighbors: new Map() }])),
    mode: 'auto',
    canary: [],
    ...parts,
  }
}

export function preference(pop: string, path: string, parts: Partial<Preference> = {}): Preference {
  return {
    id: `origin-${pop}`,
    group: 'origin' as PathGroupId,
    pop: pop as PopId,
    path,
    by: 'learner',
    startedAtMs: 0,
    reason: 'it is faster',
    ...parts,
  }
}

/** A route that the neighbor at this address taught a speaker, with its own address as next hop. */
export function offer(address: string, localPref = 100): Offer {
  return { neighbor: address as Address, nextHop: address as Address, localPref }
}

/** Among all POPs where AS 64999 is attached, for the IPv4 service. */
export function entryGroup(parts: Partial<EntryGroup> = {}): EntryGroup {
  return {
    id: 'transit-eu' as EntryGroupId,
    asns: [64999 as Asn],
    prefixes: [serviceV4],
    at: ['all' as Selector],
    except: [],
    mode: 'auto',
    canary: [],
    demote: new Map(),
    ...parts,
  }
}

export function entryPreference(pop: string, parts: Partial<EntryPreference> = {}): EntryPreference {
  return {
    id: 'transit-eu',
    group: 'transit-eu' as EntryGroupId,
    pop: pop as PopId,
    by: 'learner',
    startedAtMs: 0,
    reason: 'it is faster',
    ...parts,
  }
}
