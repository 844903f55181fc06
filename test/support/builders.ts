/**
 * Builders of intents for tests. Each takes only what a case is about; the rest is the plainest thing that works: one
 * speaker a POP (`fra-1`), one region a POP (`fra-city`), one area (`world`), all of 203.0.113.0/24, 198.51.100.0/24
 * and 2001:db8::/32 owned, no drain time, revision 1.
 */
import type { Address } from '../../src/bgp/address.ts'
import type { Asn } from '../../src/bgp/asn.ts'
import type { Family } from '../../src/bgp/family.ts'
import type { NeighborKind } from '../../src/bgp/neighbor.ts'
import type { Prefix } from '../../src/bgp/prefix.ts'
import type {
  Announcement,
  AreaId,
  Drain,
  DrainTarget,
  Freeze,
  Intent,
  Neighbor,
  NeighborAttributes,
  NeighborId,
  Network,
  Override,
  Pop,
  PopId,
  RegionId,
  Selector,
  SiteAttributes,
  Speaker,
  SpeakerId,
} from '../../src/intent/model.ts'
import type {
  Agent,
  AgentId,
  AlertMapping,
  Check,
  CheckId,
  Collector,
  Failover,
  FailoverAction,
  FailoverPolicy,
  Receiver,
} from '../../src/intent/monitoring.ts'
import type { Rollout } from '../../src/intent/rollout.ts'
import type { EntryGroup, EntryPreference } from '../../src/intent/entry.ts'
import type { PathGroup, Preference } from '../../src/intent/steering.ts'

export const epoch = 7
export const asn = 65001 as Asn
export const serviceV4 = '203.0.113.0/24' as Prefix
export const serviceV6 = '2001:db8:1::/48' as Prefix

interface PopParts {
  readonly pop: Pop
  readonly area: AreaId
  readonly speakers: readonly Speaker[]
  readonly neighbors: readonly Neighbor[]
}

export interface IntentParts {
  /** Names alone are POPs of the area `world`. */
  readonly pops?: readonly (string | PopParts)[]
  readonly prefixes?: readonly Announcement[]
  readonly drains?: readonly Drain[]
  readonly overrides?: readonly Override[]
  readonly failovers?: readonly Failover[]
  readonly pathGroups?: readonly PathGroup[]
  readonly preferences?: readonly Preference[]
  readonly entryGroups?: readonly EntryGroup[]
  readonly entryPreferences?: readonly EntryPreference[]
  readonly agents?: readonly Agent[]
  readonly checks?: readonly Check[]
  readonly receivers?: readonly Receiver[]
  readonly alertMappings?: readonly AlertMapping[]
  readonly rollouts?: readonly Rollout[]
  readonly freezes?: readonly Freeze[]
  readonly network?: Partial<Network> | 'none'
  readonly pools?: readonly string[]
  /** Other ASes that may originate them. */
  readonly origins?: readonly number[]
  /** Prefixes of them that other routers of ours announce. */
  readonly elsewhere?: readonly string[]
  readonly collectors?: readonly Collector[]
  readonly revision?: number
}

export function intent(parts: IntentParts = {}): Intent {
  const pops = (parts.pops ?? []).map((one) => (typeof one === 'string' ? pop(one) : one))
  const pools = parts.pools ?? ['203.0.113.0/24', '198.51.100.0/24', '10.0.0.0/8', '2001:db8::/32']
  return {
    revision: parts.revision ?? 1,
    network: parts.network === 'none' ? undefined : { asn, drainSeconds: 0, shrinkPercent: 10, ...parts.network },
    areas: byId(pops.map(({ area }) => ({ id: area }))),
    regions: byId(pops.map((one) => ({ id: one.pop.region, area: one.area }))),
    pops: byId(pops.map((one) => one.pop)),
    speakers: byId(pops.flatMap(({ speakers }) => speakers)),
    neighbors: byId(pops.flatMap(({ neighbors }) => neighbors)),
    pools: new Map([
      [
        'owned',
        {
          id: 'owned',
          prefixes: pools as Prefix[],
          origins: (parts.origins ?? []) as Asn[],
          elsewhere: (parts.elsewhere ?? []) as Prefix[],
        },
      ],
    ]),
    prefixes: new Map((parts.prefixes ?? []).map((one) => [one.prefix, one])),
    pathGroups: byId(parts.pathGroups ?? []),
    preferences: byId(parts.preferences ?? []),
    rollouts: byId(parts.rollouts ?? []),
    entryGroups: byId(parts.entryGroups ?? []),
    entryPreferences: byId(parts.entryPreferences ?? []),
    drains: byId(parts.drains ?? []),
    overrides: byId(parts.overrides ?? []),
    failovers: byId(parts.failovers ?? []),
    agents: byId(parts.agents ?? []),
    checks: byId(parts.checks ?? []),
    collectors: byId(parts.collectors ?? []),
    receivers: byId(parts.receivers ?? []),
    alertMappings: byId(parts.alertMappings ?? []),
    freezes: byId(parts.freezes ?? []),
  }
}

