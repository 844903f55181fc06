/** EntryGroup and EntryPreference: among which POPs a neighbor AS may enter, and where it shall. */
import { z } from 'zod'
import { parseAsn } from '../../bgp/asn.ts'
import type { EntryGroupId } from '../entry.ts'
import type { PopId } from '../model.ts'
import type { CheckId } from '../monitoring.ts'
import { asnField, byName, communityField, fields, label, list, prefixField, words } from './fields.ts'
import { endsLater, onlyPeoplesEnds, preferring } from './preference.ts'
import { selectorField } from './selector.ts'
import { learningField } from './steering.ts'

const asnName = { pattern: /^[1-9]\d{0,9}$/, rule: 'write an AS number' }

export const entryGroupSpec = fields({
  description: words(500, 'For people').exactOptional(),
  asns: list(asnField, 100, 'Neighbor ASes, each attached at several of the POPs').refine((items) => items.length > 0, {
    error: 'write at least one AS number',
  }),
  prefixes: list(prefixField, 1000, 'Prefixes of ours that move together').refine((items) => items.length > 0, {
    error: 'write at least one prefix',
  }),
  at: list(selectorField, 1000, 'POPs to choose among').prefault(['all']),
  except: list(selectorField, 1000, 'Places within these that are none').default([]),
  check: label<CheckId>(
    'Name of a Check with subject path and targets by POP that vantage points inside or behind these ASes probe',
  ).exactOptional(),
  mode: z.enum(['off', 'shadow', 'canary', 'auto']).default('shadow').meta({
    description:
      'What the path learner may do: off, shadow (decides and moves nothing), canary (moves the canary prefixes), auto. Default shadow',
  }),
  canary: list(prefixField, 1000, 'Mode canary: prefixes that the learner may move').default([]),
  demote: byName(communityField, 100, 'By AS: the community with which it prefers a route less', asnName)
    .refine((entries) => Object.keys(entries).every((name) => parseAsn(name).ok), {
      error: 'write AS numbers as names',
    })
    .prefault({}),
  learning: learningField.exactOptional(),
}).refine(({ mode, canary }) => mode !== 'canary' || canary.length > 0, {
  error: 'write at least one canary prefix for mode: canary',
  path: ['canary'],
})

export const entryPreferenceSpec = fields({
  group: label<EntryGroupId>('Name of the EntryGroup'),
  pop: label<PopId>('Name of the Pop where its ASes shall enter'),
  ...preferring,
})
  .refine(...endsLater)
  .refine(...onlyPeoplesEnds)
