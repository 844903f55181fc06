/** Collector: a vantage router, which is asked what it sees of us and never told anything. */
import type { RegionId } from '../model.ts'
import { daemonFields, socketHasNoTls } from './daemon.ts'
import { fields, label, words } from './fields.ts'
import { duration } from './quantity.ts'

export const collectorSpec = fields({
  ...daemonFields,
  region: label<RegionId>('Name of the Region it is in').exactOptional(),
  label: words(100, 'What tells it from others, such as the network it is in').exactOptional(),
  seenWithin: duration(
    1000,
    3_600_000,
    'How soon it sees what is announced, and stops seeing what is withdrawn; later is an alarm. Default 2m',
  ).default('2m'),
}).refine(...socketHasNoTls)
