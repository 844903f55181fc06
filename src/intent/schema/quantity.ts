/**
 * Quantities written with their unit: durations (`200ms`, `1s`, `1h30m`) and capacities (`40 Gbit/s`). Documents keep
 * them as text in one spelling, the largest unit that gives a whole number; the model has plain numbers.
 */
import { z } from 'zod'
import type { IdleBound } from '../model.ts'
import type { Capacity } from '../monitoring.ts'
import { missing } from './fields.ts'

const unitsMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const

/** Milliseconds; undefined where the text is not a duration. */
export function durationMs(text: string): number | undefined {
  if (!/^(\d{1,9}(ms|[dhms]))+$/.test(text)) return undefined
  let sumMs = 0
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[dhms])/g))
    sumMs += Number(count) * unitsMs[unit as keyof typeof unitsMs]
  return sumMs
}

/** `1s`, `1500ms`, `90m`. */
export function durationText(ms: number): string {
  const unit = (Object.keys(unitsMs) as (keyof typeof unitsMs)[]).find((one) => ms > 0 && ms % unitsMs[one] === 0)
  return `${ms / unitsMs[unit ?? 's']}${unit ?? 's'}`
}

/** A duration within a range; canonical text. */
export function duration(minMs: number, maxMs: number, description: string) {
  const range = `${durationText(minMs)} to ${durationText(maxMs)}`
  const wayOut = `write a duration such as 200ms, 1s or 5m, ${range}`
  return z
    .string({ error: ({ input }) => (input === undefined ? missing : wayOut) })
    .transform((text, context): string => {
      const ms = durationMs(text)
      if (ms !== undefined && ms >= minMs && ms <= maxMs) return durationText(ms)
      const shown = JSON.stringify(text.slice(0, 80))
      const message = ms === undefined ? `${shown} is not a duration: ${wayOut}` : `${shown} is out of range: ${range}`
      context.issues.push({ code: 'custom', message, input: text })
      return z.NEVER
    })
    .meta({ description, examples: ['200ms', '1s', '5m'] })
}

/** Milliseconds of a duration that the schema passed. */
export function msOf(text: string): number {
  const ms = durationMs(text)
  if (ms === undefined) throw new Error(`assertion: the schema passed "${text}" as a duration`)
  return ms
}

const multiples = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 } as const
const capacityPattern = /^(\d{1,9}(?:\.\d{1,6})?) ?(?:([kMGT]?)(bit\/s)|(requests\/s))$/

const sharePattern = /^(\d{1,2}(?:\.\d{1,3})?) ?%$/

/** `5%` or `200 Mbit/s`; undefined where the text is neither. */
export function idleBoundOf(text: string): IdleBound | undefined {
  const percent = Number(sharePattern.exec(text)?.[1])
  if (percent > 0) return { kind: 'share', share: percent / 100 }
  const amount = capacityOf(text)
  return amount && { kind: 'amount', ...amount }
}

export function idleBoundText(bound: IdleBound): string {
  return bound.kind === 'share' ? `${Number((bound.share * 100).toFixed(3))}%` : capacityText(bound)
}

export const idleBoundField = z
  .string({ error: 'write a share of what it was, such as "5%", or an amount, such as "200 Mbit/s"' })
  .transform((text, context): string => {
    const bound = idleBoundOf(text.trim())
    if (bound !== undefined) return idleBoundText(bound)
    const message = `${JSON.stringify(text.slice(0, 80))} bounds no traffic: write a share of what it was, such as "5%", or an amount, such as "200 Mbit/s" or "50 requests/s"`
    context.issues.push({ code: 'custom', message, input: text })
    return z.NEVER
  })
  .meta({
    description: 'Idle is what has less traffic than this: a share of what it was when the drain began, or an amount',
    examples: ['5%', '200 Mbit/s', '50 requests/s'],
  })

/** Undefined where the text is not a capacity. */
export function capacityOf(text: string): Capacity | undefined {
  const [, count, multiple, bits, requests] = capacityPattern.exec(text) ?? []
  const unit = bits ?? requests
  const amount = Math.round(Number(count) * multiples[(multiple ?? '') as keyof typeof multiples])
  return amount > 0 ? { amount, unit: unit as Capacity['unit'] } : undefined
}

function capacityText({ amount, unit }: Capacity): string {
  if (unit === 'requests/s') return `${amount} ${unit}`
  const multiple = (['T', 'G', 'M', 'k'] as const).find(
    (one) => (amount * 1000) % multiples[one] === 0 && amount >= multiples[one],
  )
  return `${amount / multiples[multiple ?? '']} ${multiple ?? ''}${unit}`
}

export const capacityField = z
  .string({ error: 'write a number with its unit, such as "40 Gbit/s" or "20000 requests/s"' })
  .transform((text, context): string => {
    const capacity = capacityOf(text)
    if (capacity !== undefined) return capacityText(capacity)
    const message = `${JSON.stringify(text.slice(0, 80))} is not a capacity: write a number with bit/s, kbit/s, Mbit/s, Gbit/s, Tbit/s or requests/s`
    context.issues.push({ code: 'custom', message, input: text })
    return z.NEVER
  })
  .meta({
    description: 'What the POP can carry; automation does not send it more than that',
    examples: ['40 Gbit/s', '20000 requests/s'],
  })
