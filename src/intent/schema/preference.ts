/** What a Preference and an EntryPreference say alike: who prefers it, since when, until when, and why. */
import { z } from 'zod'
import { moment, words } from './fields.ts'

interface Span {
  readonly by: 'person' | 'learner'
  readonly startedAtMs: number
  readonly expiresAtMs?: number
}

export const preferring = {
  by: z
    .enum(['person', 'learner'])
    .default('person')
    .meta({ description: 'Who prefers it; the learner leaves alone what a person prefers. Default person' }),
  startedAtMs: moment('Since when'),
  expiresAtMs: moment('Until when, by a person; absent: until somebody lifts it').exactOptional(),
  reason: words(1000, 'Why, in a sentence for people'),
}

type Rule = readonly [isKept: (span: Span) => boolean, said: { readonly error: string; path: PropertyKey[] }]

/** For `refine`, as the next one. */
export const endsLater: Rule = [
  ({ startedAtMs, expiresAtMs = Infinity }) => expiresAtMs > startedAtMs,
  { error: 'must be later than startedAtMs', path: ['expiresAtMs'] },
]

export const onlyPeoplesEnds: Rule = [
  ({ by, expiresAtMs }) => by === 'person' || expiresAtMs === undefined,
  {
    error: 'is for what a person prefers; the learner changes its own when it knows better',
    path: ['expiresAtMs'],
  },
]
