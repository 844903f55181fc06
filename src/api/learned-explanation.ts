/** The path learner's part of `explain`: what it weighs about a prefix, and what it last decided there, in data and sentences. */
import type { Prefix } from '../bgp/prefix.ts'
import { entryPops } from '../intent/compile/entries.ts'
import { OverlayTime } from '../intent/compile/overlay-time.ts'
import { groupsOfDestination } from '../intent/compile/steering.ts'
import type { Intent, PopId } from '../intent/model.ts'
import { inOrder, selectPops } from '../intent/select.ts'
import { placeKey } from '../learning/fleet.ts'
import type { Place } from '../learning/place.ts'
import type { Store } from '../store/store.ts'
import {
  decisionsSearched,
  decisionsView,
  learnedExplanationView,
  preferredAt,
  proposalsView,
  standingExplanation,
} from './learner-view.ts'
import type { LearnedView } from './wire/explanation.ts'

export async function learnedAbout(
  { learner }: Pick<Store, 'learner'>,
  intent: Intent,
  prefix: Prefix,
  pop: PopId | undefined,
  nowMs: number,
): Promise<readonly LearnedView[]> {
  const places = placesAbout(intent, prefix, pop)
  if (places.length === 0) return []
  const [memory, decisions] = await Promise.all([learner.memory(), learner.decisions(decisionsSearched)])
  const views = decisionsView(decisions, memory)
  const proposals = proposalsView(memory, intent)
  const time = new OverlayTime(intent.freezes.values(), nowMs)
  return places.flatMap((key) => {
    const place = memory.places[key]
    if (place === undefined) return []
    // Where a person chose, the learner hears nothing: how it stood before would read as what holds now.
    const isPersons = preferredAt(intent, place.learner.subject, time)?.by === 'person'
    const now = isPersons ? undefined : standingExplanation(place)
    const last = views.find((one) => one.place === key)
    const proposal = proposals.find(({ group }) => key === placeKey({ entry: group }))
    return {
      place: key,
      ...(now !== undefined && { now: learnedExplanationView(now) }),
      ...(last !== undefined && { lastDecision: last }),
      sentences: [
        ...(now === undefined ? [] : [now.sentence]),
        ...(isPersons ? [`The path learner leaves ${key} alone while a person prefers a path there.`] : []),
        ...medSentence(place),
        ...(last === undefined ? [] : [lastSentence(last)]),
        ...(proposal === undefined
          ? []
          : [`${proposal.sentence} Approve it with: herald learner approve ${proposal.group}.`]),
      ],
    }
  })
}

function placesAbout(intent: Intent, prefix: Prefix, pop: PopId | undefined): readonly string[] {
  const paths = groupsOfDestination(intent, prefix).flatMap(({ id, at, except }) =>
    [...selectPops(intent, at, except)].sort().map((one) => ({ pop: one, destination: id })),
  )
  const entries = inOrder(intent.entryGroups).filter(
    (group) => group.prefixes.includes(prefix) && (pop === undefined || entryPops(intent, group).has(pop)),
  )
  return [
    ...paths.filter((subject) => pop === undefined || subject.pop === pop).map(placeKey),
    ...entries.map(({ id }) => placeKey({ entry: id })),
  ]
}

function medSentence({ entry }: Place): readonly string[] {
  if (entry === null || entry.phase.kind === 'settled') return []
  const { kind, sinceMs, to } = entry.phase
  const since = new Date(sinceMs).toISOString()
  return kind === 'verifying'
    ? [`MED prefers ${to} since ${since}; vantage points have 120 s to see the traffic enter there.`]
    : [
        `MED was ignored at ${since}, when the traffic was to enter at ${to}; herald learner clear lets it be tried again.`,
      ]
}

function lastSentence({
  at,
  kind,
  applied,
  sentence,
  realisedGainMs,
}: ReturnType<typeof decisionsView>[number]): string {
  const how = kind === 'move' && !applied ? ' in shadow' : ''
  const gain = realisedGainMs === undefined ? '' : ` Realised since: ${realisedGainMs.toFixed(1)} ms.`
  return `Last decided${how} at ${at}: ${sentence}${gain}`
}
