/** Rollout: a staged change on its way, with what stood before it. */
import { z } from 'zod'
import type { PopId } from '../model.ts'
import { fields, label, list, moment, prefixField, whole, words } from './fields.ts'
import { prefixSpec } from './prefix.ts'
import { duration, msOf } from './quantity.ts'

export const prefixesAtMost = 1000
const stagesAtMost = 20

/** How long each stage is watched, and may take, at least and at most. */
export const settleRangeMs = { min: 1000, max: 86_400_000 } as const
export const giveUpRangeMs = { min: 2000, max: 604_800_000 } as const

const stageField = list(label<PopId>('Name of the Pop'), 1000, 'POPs that the stage adds').refine(
  (pops) => pops.length > 0,
  { error: 'write at least one POP' },
)

const changedField = fields({
  prefix: prefixField,
  before: prefixSpec.exactOptional().meta({ description: 'Its spec before the change; absent: it had no document' }),
}).meta({ description: 'A changed prefix, and what it was' })

export const rolloutSpec = fields({
  prefixes: list(changedField, prefixesAtMost, 'The prefixes that change, each with what it was')
    .refine((items) => items.length > 0, { error: 'write at least one prefix' })
    .refine((items) => new Set(items.map(({ prefix }) => prefix)).size === items.length, {
      error: 'a prefix is written twice; keep one',
    }),
  stages: list(stageField, stagesAtMost, 'The stages, canary first').refine((items) => items.length > 0, {
    error: 'write at least one stage',
  }),
  stage: whole(1, stagesAtMost, 'How many stages are out'),
  settle: duration(settleRangeMs.min, settleRangeMs.max, 'How long each stage must stay well before the next'),
  giveUp: duration(giveUpRangeMs.min, giveUpRangeMs.max, 'How long a stage may take before all of it is rolled back'),
  unwell: list(words(300, 'Key of a sign'), 10_000, 'What was unwell before the change').default([]),
  ungated: z.boolean().default(false).meta({ description: 'A person lets it go on where no check watches' }),
  forced: z
    .boolean()
    .default(false)
    .meta({ description: 'A person accepted that floors are broken or much is taken away' }),
  startedAtMs: moment('Since when'),
  stageAtMs: moment('When its latest stage went out'),
  author: words(200, 'Who changes it'),
  reason: words(1000, 'Why, in a sentence for people'),
})
  .refine(({ stages, stage }) => stage <= stages.length, {
    error: 'is more than there are stages',
    path: ['stage'],
  })
  .refine(({ settle, giveUp }) => msOf(giveUp) > msOf(settle), {
    error: 'must be longer than settle, or every stage is given up before it has settled',
    path: ['giveUp'],
  })
