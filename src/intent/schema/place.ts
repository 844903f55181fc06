/** Network, Area, Region, Pop: who we are and where we stand. */
import type { AreaId, RegionId } from '../model.ts'
import { asnField, fields, label, list, whole } from './fields.ts'
import { capacityField } from './quantity.ts'

export const networkSpec = fields({
  asn: asnField,
  drainSeconds: whole(
    0,
    3600,
    'How long a site stays marked GRACEFUL_SHUTDOWN before a planned withdrawal, seconds. Default 2',
  ).default(2),
  shrinkPercent: whole(
    0,
    100,
    'A change that takes away more than this share of all announcements, percent, must be confirmed. Default 10',
  ).default(10),
  adjacent: list(
    asnField,
    10_000,
    'Other ASes that may stand beside ours in a path, such as members behind a route server; with Neighbor documents these are all. Absent: nobody knows where there are route servers or internal neighbors',
  ).exactOptional(),
})

export const areaSpec = fields({})

export const regionSpec = fields({ area: label<AreaId>('Name of the Area') })

export const popSpec = fields({
  region: label<RegionId>('Name of the Region'),
  capacity: capacityField.exactOptional(),
})