export function pop(
  id: string,
  parts: {
    readonly area?: string
    readonly speakers?: readonly string[]
    readonly nextHop?: Speaker['nextHop']
    readonly neighbors?: readonly ReturnType<typeof neighbor>[]
  } = {},
): PopParts {
  const speakers = (parts.speakers ?? [`${id}-1`]).map((speaker): Speaker => ({
    id: speaker as SpeakerId,
    pop: id as PopId,
    endpoint: `${speaker}.example.net:50051`,
    nextHop: parts.nextHop ?? {},
  }))
  return {
    pop: { id: id as PopId, region: `${id}-city` as RegionId },
    area: (parts.area ?? 'world') as AreaId,
    speakers,
    neighbors: (parts.neighbors ?? []).map((of) => of(speakers[0]!.id)),
  }
}

/** A neighbor of the POP's first speaker. */
export function neighbor(
  id: string,
  parts: {
    readonly kind?: NeighborKind
    readonly asn?: number
    readonly attributes?: NeighborAttributes
    readonly address?: string
    readonly families?: readonly Family[]
  } = {},
): (speaker: SpeakerId) => Neighbor {
  return (speaker) => ({
    id: id as NeighborId,
    speaker,
    address: (parts.address ?? '192.0.2.1') as Address,
    asn: (parts.asn ?? 64999) as Asn,
    kind: parts.kind ?? 'transit',
    managed: false,
    families: parts.families ?? ['ipv4', 'ipv6'],
    session: {
      passive: false,
      holdTimeSeconds: 90,
      keepaliveSeconds: 30,
      connectRetrySeconds: 10,
      gracefulRestartSeconds: 0,
    },
    attributes: parts.attributes ?? {},
  })
}

/** Announced everywhere, unless told otherwise. */
export function announce(
  prefix: string,
  parts: {
    readonly at?: readonly string[]
    readonly except?: readonly string[]
    readonly floor?: number
    readonly attributes?: SiteAttributes
    readonly pops?: Readonly<Record<string, SiteAttributes>>
    readonly neighbors?: Readonly<Record<string, NeighborAttributes>>
    readonly adopt?: readonly string[]
    readonly failover?: FailoverPolicy
  } = {},
): Announcement {
  return {
    prefix: prefix as Prefix,
    at: (parts.at ?? ['all']) as Selector[],
    except: (parts.except ?? []) as Selector[],
    ...(parts.floor !== undefined && { floor: parts.floor }),
    attributes: parts.attributes ?? {},
    pops: new Map(Object.entries(parts.pops ?? {}) as [PopId, SiteAttributes][]),
    neighbors: new Map(Object.entries(parts.neighbors ?? {}) as [NeighborId, NeighborAttributes][]),
    adopt: new Set((parts.adopt ?? []) as SpeakerId[]),
    ...(parts.failover !== undefined && { failover: parts.failover }),
  }
}

/** An agent at a POP; `vantage` instead of a POP is a vantage point. */
export function agent(id: string, at: string): Agent {
  const place = at === 'vantage' ? ({ kind: 'vantage' } as const) : ({ kind: 'pop', pop: at as PopId } as const)
  return { id: id as AgentId, place }
}

