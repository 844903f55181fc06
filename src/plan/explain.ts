/**
 * Explain: for one prefix, and on request one POP, how its state came about: intent layer by layer, desired, decided,
 * observed, what is held and why, and what would change it. Data for programs, sentences for people; the same rules as
 * the plan, because it asks the plan.
 */
import { type PathAttributes, attributesOf } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import { compilePrefix } from '../intent/compile.ts'
import type { DesiredPrefix } from '../intent/desired.ts'
import { inventoryOf } from '../intent/compile/inventory.ts'
import { announcementAt } from '../intent/compile/staged.ts'
import { compileSteering, groupsOfDestination } from '../intent/compile/steering.ts'
import type { Intent, PopId, Speaker, SpeakerId } from '../intent/model.ts'
import { outPops, waitsForStage } from '../intent/rollout.ts'
import { neighborsOf } from '../intent/select.ts'
import type { DesiredSteering } from '../intent/steering.ts'
import type { Action, Held, Warning } from './action.ts'
import { type Established, unheardAt } from './audience.ts'
import { type Layer, instant, layersAt } from './explain-layers.ts'
import type { ObservedRoute, Offer, SpeakerReach, Target } from './observed.ts'
import { type Plan, type PlanInput, type Settled, planPrefixes } from './plan.ts'
import { heldReasons } from './reason.ts'
import { type SiteView, viewSite } from './site-view.ts'

export interface Explanation {
  readonly prefix: Prefix
  readonly pop?: PopId
  readonly settled: Settled
  /** POPs that intent names; empty where no Prefix document exists. */
  readonly intended: readonly PopId[]
  readonly floor: number
  readonly sites: readonly SiteExplanation[]
  readonly warnings: readonly Warning[]
  /** When time alone changes something, ms since the epoch. */
  readonly changesAtMs?: number
  /** The whole in words, in reading order. */
  readonly sentences: readonly string[]
}

export interface SiteExplanation {
  readonly speaker: SpeakerId
  readonly pop: PopId
  readonly reach: SpeakerReach
  readonly layers: readonly Layer[]
  /** Why it is desired, or why not. */
  readonly because: string
  readonly desired?: PathAttributes
  /** Present where a preference steers the prefix here. */
  readonly steering?: SteeringExplanation
  /** What neighbors offer, where the prefix is a destination of a PathGroup. */
  readonly offers?: readonly Offer[]
  readonly target?: Target
  /** The worker has pushed the target. */
  readonly applied: boolean
  readonly observed?: ObservedRoute
  readonly actions: readonly Action[]
  readonly held: readonly Held[]
  readonly sentences: readonly string[]
}

export type SteeringExplanation = Pick<DesiredSteering, 'group' | 'path' | 'preference' | 'neighbor' | 'via'>

/** @param established who is connected, where that is known */
export function explainPrefix(
  input: PlanInput,
  prefix: Prefix,
  pop?: PopId,
  established: Established = () => undefined,
): Explanation {
  const desired = compilePrefix(input.intent, prefix, input.moment)
  const steering = compileSteering(input.intent, prefix, input.moment.nowMs)
  const plan = planPrefixes(input, [prefix])
  const sites = speakersOf(input, prefix, { desired, steering }, pop).map((speaker) =>
    explainSite(input, prefix, { desired, steering }, plan, speaker),
  )
  const changesAtMs = plan.changesAt.get(prefix)
  const settled = plan.settled.get(prefix) ?? 'converged'
  const unheard = desired === undefined ? [] : unheardAt(input.intent, desired, established)
  const here = new Set(sites.map(({ speaker }) => speaker))
  const warnings = [...plan.warnings, ...unheard.filter(({ speaker }) => speaker === undefined || here.has(speaker))]
  return {
    prefix,
    ...(pop !== undefined && { pop }),
    settled,
    intended: [...(desired?.intended ?? [])].sort(),
    floor: desired?.floor ?? 0,
    sites,
    warnings,
    ...(changesAtMs !== undefined && { changesAtMs }),
    sentences: [
      intentSentence(input, prefix, desired),
      ...rolloutSentences(input, prefix),
      ...(sites.length === 0 ? [nowhereSentence(prefix, pop)] : sites.flatMap((site) => site.sentences)),
      ...warnings.map(({ speaker, message }) => (speaker === undefined ? message : `${speaker}: ${message}`)),
      ...(changesAtMs === undefined ? [] : [`Time alone changes something at ${instant(changesAtMs)}.`]),
      settledSentence(settled, desired !== undefined || steering.length > 0),
    ],
  }
}

