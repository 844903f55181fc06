/** The schema of every kind's spec: from what people write to the canonical spec that is stored. */
import type { z } from 'zod'
import type { Kind } from '../document.ts'
import { alertMappingSpec, receiverSpec } from './alarm.ts'
import { agentSpec, checkSpec } from './check.ts'
import { entryGroupSpec, entryPreferenceSpec } from './entry.ts'
import { failoverSpec } from './failover.ts'
import { collectorSpec } from './collector.ts'
import { drainSpec, freezeSpec, overrideSpec } from './overlay.ts'
import { areaSpec, networkSpec, popSpec, regionSpec } from './place.ts'
import { poolSpec, prefixSpec } from './prefix.ts'
import { rolloutSpec } from './rollout.ts'
import { neighborSpec, speakerSpec } from './speaker.ts'
import { pathGroupSpec, preferenceSpec } from './steering.ts'

export const specSchemas = {
  Network: networkSpec,
  Area: areaSpec,
  Region: regionSpec,
  Pop: popSpec,
  Speaker: speakerSpec,
  Neighbor: neighborSpec,
  Pool: poolSpec,
  Prefix: prefixSpec,
  PathGroup: pathGroupSpec,
  EntryGroup: entryGroupSpec,
  Agent: agentSpec,
  Check: checkSpec,
  Collector: collectorSpec,
  Receiver: receiverSpec,
  AlertMapping: alertMappingSpec,
  Drain: drainSpec,
  Override: overrideSpec,
  Failover: failoverSpec,
  Preference: preferenceSpec,
  EntryPreference: entryPreferenceSpec,
  Rollout: rolloutSpec,
  Freeze: freezeSpec,
} as const satisfies Record<Kind, z.ZodType>

/** The canonical spec of a kind: plain JSON, defaults applied, equal words in equal text. */
export type Spec<K extends Kind> = z.output<(typeof specSchemas)[K]>
