/** Drain, Override, Freeze: operations that lie on top of intent for a while. */
import { z } from 'zod'
import type { NeighborId, SpeakerId } from '../model.ts'
import { attributesField } from './attributes.ts'
import { communicationField, fields, label, labelPattern, list, moment, prefixField, whole } from './fields.ts'
import { idleBoundField } from './quantity.ts'
import { selectorField } from './selector.ts'

const span = {
  startedAtMs: moment('Since when'),
  expiresAtMs: moment('Until when; absent: until somebody lifts it').exactOptional(),
}

const forcedField = z.boolean().default(false).meta({ description: 'A person accepted that floors are broken' })

interface Span {
  readonly startedAtMs: number
  readonly expiresAtMs?: number
}

function endsAfterStart({ startedAtMs, expiresAtMs }: Span): boolean {
  return expiresAtMs === undefined || expiresAtMs > startedAtMs
}

function endsInTime({ startedAtMs, expiresAtMs = Infinity }: Span, seconds: number): boolean {
  return startedAtMs + seconds * 1000 < expiresAtMs
}

const endsBeforeStart = { error: 'must be later than startedAtMs', path: ['expiresAtMs'] }

const lest = 'or nothing is ever drained; shorten it or drain for longer'

const untilIdleField = fields({
  below: idleBoundField,
  atMostSeconds: whole(
    1,
    86_400,
    'It goes at the latest so long after it began, whatever its traffic, seconds. Default 600',
  ).default(600),
  from: z
    .record(z.string().regex(labelPattern), z.number().min(0).max(1e18))
    .default({})
    .meta({ description: 'Traffic when the drain began, by POP or neighbor: what a share is a share of' }),
}).meta({ description: 'It stays marked until its traffic is gone' })

export const drainSpec = fields({
  target: fields({
    at: selectorField.exactOptional(),
    speaker: label<SpeakerId>('Name of the Speaker').exactOptional(),
    neighbor: label<NeighborId>('Name of the Neighbor').exactOptional(),
  })
    .refine((target) => Object.keys(target).length === 1, { error: 'write one of at, speaker and neighbor' })
    .meta({ description: 'What is drained: one place, speaker or neighbor' }),
  graceSeconds: whole(0, 86_400, 'How long it is marked GRACEFUL_SHUTDOWN first, seconds. Default 2').default(2),
  untilIdle: untilIdleField.exactOptional(),
  idleAtMs: moment('When its traffic was seen to be gone (automation writes it)').exactOptional(),
  shutdown: communicationField.exactOptional(),
  ...span,
  forced: forcedField,
})
  .refine(endsAfterStart, endsBeforeStart)
  .refine((drain) => !endsAfterStart(drain) || endsInTime(drain, drain.graceSeconds), {
    error: `must end before the drain does (expiresAtMs), ${lest}`,
    path: ['graceSeconds'],
  })
  .refine(({ untilIdle, graceSeconds }) => untilIdle === undefined || untilIdle.atMostSeconds >= graceSeconds, {
    error: 'must not end before the grace time does (graceSeconds)',
    path: ['untilIdle', 'atMostSeconds'],
  })
  .refine(
    (drain) =>
      drain.untilIdle === undefined || !endsAfterStart(drain) || endsInTime(drain, drain.untilIdle.atMostSeconds),
    { error: `must end before the drain does (expiresAtMs), ${lest}`, path: ['untilIdle', 'atMostSeconds'] },
  )
  .refine(({ untilIdle, idleAtMs }) => idleAtMs === undefined || untilIdle !== undefined, {
    error: 'is for a drain that waits (untilIdle)',
    path: ['idleAtMs'],
  })

export const overrideSpec = fields({
  prefix: prefixField,
  at: list(selectorField, 1000, 'Where; absent: wherever the prefix is announced')
    .refine((items) => items.length > 0, { error: 'write at least one place, or leave it out for everywhere' })
    .exactOptional(),
  neighbor: label<NeighborId>('Name of the Neighbor; absent: toward all').exactOptional(),
  attributes: attributesField
    .refine((attributes) => Object.keys(attributes).length > 0, {
      error: 'write at least one attribute; an override that says nothing does nothing',
    })
    .meta({ description: 'What is said on top' }),
  ...span,
  forced: forcedField,
}).refine(endsAfterStart, endsBeforeStart)

export const freezeSpec = fields(span).refine(endsAfterStart, endsBeforeStart)
