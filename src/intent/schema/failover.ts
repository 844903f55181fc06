/** `failover` of a Prefix: what automation may do. And Failover: what it has done. */
import { z } from 'zod'
import type { NeighborId, PopId } from '../model.ts'
import type { AlertMappingId, CheckId } from '../monitoring.ts'
import { fields, label, list, moment, prefixField, whole, words } from './fields.ts'
import { duration } from './quantity.ts'
import { selectorField } from './selector.ts'

const prependField = z.literal([1, 2, 3], { error: 'write 1, 2 or 3: how often our AS is prepended' })

const leaseField = fields({
  policy: z
    .enum(['hold', 'withdraw'])
    .default('hold')
    .meta({ description: 'hold: routes stay as they are; withdraw: they go after a while. Default hold' }),
  after: duration(10_000, 604_800_000, 'withdraw: so long without a controller').exactOptional(),
})
  .refine(({ policy, after }) => (policy === 'withdraw') === (after !== undefined), {
    error: 'policy: withdraw needs it, policy: hold has no use for it',
    path: ['after'],
  })
  .prefault({})
  .meta({ description: 'What happens at a POP that hears of no controller any more' })

const returnField = fields({
  prepends: list(prependField, 3, 'Prepends of each stage before it is plain again. Default [3, 1]').prefault([3, 1]),
  stage: duration(1000, 3_600_000, 'How long each stage lasts. Default 30s').default('30s'),
})
  .prefault({})
  .meta({ description: 'How traffic comes back, in stages' })

export const failoverField = fields({
  checks: list(
    label<CheckId | AlertMappingId>('Name of a Check or AlertMapping'),
    100,
    'Checks and AlertMappings; a POP or neighbor is sick for this prefix while any of them has failed there',
  ).refine((items) => items.length > 0, { error: 'write at least one check' }),
  action: z.enum(['withdraw', 'drain', 'prepend']).default('withdraw').meta({
    description: 'At a sick POP: withdraw, drain (GRACEFUL_SHUTDOWN, then withdraw) or prepend. Default withdraw',
  }),
  neighborAction: z
    .enum(['withhold', 'prepend'])
    .default('withhold')
    .meta({ description: 'Toward a sick neighbor: withhold or prepend. Default withhold' }),
  backup: list(selectorField, 1000, 'POPs that announce it only while others are sick. Default: none').default([]),
  cover: prefixField
    .exactOptional()
    .meta({ description: 'A less specific prefix that stays announced as the last resort' }),
  lease: leaseField,
  holdDown: duration(
    0,
    86_400_000,
    'How long a place must be well before it comes back. Default: that of its checks',
  ).exactOptional(),
  return: returnField,
}).meta({ description: 'What automation may do when checks fail. Absent: nothing' })

const popActions = ['withdraw', 'drain', 'prepend', 'activate']
const neighborActions = ['withhold', 'prepend']

export const failoverSpec = fields({
  prefix: prefixField,
  pop: label<PopId>('Name of the Pop').exactOptional(),
  neighbor: label<NeighborId>('Name of the Neighbor').exactOptional(),
  action: z.enum(['withdraw', 'drain', 'prepend', 'withhold', 'activate']).meta({
    description: 'At a POP: withdraw, drain, prepend or activate (a backup); toward a neighbor: withhold or prepend',
  }),
  prepend: prependField.exactOptional().meta({ description: 'Action prepend: how often. Default 3' }),
  graceSeconds: whole(
    0,
    86_400,
    'Action drain: how long it is marked GRACEFUL_SHUTDOWN first, seconds. Default 2',
  ).exactOptional(),
  startedAtMs: moment('Since when'),
  subject: z
    .string()
    .regex(/^(service|neighbor|path)\/[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}$/, {
      error: 'write what is sick, such as service/fra/dns or neighbor/fra/fra-transit',
    })
    .meta({ description: 'What is sick', examples: ['service/fra/dns', 'neighbor/fra/fra-transit'] }),
  alarm: words(200, 'Id of the alarm that asked for it'),
  reason: words(1000, 'Why, in a sentence for people'),
})
  .refine(({ pop, neighbor }) => (pop === undefined) !== (neighbor === undefined), {
    error: 'write one of pop and neighbor',
  })
  .refine(({ pop, action }) => (pop === undefined ? neighborActions : popActions).includes(action), {
    error: `at a POP write one of ${popActions.join(', ')}; toward a neighbor one of ${neighborActions.join(', ')}`,
    path: ['action'],
  })
  .refine(({ action, prepend }) => action === 'prepend' || prepend === undefined, {
    error: 'is for action: prepend',
    path: ['prepend'],
  })
  .refine(({ action, graceSeconds }) => action === 'drain' || graceSeconds === undefined, {
    error: 'is for action: drain',
    path: ['graceSeconds'],
  })
