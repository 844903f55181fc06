/** How the commands of scenarios are read, and plans are shown. */
import { attributesOf } from '../../src/bgp/path.ts'
import type { SpeakerId } from '../../src/intent/model.ts'
import type { Plan } from '../../src/plan/plan.ts'
import type { PretendFleet } from './pretend-fleet.ts'

export type Flags = ReadonlyMap<string, string>

export interface Words {
  readonly words: readonly string[]
  readonly flags: Flags
}

/** Flags that stand alone; every other takes the next word. */
const alone: ReadonlySet<string> = new Set(['force', 'unreviewed'])

export function split(command: string): Words {
  const words: string[] = []
  const flags = new Map<string, string>()
  const parts = command.split(/\s+/)
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!
    if (!part.startsWith('--')) words.push(part)
    else if (alone.has(part.slice(2))) flags.set(part.slice(2), '')
    else flags.set(part.slice(2), parts[++i] ?? '')
  }
  return { words, flags }
}

export function speakerOf(pop: string): SpeakerId {
  return `${pop}-1` as SpeakerId
}

export function list(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(',')
}

export function milliseconds(text: string): number {
  const unit = { s: 1000, m: 60_000, h: 3_600_000 }[text.at(-1) ?? '']
  if (unit === undefined) throw new Error(`not a span of time: ${text}`)
  return Number(text.slice(0, -1)) * unit
}

export function without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  const rest = new Map(map)
  rest.delete(key)
  return rest
}

export function showPlan({ actions, held, warnings, settled }: Plan): readonly string[] {
  const lines = [
    ...actions.map(({ kind, prefix, speaker, because }) => `${kind} ${prefix} ${speaker}: ${because}`),
    ...held.map(({ reason, prefix, speaker, detail }) => `held (${reason}) ${prefix} ${speaker}: ${detail}`),
    ...warnings.map(({ code, message }) => `warning (${code}): ${message}`),
  ]
  return lines.length === 0 ? [[...new Set(settled.values())].join(', ')] : lines
}

export function showRib(fleet: PretendFleet): readonly string[] {
  const lines = fleet.speakers().flatMap((id) =>
    [...fleet.rib(id)].map(([prefix, attributes]) => {
      const { med, communities, largeCommunities } = attributesOf(attributes)
      const words = [
        ...(med === undefined ? [] : [`med ${med}`]),
        ...communities,
        ...(largeCommunities.length === 0 ? ['not ours'] : []),
      ]
      return [id, prefix, ...words].join(' ')
    }),
  )
  return lines.length === 0 ? ['no routes'] : lines.toSorted()
}
