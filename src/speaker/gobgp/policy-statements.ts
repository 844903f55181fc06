/**
 * The export policy as GoBGP has it: defined sets and the statements of two policies, evaluated in order.
 *
 *   herald-steer    per neighbor and mark: reject (withhold), prepend 1 to 3, add GRACEFUL_SHUTDOWN; per treatment:
 *                   its attributes. All but reject fall through, so their order does not matter and statements can be
 *                   appended while routes are up.
 *   herald-export   a local path with our ownership mark: remove our marks, accept.
 *   default         reject. What neighbors taught us never leaves, whatever marks it carries.
 *
 * A statement's name ends in a hash of its content: another content is another statement. A set holds one neighbor or
 * one mark, never none: an empty neighbor set would match every neighbor.
 */
import type { Address } from '../../bgp/address.ts'
import type { Asn } from '../../bgp/asn.ts'
import { gracefulShutdown } from '../../bgp/community.ts'
import { type MarkFunction, mark, markFunction, markNumber } from '../../bgp/mark.ts'
import { hostPrefix } from '../../bgp/prefix.ts'
import type { ExportPolicy, PolicyTreatment } from '../export-policy.ts'
import { type Codec, localRoute, routeAction } from './codec.ts'
import type { DefinedSetMessage, StatementMessage } from './messages.ts'

export const steerPolicy = 'herald-steer'
export const exportPolicy = 'herald-export'

export interface PolicyMessages {
  readonly sets: readonly DefinedSetMessage[]
  readonly steer: readonly StatementMessage[]
  readonly export: readonly StatementMessage[]
}

type Conditions = NonNullable<StatementMessage['conditions']>
type Actions = NonNullable<StatementMessage['actions']>

export function policyMessages(codec: Codec, { asn, neighbors, treatments }: ExportPolicy): PolicyMessages {
  const sets = new Map<string, DefinedSetMessage>()
  const steer: StatementMessage[] = []
  const when = (effect: MarkFunction, parameter: number, neighbor: Address): Conditions => {
    const toward = neighborSet(codec, neighbor)
    const marked = markSet(codec, mark(asn, effect, parameter))
    sets.set(toward.name, toward).set(marked.name, marked)
    return {
      neighbor_set: { type: codec.matchAny, name: toward.name },
      large_community_set: { type: codec.matchAny, name: marked.name },
      rpki_result: codec.anyRpkiResult,
    }
  }
  for (const { address, number } of neighbors)
    for (const [effect, actions] of neighborEffects(codec, asn))
      steer.push(statement(when(effect, number, address), actions))
  for (const treatment of treatments)
    steer.push(statement(when('treatment', treatment.number, treatment.neighbor), treatmentActions(codec, treatment)))
  const owned = ownedSet(codec, asn)
  sets.set(owned.name, owned)
  return { sets: [...sets.values()], steer, export: [statement(whenOwned(codec, owned), leave(codec, asn))] }
}

/** Statements are compared, named and read back by this text: what they match and what they do. */
export function statementContent({ conditions, actions }: Omit<StatementMessage, 'name'>): string {
  const match = conditions
  const { community, large_community: largeCommunity } = actions ?? {}
  return JSON.stringify([
    match?.neighbor_set?.name ?? null,
    match?.neighbor_set?.type ?? null,
    match?.large_community_set?.name ?? null,
    match?.large_community_set?.type ?? null,
    match?.route_type ?? 0,
    actions?.route_action ?? 0,
    community ? [community.type, community.communities] : null,
    largeCommunity ? [largeCommunity.type, largeCommunity.communities] : null,
    actions?.med ? [actions.med.type, actions.med.value] : null,
    actions?.as_prepend ? [actions.as_prepend.asn, actions.as_prepend.repeat] : null,
    actions?.nexthop?.address ?? null,
    actions?.local_pref?.value ?? null,
  ])
}

function neighborEffects(codec: Codec, asn: Asn): readonly (readonly [MarkFunction, Actions])[] {
  const fallThrough = routeAction.none
  const prepend = (repeat: number): Actions => ({ route_action: fallThrough, as_prepend: { asn, repeat } })
  const shutdown = { type: codec.communityAction.add, communities: [gracefulShutdown] }
  return [
    ['withhold', { route_action: routeAction.reject }],
    ['prepend1', prepend(1)],
    ['prepend2', prepend(2)],
    ['prepend3', prepend(3)],
    ['gracefulShutdown', { route_action: fallThrough, community: shutdown }],
  ]
}

function treatmentActions(codec: Codec, treatment: PolicyTreatment): Actions {
  const { med, localPref, nextHop, communities, largeCommunities } = treatment
  const type = codec.communityAction.add
  return {
    route_action: routeAction.none,
    ...(communities.length > 0 && { community: { type, communities } }),
    ...(largeCommunities.length > 0 && { large_community: { type, communities: largeCommunities } }),
    ...(med !== undefined && { med: { type: codec.medReplace, value: med } }),
    ...(localPref !== undefined && { local_pref: { value: localPref } }),
    ...(nextHop !== undefined && { nexthop: { address: nextHop } }),
  }
}

function whenOwned(codec: Codec, owned: DefinedSetMessage): Conditions {
  return {
    large_community_set: { type: codec.matchAny, name: owned.name },
    route_type: localRoute,
    rpki_result: codec.anyRpkiResult,
  }
}

/** Only our own functions are stripped: other large communities under our AS number are the operator's. */
function leave(codec: Codec, asn: Asn): Actions {
  const functions = Object.values(markFunction)
  const internal = `^${asn}:[${Math.min(...functions)}-${Math.max(...functions)}]:[0-9]+$`
  return {
    route_action: routeAction.accept,
    large_community: { type: codec.communityAction.remove, communities: [internal] },
  }
}

function statement(conditions: Conditions, actions: Actions): StatementMessage {
  const hash = markNumber(statementContent({ conditions, actions })).toString(16).padStart(8, '0')
  const subject = conditions.large_community_set?.name ?? ''
  const toward = conditions.neighbor_set?.name.replace(neighborSetPrefix, '-') ?? ''
  return { name: `${subject}${toward}-${hash}`, conditions, actions }
}

const neighborSetPrefix = 'herald-neighbor-'

function neighborSet({ definedType }: Codec, address: Address): DefinedSetMessage {
  const list: string[] = [hostPrefix(address)]
  return { defined_type: definedType.neighbor, name: `${neighborSetPrefix}${address}`, list }
}

/** GoBGP anchors a literal by itself; one that is anchored already is read back mangled on version 3. */
function markSet({ definedType }: Codec, community: string): DefinedSetMessage {
  return { defined_type: definedType.largeCommunity, name: `herald-${community}`, list: [community] }
}

/** The mark with any epoch: which Redis store decided a path does not matter to neighbors. */
function ownedSet({ definedType }: Codec, asn: Asn): DefinedSetMessage {
  const start = `${asn}:${markFunction.owned}`
  return { defined_type: definedType.largeCommunity, name: `herald-${start}`, list: [`^${start}:.*$`] }
}
