/** PathGroup and Preference: which paths a POP may take to destinations elsewhere, and which it takes. */
import { z } from 'zod'
import type { CheckId } from '../monitoring.ts'
import type { PopId } from '../model.ts'
import type { PathGroupId } from '../steering.ts'
import { byName, fields, label, labelPattern, list, prefixField, whole, words } from './fields.ts'
import { endsLater, onlyPeoplesEnds, preferring } from './preference.ts'
import { duration } from './quantity.ts'
import { selectorField } from './selector.ts'

const placeholders = ['pop', 'speaker', 'family'] as const

/** One sentence why the text names no neighbor, even with its placeholders filled, or undefined. */
function neighborTemplateProblem(text: string): string | undefined {
  const bare = placeholders.reduce((rest, name) => rest.replaceAll(`{${name}}`, 'x'), text)
  return labelPattern.test(bare)
    ? undefined
    : `${JSON.stringify(text.slice(0, 80))} names no Neighbor: write a name, which may hold {pop}, {speaker} and {family}`
}

const neighborField = z
  .string()
  .superRefine((text, context) => {
    const message = neighborTemplateProblem(text)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })
  .meta({
    description: 'Name of the Neighbor, which may hold {pop}, {speaker} and {family} (ipv4 or ipv6)',
    examples: ['{pop}-bb1-{family}'],
  })

const pathField = fields({
  neighbor: neighborField.exactOptional(),
  neighbors: byName(neighborField, 1000, 'The Neighbor, by name of the Pop; wins over neighbor').prefault({}),
  check: label<CheckId>('Name of a Check with subject path that measures it').exactOptional(),
})
  .refine(({ neighbor, neighbors }) => neighbor !== undefined || Object.keys(neighbors).length > 0, {
    error: 'write neighbor, or neighbors by POP',
  })
  .meta({ description: 'One path: the neighbor that offers the destinations, and the Check that measures it' })

/** In the learner's own units; what is not written keeps its default. */
export const learningField = fields({
  threshold: measure(1, 100_000, 'Evidence that a move takes, ms·min of lower cost. Default 243').exactOptional(),
  deadband: measure(0, 1000, 'A gain below this is none, ms. Default 0').exactOptional(),
  warmUp: whole(1, 10_000, 'Batches of a path before any move. Default 8').exactOptional(),
  dwell: duration(0, 86_400_000, 'Shortest stay, but on a path that is dead. Default 8m').exactOptional(),
  backOff: duration(
    1000,
    604_800_000,
    'How long a path is barred that disappointed, or to which a move was undone. Default 1h',
  ).exactOptional(),
  loadLimit: whole(1, 100, 'Percent of its capacity that a path is filled to at most. Default 80').exactOptional(),
})
  .refine((settings) => Object.keys(settings).length > 0, {
    error: 'write at least one setting, or leave it out: the learner then tunes itself',
  })
  .meta({ description: 'Settings of the learner, pinned: nothing is tuned by itself. Absent: it tunes itself' })

function measure(min: number, max: number, description: string) {
  return z
    .number({ error: `write a number, ${min} to ${max}` })
    .min(min, { error: ({ input }) => `${String(input)} is out of range: write ${min} to ${max}` })
    .max(max, { error: ({ input }) => `${String(input)} is out of range: write ${min} to ${max}` })
    .meta({ description })
}

export const pathGroupSpec = fields({
  description: words(500, 'For people').exactOptional(),
  at: list(selectorField, 1000, 'POPs that choose among these paths').prefault(['all']),
  except: list(selectorField, 1000, 'Places within these that do not').default([]),
  destinations: list(prefixField, 1000, 'Prefixes of an origin region or of clients; never ours to announce').refine(
    (items) => items.length > 0,
    { error: 'write at least one prefix' },
  ),
  paths: byName(pathField, 16, 'The paths, by name').refine((paths) => Object.keys(paths).length > 0, {
    error: 'write at least one path',
  }),
  mode: z.enum(['off', 'shadow', 'canary', 'auto']).default('shadow').meta({
    description:
      'What the path learner may do: off, shadow (decides and moves nothing), canary (moves at the canary POPs), auto. Default shadow',
  }),
  canary: list(selectorField, 1000, 'Mode canary: places where the learner may move').default([]),
  learning: learningField.exactOptional(),
}).refine(({ mode, canary }) => mode !== 'canary' || canary.length > 0, {
  error: 'write at least one canary place for mode: canary',
  path: ['canary'],
})

export const preferenceSpec = fields({
  group: label<PathGroupId>('Name of the PathGroup'),
  pop: label<PopId>('Name of the Pop'),
  path: label<string>('Name of a path of the group'),
  ...preferring,
})
  .refine(...endsLater)
  .refine(...onlyPeoplesEnds)