/** A TCP check of a service at every POP by its own agents, each second, three failures in a row. */
export function check(id: string, parts: Partial<Check> = {}): Check {
  return {
    id: id as CheckId,
    subject: 'service',
    at: ['all'] as readonly string[] as readonly Selector[],
    except: [],
    neighborKinds: ['transit', 'peer', 'route-server', 'customer'],
    from: 'local',
    probe: { kind: 'tcp', port: 53 },
    target: '203.0.113.1',
    targets: new Map(),
    sources: new Map(),
    intervalMs: 1000,
    timeoutMs: 1000,
    fall: 3,
    rise: 5,
    holdDownMs: 60_000,
    severity: 'critical',
    ...parts,
  }
}

/** Withdraws at a sick POP, withholds from a sick neighbor; no backup, no stages. */
export function failoverPolicy(checks: readonly string[], parts: Partial<FailoverPolicy> = {}): FailoverPolicy {
  return {
    checks: checks as readonly CheckId[],
    action: 'withdraw',
    neighborAction: 'withhold',
    backup: [],
    lease: { policy: 'hold' },
    return: { prepends: [], stageMs: 30_000 },
    ...parts,
  }
}

/** What automation laid on a prefix at a POP, or with `toward/` before the name, toward a neighbor. */
export function failover(
  action: FailoverAction,
  at: string,
  prefix: string = serviceV4,
  parts: Partial<Pick<Failover, 'prepend' | 'graceSeconds' | 'startedAtMs' | 'reason' | 'alarm'>> = {},
): Failover {
  const toward = at.startsWith('toward/')
  const name = at.replace('toward/', '')
  return {
    id: `${action}-${name}`,
    prefix: prefix as Prefix,
    place: toward ? { kind: 'neighbor', neighbor: name as NeighborId } : { kind: 'pop', pop: name as PopId },
    action,
    prepend: 3,
    graceSeconds: 0,
    startedAtMs: 0,
    subject: toward ? `neighbor/pop/${name}` : `service/${name}/dns`,
    alarm: 'alarm-1',
    reason: 'no answer from 3 of 3 agents',
    ...parts,
  }
}

interface OverlayTimes {
  readonly startedAtMs?: number
  readonly expiresAtMs?: number
}

/** Drains a site (a selector), or what `target` says; no grace time, from the beginning of time. */
export function drain(
  at: string | DrainTarget,
  parts: OverlayTimes & Partial<Pick<Drain, 'graceSeconds' | 'forced' | 'untilIdle' | 'idleAtMs' | 'shutdown'>> = {},
): Drain {
  const target: DrainTarget = typeof at === 'string' ? { kind: 'site', at: at as Selector } : at
  return {
    id: typeof at === 'string' ? `${at}-drain` : `${Object.values(at)[1]}-drain`,
    startedAtMs: 0,
    target,
    graceSeconds: 0,
    forced: false,
    ...parts,
  }
}

export function override(
  id: string,
  prefix: string,
  attributes: SiteAttributes,
  parts: OverlayTimes & { readonly at?: readonly string[]; readonly neighbor?: string; readonly forced?: boolean } = {},
): Override {
  const { at, neighbor: toward, ...rest } = parts
  return {
    id,
    prefix: prefix as Prefix,
    attributes,
    startedAtMs: 0,
    forced: false,
    ...rest,
    ...(at !== undefined && { at: at as Selector[] }),
    ...(toward !== undefined && { neighbor: toward as NeighborId }),
  }
}

export function freeze(parts: OverlayTimes = {}): Freeze {
  return { id: 'freeze', startedAtMs: 0, ...parts }
}

function byId<V extends { readonly id: string }>(values: readonly V[]): Map<V['id'], V> {
  return new Map(values.map((value) => [value.id, value]))
}

/** A staged change of one prefix, its first stage out; `was` is what stood before, undefined where nothing did. */
export function rollout(
  was: Announcement | undefined,
  stages: readonly (readonly string[])[],
  parts: Partial<Rollout> & { readonly prefix?: Prefix } = {},
): Rollout {
  const { prefix = was?.prefix ?? serviceV4, ...rest } = parts
  return {
    id: 'rollout',
    before: new Map([[prefix, was]]),
    stages: stages as readonly (readonly PopId[])[],
    stage: 1,
    settleMs: 30_000,
    giveUpMs: 600_000,
    unwell: new Set(),
    ungated: false,
    forced: false,
    startedAtMs: 0,
    stageAtMs: 0,
    author: 'alice',
    reason: 'test',
    ...rest,
  }
}
