/**
 * Alerts of other systems: one record, changed by compare-and-set, because any controller may be told. A change is put into
 * the stream of samples as well, so that whichever controller leads decides at once.
 */
import type { AlertState } from '../health/alert.ts'
import type { VerdictKey } from '../health/verdict.ts'
import type { Keys } from './keys.ts'
import type { Links } from './link.ts'
import { OperationError } from '../bgp/operation-error.ts'
import { samplesKeptMs } from './samples.ts'
import { defineScript, runScript } from './script.ts'
import type { Alerts, StoredAlerts, UnmappedAlert } from './alarm-traffic.ts'

/** KEYS alerts, samples. ARGV text before ('' = none), text after, ms, oldest id kept. */
const changeScript = defineScript(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('XADD', KEYS[2], 'MINID', '~', ARGV[4], '*', 'alerts', ARGV[3])
return 1
`)

const attempts = 10

export function createAlerts({ prompt }: Links, keys: Keys): Alerts {
  const text = async () => (await prompt.run((redis) => redis.get(keys.alerts()))) ?? ''
  return {
    async get() {
      return readAlerts(await text())
    },
    async change(change, atMs) {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        const before = await text()
        const after = writeAlerts(change(readAlerts(before)))
        if (after === before) return
        const touched = [keys.alerts(), keys.samples()]
        const args = [before, after, atMs, atMs - samplesKeptMs]
        if ((await prompt.run((redis) => runScript(redis, changeScript, touched, args))) === 1) return
      }
      throw new OperationError('store-unavailable', 'alerts are changed by many at once; send them again')
    },
  }
}

interface Written {
  readonly states: readonly [VerdictKey, AlertState][]
  readonly truncated: readonly [string, number][]
  readonly unmapped: readonly [string, UnmappedAlert][]
}

function readAlerts(text: string): StoredAlerts {
  const { states, truncated, unmapped } =
    text === '' ? { states: [], truncated: [], unmapped: [] } : (JSON.parse(text) as Written)
  return { states: new Map(states), truncated: new Map(truncated), unmapped: new Map(unmapped) }
}

function writeAlerts({ states, truncated, unmapped }: StoredAlerts): string {
  return JSON.stringify({
    states: [...states],
    truncated: [...truncated],
    unmapped: [...unmapped],
  } satisfies Written)
}
