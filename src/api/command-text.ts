/** A change as the command line that makes it: the audit keeps it whole, so that whoever reads it can type it again. */
import type { StagedWish } from './wire/rollout.ts'

const options: Readonly<Record<string, string>> = {
  prepend: '--prepend',
  origin: '--origin',
  med: '--med',
  localPref: '--local-pref',
  communities: '--community',
  largeCommunities: '--large-community',
  nextHop: '--next-hop',
}

/** `--med 50 --community 64500:1,no-export`, in the order they were said; empty where there are none. */
export function attributeWords(attributes: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(attributes).flatMap(([name, value]) => {
    if (name === 'announce') return value === false ? ['--withhold'] : ['--announce']
    if (name === 'gracefulShutdown') return value === false ? ['--no-graceful-shutdown'] : ['--graceful-shutdown']
    return [options[name] ?? `--${name}`, valueText(value)]
  })
}

/** Places as `--at` takes them; nothing for none. */
export function placeWords(at: readonly string[] | undefined): readonly string[] {
  return at === undefined || at.length === 0 ? [] : ['--at', at.join(',')]
}

/** Words toward neighbors: `--neighbor fra-isp --prepend 2`, for each of them. */
export function neighborWords(
  neighbors: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): readonly string[] {
  return Object.entries(neighbors).flatMap(([name, attributes]) => ['--neighbor', name, ...attributeWords(attributes)])
}

/** `--for 600s`. */
export function secondsWords(
  option: '--for' | '--grace' | '--at-most' | '--settle' | '--give-up',
  seconds: number | undefined,
): readonly string[] {
  return seconds === undefined ? [] : [option, `${seconds}s`]
}

/** `--staged --canary fra --settle 30s`, as asked for. */
export function stagedWords({ canary, settleSeconds, giveUpSeconds, ungated }: StagedWish): readonly string[] {
  return [
    '--staged',
    ...(canary === undefined ? [] : ['--canary', canary.join(',')]),
    ...secondsWords('--settle', settleSeconds),
    ...secondsWords('--give-up', giveUpSeconds),
    ...(ungated === true ? ['--ungated'] : []),
  ]
}

/** As a shell takes it for one word. */
export function shellWord(text: string): string {
  return /^[\w.,:/%@+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "''" : value.join(',')
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