interface Wanted {
  readonly desired: DesiredPrefix | undefined
  readonly steering: readonly DesiredSteering[]
}

function speakersOf(
  { intent, fleet }: PlanInput,
  prefix: Prefix,
  { desired, steering }: Wanted,
  pop: PopId | undefined,
): readonly SpeakerId[] {
  const all = new Set([
    ...(desired?.sites.keys() ?? []),
    ...(desired?.lost.keys() ?? []),
    ...steering.map(({ speaker }) => speaker),
    ...fleet.siteSpeakers(prefix),
  ])
  if (pop === undefined) return [...all].sort()
  for (const { id } of intent.speakers.values()) all.add(id)
  return [...all].filter((speaker) => intent.speakers.get(speaker)?.pop === pop).sort()
}

function explainSite(
  { intent, moment, fleet }: PlanInput,
  prefix: Prefix,
  { desired, steering }: Wanted,
  plan: Plan,
  speaker: SpeakerId,
): SiteExplanation {
  const view = viewSite(intent, fleet, prefix, speaker)
  const document = intent.speakers.get(speaker)
  const site = desired?.sites.get(speaker)
  const layers = document === undefined ? [] : layersOf(intent, prefix, document, moment.nowMs)
  const steered = steering.find((one) => one.speaker === speaker)
  const offers = fleet.offers(speaker, prefix)
  // What neighbors offer is told of destinations only.
  const isDestination = desired === undefined && offers.length > 0
  const because =
    steered?.because ??
    site?.because ??
    desired?.lost.get(speaker)?.because ??
    (isDestination ? 'no preference asks for it; BGP chooses by itself' : unnamedWords(intent, prefix, view.pop))
  const actions = plan.actions.filter((action) => action.speaker === speaker)
  const held = plan.held.filter((entry) => entry.speaker === speaker)
  return {
    speaker,
    pop: view.pop,
    reach: view.up ? 'up' : 'unknown',
    layers,
    because,
    ...(site !== undefined && { desired: attributesOf(site.attributes) }),
    ...(steered !== undefined && { steering: steeringOf(steered) }),
    ...(offers.length > 0 && { offers }),
    ...(view.target !== undefined && { target: view.target }),
    applied: view.applied,
    ...(view.observed !== undefined && { observed: view.observed }),
    actions,
    held,
    sentences: [
      `${speaker} at ${view.pop}: ${wantedWords(site !== undefined, steered, isDestination)}: ${because}.`,
      ...(offers.length > 0
        ? [`  Offered by ${offers.map((offer) => offerWords(intent, speaker, offer)).join(', ')}.`]
        : []),
      ...layers.map(({ layer, says, inForce }) => `  ${layer}${inForce ? '' : ' (not in force)'}: ${says}.`),
      `  Decided: ${decidedWords(view)}. In the RIB: ${observedWords(view)}.`,
      ...actions.map((action) => `  Next: ${action.kind}, because ${action.because}.`),
      ...held.flatMap(({ reason, detail }) => [
        `  Held (${reason}): ${detail}`,
        `  Released: ${heldReasons[reason].release}`,
      ]),
    ],
  }
}

/** Those of the announcement that counts there, and why it is not the new one where a stage is not out yet. */
function layersOf(intent: Intent, prefix: Prefix, speaker: Speaker, nowMs: number): readonly Layer[] {
  const announcement = announcementAt(intent, prefix, speaker.pop)
  const layers = announcement === undefined ? [] : layersAt(intent, announcement, speaker, nowMs)
  const rollout = inventoryOf(intent).rolloutOf(prefix)
  const waits = rollout && waitsForStage(rollout, speaker.pop)
  if (rollout === undefined || waits === undefined) return layers
  const says = `${speaker.pop} waits for ${waits}; until then what was before counts`
  return [...layers, { layer: `Rollout/${rollout.id}`, says, inForce: true }]
}

