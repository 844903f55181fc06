/** Pool and Prefix: what we own, and where and how it is announced. */
import type { SpeakerId } from '../model.ts'
import { attributesField } from './attributes.ts'
import { failoverField } from './failover.ts'
import { asnField, byName, fields, label, list, prefixField, whole } from './fields.ts'
import { selectorField } from './selector.ts'

/** Every POP may be written on its own, and then some. */
const selectorsAtMost = 1000

export const poolSpec = fields({
  prefixes: list(prefixField, 10_000, 'Address space we own; only prefixes inside it can be announced').refine(
    (items) => items.length > 0,
    { error: 'write at least one prefix' },
  ),
  origins: list(
    asnField,
    1000,
    'Other ASes that may originate it, such as customers; any other is an alarm. Default: none',
  ).default([]),
  elsewhere: list(
    prefixField,
    1000,
    'Prefixes within it that other routers of our AS announce, so that seeing them is no alarm. Default: none',
  ).default([]),
})

export const prefixSpec = fields({
  at: list(selectorField, selectorsAtMost, 'Where it is announced; [] is nowhere'),
  except: list(selectorField, selectorsAtMost, 'Places within these where it is not').default([]),
  floor: whole(
    0,
    100_000,
    'POPs that automation always leaves it announced at. Default: half of its POPs, at least 2',
  ).exactOptional(),
  attributes: attributesField.prefault({}).meta({ description: 'Attributes wherever it is announced' }),
  pops: byName(attributesField, selectorsAtMost, 'Attributes at single POPs, by name of the Pop').prefault({}),
  neighbors: byName(attributesField, 10_000, 'Attributes toward single neighbors, by name of the Neighbor').prefault(
    {},
  ),
  adopt: list(
    label<SpeakerId>('Name of the Speaker'),
    selectorsAtMost,
    "Speakers where another program's path of it may be taken over. Default: none",
  ).default([]),
  failover: failoverField.exactOptional(),
})
