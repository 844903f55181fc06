/** What `herald learner` prints. */
import { expect, test } from 'vitest'
import type { LearnerPlaceView, LearnerView } from '../../../src/api/wire/learner.ts'
import { learnerText, wordText } from '../../../src/commands/learner-text.ts'

const place: LearnerPlaceView = {
  place: 'fra/origin',
  kind: 'path',
  group: 'origin',
  pop: 'fra',
  mode: 'auto',
  chosen: 'bb1',
  batches: 22,
  paths: [
    { path: 'bb1', batches: 22, costMs: 0.5 },
    { path: 'bb2', batches: 21, costMs: 0.3 },
  ],
  tuning: { from: 'default', settings: {}, priors: false, verdicts: [] },
}

function view(one: LearnerPlaceView): LearnerView {
  return { places: [one], proposals: [], decisions: [] }
}

test('where a person chose, that is told instead of what the learner would have stayed on', () => {
  const lines = learnerText(view({ ...place, preferred: { path: 'bb2', by: 'person' } })).split('\n')
  expect(lines[2]).toMatch(/^origin +fra +auto +bb2 .* preferred by a person$/)
  expect(lines.slice(3)).toEqual([
    'fra/origin: a person prefers bb2; until that ends nothing is weighed or learned here, and the figures are of before (herald prefer origin --at fra --none ends it)',
  ])
  const { pop: _, ...entry } = place
  const entered = { ...entry, place: 'entry:t1', kind: 'entry', group: 't1' } as const
  expect(learnerText(view({ ...entered, preferred: { path: 'bb2', by: 'person' } }))).toContain(
    '(herald prefer t1 --none ends it)',
  )
  expect(learnerText(view({ ...place, preferred: { path: 'bb2', by: 'learner' } }))).not.toContain('person')
})

test('a path whose level is not known yet has no level, rather than one of dashes', () => {
  const unknown = { levelMs: null, lowMs: null, highMs: null }
  const candidate = { path: 'bb2', chosen: false, lossRatio: 0, statisticMsMin: 0, thresholdMsMin: 135, guards: [] }
  const explanation = {
    sentence: 'fra toward origin stays on bb1.',
    candidates: [{ ...candidate, ...unknown, flips: '9 more minutes' }],
  } as unknown as NonNullable<LearnerPlaceView['explanation']>
  expect(
    learnerText(view({ ...place, explanation }))
      .split('\n')
      .at(-1),
  ).toMatch(/^bb2 +- +0 % +0 of 135/)
})

test('a word to the learner says at which places, in order, and what comes of it', () => {
  expect(wordText('tune', ['sin/origin', 'fra/origin'])).toMatch(
    /^fra\/origin, sin\/origin: the log is replayed now;.*herald learner$/,
  )
  expect(wordText('reset', ['fra/origin'])).toMatch(/forgotten/)
  expect(wordText('clear', ['entry:t1'])).toMatch(/MED is tried again/)
})