function unnamedWords(intent: Intent, prefix: Prefix, pop: PopId): string {
  const rollout = inventoryOf(intent).rolloutOf(prefix)
  const waits = rollout && waitsForStage(rollout, pop)
  return waits === undefined ? `intent does not name ${pop}` : `intent did not name ${pop}, which waits for ${waits}`
}

function wantedWords(announced: boolean, steered: DesiredSteering | undefined, isDestination: boolean): string {
  if (steered !== undefined) return `to be steered over ${steered.neighbor}`
  if (isDestination) return 'not to be steered'
  return announced ? 'to be announced' : 'not to be announced'
}

function steeringOf({ group, path, preference, neighbor, via }: DesiredSteering): SteeringExplanation {
  return { group, path, preference, neighbor, via }
}

function offerWords(intent: Intent, speaker: SpeakerId, { neighbor, nextHop, localPref }: Offer): string {
  const named = neighborsOf(intent, speaker).find(({ address }) => address === neighbor)
  return `${named?.id ?? neighbor} (next hop ${nextHop}, LOCAL_PREF ${localPref})`
}

function decidedWords({ target, applied }: SiteView): string {
  if (target === undefined) return 'nothing'
  const draining = target.kind === 'announce' && target.drainingSinceMs !== undefined
  const what = draining ? `announce until drained, since ${instant(target.drainingSinceMs)}` : target.kind
  return `${what} (revision ${target.revision}, ${applied ? 'applied' : 'not applied yet'})`
}

function observedWords({ target, observed, up }: SiteView): string {
  const read = up ? '' : ', as last read; the speaker cannot be reached now'
  if (observed === undefined) return `no path${read}`
  if (observed.owner === 'foreign') return `a path that is not Herald's${read}`
  if (observed.owner === 'other-epoch') return `a path that another Herald store decided${read}`
  const same = target?.kind === 'announce' && target.attributes === observed.attributes
  return `${same ? 'the path as decided' : 'another path of ours'}${read}`
}

function intentSentence({ intent }: PlanInput, prefix: Prefix, desired: DesiredPrefix | undefined): string {
  const announcement = intent.prefixes.get(prefix)
  if (announcement === undefined || desired === undefined) {
    const groups = groupsOfDestination(intent, prefix).map(({ id }) => id)
    return groups.length === 0
      ? `No Prefix document names ${prefix}.`
      : `${prefix} is a destination of ${groups.join(', ')}: reached over neighbors, and never announced.`
  }
  const except = announcement.except.length === 0 ? '' : ` except ${announcement.except.join(', ')}`
  const pops = new Set([...desired.sites.values()].map((site) => site.pop)).size
  return (
    `${prefix} is intended at ${announcement.at.join(', ')}${except}: ${desired.intended.size === 1 ? '1 POP' : `${desired.intended.size} POPs`}, ${pops} of them now;` +
    ` its floor is ${desired.floor}${desired.floorForced ? ', which a forced overlay goes below' : ''}.`
  )
}

function rolloutSentences({ intent }: PlanInput, prefix: Prefix): readonly string[] {
  const rollout = inventoryOf(intent).rolloutOf(prefix)
  if (rollout === undefined) return []
  const { id, author, reason, stage, stages } = rollout
  const out = [...outPops(rollout)].join(', ')
  return [
    `It is going out in stages: Rollout/${id} of ${author} (${reason}), stage ${stage} of ${stages.length}, at ${out}; what it waits for: herald rollout ${id}.`,
  ]
}

function nowhereSentence(prefix: Prefix, pop: PopId | undefined): string {
  return pop === undefined ? `No speaker has a decision or a route of ${prefix}.` : `${pop} has no speaker.`
}

function settledSentence(settled: Settled, intended: boolean): string {
  switch (settled) {
    case 'converged':
      return intended ? 'Everything is as decided, and proved.' : 'Nothing is decided, and nothing is to be done.'
    case 'pending':
      return 'Something is on its way.'
    case 'held':
      return 'Nothing moves until what is held is released.'
  }
}
