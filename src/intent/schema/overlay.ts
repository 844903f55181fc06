/** Drain, Override, Freeze: operations that lie on top of intent for a while. */
import { z } from 'zod'
import type { NeighborId, SpeakerId } from '../model.ts'
import { attributesField } from './attributes.ts'
import { fields, label, list, moment, prefixField, whole } from './fields.ts'
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

function graceEndsInTime({
  startedAtMs,
  expiresAtMs = Infinity,
  graceSeconds,
}: Span & { graceSeconds: number }): boolean {
  return startedAtMs + graceSeconds * 1000 < expiresAtMs
}

const endsBeforeStart = { error: 'must be later than startedAtMs', path: ['expiresAtMs'] }

export const drainSpec = fields({
  target: fields({
    at: selectorField.exactOptional(),
    speaker: label<SpeakerId>('Name of the Speaker').exactOptional(),
    neighbor: label<NeighborId>('Name of the Neighbor').exactOptional(),
  })
    .refine((target) => Object.keys(target).length === 1, { error: 'write one of at, speaker and neighbor' })
    .meta({ description: 'What is drained: one place, speaker or neighbor' }),
  graceSeconds: whole(0, 86_400, 'How long it is marked GRACEFUL_SHUTDOWN first, seconds. Default 2').default(2),
  ...span,
  forced: forcedField,
})
  .refine(endsAfterStart, endsBeforeStart)
  .refine((drain) => !endsAfterStart(drain) || graceEndsInTime(drain), {
    error: 'must end before the drain does (expiresAtMs), or nothing is ever drained; shorten it or drain for longer',
    path: ['graceSeconds'],
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
