/** Durations as people write them: `90s`, `10m`, `2h`, `1d`, `1h30m`. */
import { InvalidArgumentError } from 'commander'

const unitSeconds: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 }

/** Seconds; undefined where the text is not a duration. */
export function durationSeconds(text: string): number | undefined {
  if (!/^(\d+[dhms])+$/.test(text)) return undefined
  let seconds = 0
  for (const [, count, unit] of text.matchAll(/(\d+)([dhms])/g))
    seconds += Number(count) * (unitSeconds[unit ?? ''] ?? 0)
  return seconds
}

/** For commander: seconds, or a usage error that shows how. */
export function parseDuration(text: string): number {
  const seconds = durationSeconds(text)
  if (seconds === undefined || seconds < 1)
    throw new InvalidArgumentError('write a duration such as 90s, 10m, 2h or 1h30m.')
  return seconds
}

/** A duration, or none at all: `0` and `0s` as well. */
export function parseWait(text: string): number {
  return /^0s?$/.test(text) ? 0 : parseDuration(text)
}

/** `1h30m`, `45s`; the two largest units. */
export function formatDuration(seconds: number): string {
  let rest = Math.floor(seconds)
  const parts: string[] = []
  for (const [unit, size] of Object.entries(unitSeconds)) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count}${unit}`)
  }
  return parts.slice(0, 2).join('') || '0s'
}

/** `00:01:12`, as gobgp prints ages; days before it from 24 hours on. */
export function formatAge(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  const two = (value: number): string => String(value).padStart(2, '0')
  const clock = `${two(Math.floor((seconds % 86_400) / 3600))}:${two(Math.floor((seconds % 3600) / 60))}:${two(Math.floor(seconds % 60))}`
  return days > 0 ? `${days}d ${clock}` : clock
}
