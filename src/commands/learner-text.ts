/** The path learner for people: what it weighs at each place, what it decided, what it proposes, and what a word to it does. */
import type { LearnerDecisionView, LearnerPlaceView, LearnerReplayView, LearnerView } from '../api/wire/learner.ts'
import { count } from './plural.ts'
import { renderTable } from './table.ts'

const decisionsShown = 20

export function learnerText({ places, proposals, decisions }: LearnerView): string {
  if (places.length === 0)
    return 'Nothing is learned yet: it takes a PathGroup or EntryGroup with Checks, and agents that probe them.'
  const rows = places.flatMap((place) =>
    place.paths.map(({ path, costMs, batches, barredMs }) => [
      place.group,
      place.pop ?? '-',
      place.mode,
      path === place.chosen ? `${path} *` : path,
      costMs === undefined ? '-' : `${costMs.toFixed(1)} ms`,
      String(batches),
      noteText(place, path, barredMs),
    ]),
  )
  const table = renderTable(['GROUP', 'POP', 'MODE', 'CHOICE', 'COST', 'BATCHES', ''], rows)
  return [
    table,
    ...places.flatMap(placeLines),
    ...proposals.map(proposalText),
    ...decisions.slice(0, decisionsShown).map(decisionText),
  ].join('\n')
}

function noteText({ preferred }: LearnerPlaceView, path: string, barredMs: number | undefined): string {
  if (preferred?.by === 'person' && preferred.path === path) return 'preferred by a person'
  return barredMs === undefined ? '' : `barred for ${Math.ceil(barredMs / 60_000)} min`
}

function placeLines(view: LearnerPlaceView): readonly string[] {
  const { preferred, kind, group, pop, place } = view
  if (preferred?.by !== 'person') return learnedLines(view)
  const lift = kind === 'path' ? `herald prefer ${group} --at ${pop} --none` : `herald prefer ${group} --none`
  return [
    `${place}: a person prefers ${preferred.path}; until that ends nothing is weighed or learned here, and the figures are of before (${lift} ends it)`,
  ]
}

function learnedLines({ place, med, tuning, lastMove, explanation }: LearnerPlaceView): readonly string[] {
  const lines: string[] = []
  if (med !== undefined && med.state !== 'settled')
    lines.push(
      med.state === 'ignored'
        ? `${place}: MED is ignored since ${med.since} (to ${med.to}); herald learner clear tries it again`
        : `${place}: the change of MED to ${med.to} is being verified since ${med.since}`,
    )
  const { from, trial } = tuning
  if (from !== 'default') lines.push(`${place}: settings are ${from}`)
  if (trial !== undefined) lines.push(`${place}: a challenger setting decides in shadow until ${trial.until}`)
  if (lastMove?.realisedGainMs !== undefined && explanation !== undefined)
    lines.push(
      `${place}: the last move promised ${lastMove.expectedGainMs.toFixed(1)} ms and brings ${lastMove.realisedGainMs.toFixed(1)} ms`,
    )
  if (explanation !== undefined) lines.push(...explanationLines(explanation))
  return lines
}

function explanationLines({ sentence, candidates }: NonNullable<LearnerPlaceView['explanation']>): readonly string[] {
  // What is not sure of a level reaches below nothing; a round trip does not.
  const cost = (ms: number | null) => (ms === null ? '-' : Math.max(0, ms).toFixed(1))
  const rows = candidates.map((one) => [
    one.chosen ? `${one.path} *` : one.path,
    one.levelMs === null ? '-' : `${cost(one.levelMs)} (${cost(one.lowMs)} to ${cost(one.highMs)}) ms`,
    `${Math.round(one.lossRatio * 100)} %`,
    one.chosen ? '' : `${Math.round(one.statisticMsMin)} of ${Math.round(one.thresholdMsMin)} ms·min`,
    one.guards
      .filter(({ passed }) => !passed)
      .map(({ guard }) => guard)
      .join(', '),
    one.chosen ? '' : one.flips,
  ])
  return [sentence, renderTable(['CHOICE', 'LEVEL', 'LOSS', 'EVIDENCE', 'HELD BY', 'WHAT WOULD FLIP IT'], rows)]
}

function proposalText({ group, sentence, would }: LearnerView['proposals'][number]): string {
  const lines = would.map(({ neighbor, says }) => `${says} toward ${neighbor}`).join(', ')
  return `proposed for ${group}: ${sentence} herald learner approve ${group} would ${lines}`
}

const kindWords = { held: 'held', confirmed: 'confirmed', 'rolled-back': 'rolled back' } as const

function decisionText({ id, at, applied, kind, sentence, revision }: LearnerDecisionView): string {
  const what = kind === 'move' ? (applied ? 'moved' : 'shadow') : kindWords[kind]
  return `${at} ${what}: ${sentence}${revision === undefined ? '' : ` (revision ${revision}, ${id})`}`
}

export function replayText({ places }: LearnerReplayView): string {
  if (places.length === 0) return 'The log is empty.'
  return places
    .map(({ place, events, decisions, skipped, difference }) => {
      const head = `${place}: ${count(events, 'event')} decided again, ${count(decisions, 'decision')}`
      const before = skipped > 0 ? `, ${skipped} before the first snapshot` : ''
      if (difference === undefined) return `${head}${before}: the same`
      return `${head}${before}: ${difference.what} of ${difference.at} comes out otherwise\n  logged    ${difference.logged}\n  replayed  ${difference.replayed}`
    })
    .join('\n')
}

export type LearnerWord = 'reset' | 'clear' | 'tune'

/** What a word to the learner does, and where to see what comes of it. */
export function wordText(word: LearnerWord, places: readonly string[]): string {
  const named = places.toSorted().join(', ')
  switch (word) {
    case 'reset':
      return `${named}: what was tuned is forgotten, the defaults are in force.`
    case 'clear':
      return `${named}: MED is tried again. See: herald learner`
    case 'tune':
      return `${named}: the log is replayed now; settings that would have cost less decide in shadow for 24 h first. See: herald learner`
  }
}
