/**
 * What automation knows and has told: its memory, alarms, verdicts and refusals. Only the leader writes them, but for an
 * acknowledgement; so an alarm is replaced only where it still is what the writer had read.
 */
import type { Alarm, AlarmChange, AlarmId } from '../health/alarm.ts'
import { type FailoverMemory, type Refusal, noMemory } from '../health/failover-input.ts'
import type { Verdict, VerdictKey } from '../health/verdict.ts'
import type { TrafficFigure } from '../health/traffic.ts'
import type { NeighborId, PopId } from '../intent/model.ts'
import { eventsKept } from './events.ts'
import { defineFencedScript, runFenced } from './fence.ts'
import type { Keys } from './keys.ts'
import type { Links } from './link.ts'
import type { RolloutState } from './rollouts.ts'
import { defineScript, runScript } from './script.ts'
import type { Health, HeraldEvent } from './store.ts'

/** Resolved alarms stay to be looked at, ms. */
export const resolvedKeptMs = 7 * 24 * 3600 * 1000

/** KEYS alarms, events. ARGV id, text before, text after ('' = none), event or '', events to keep. */
const replaceScript = defineScript(`
local before = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if before ~= ARGV[2] then return 0 end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
if ARGV[4] ~= '' then redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', 'event', ARGV[4]) end
return 1
`)

/** KEYS lease, memory. ARGV token, text. */
const rememberScript = defineFencedScript(`return redis.call('SET', KEYS[2], ARGV[2])`)

/** KEYS lease, hash. ARGV token, '1' to empty it first, then field and text of each ('' = gone). */
const tellScript = defineFencedScript(`
if ARGV[2] == '1' then redis.call('DEL', KEYS[2]) end
for i = 3, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[2], ARGV[i]) else redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
end
return 'ok'
`)

export function createHealth(links: Links, keys: Keys): Health {
  const { prompt } = links
  const text = (key: string) => prompt.run((redis) => redis.get(key))
  const hash = (key: string) => prompt.run((redis) => redis.hgetall(key))
  return {
    async memory() {
      const stored = await text(keys.healthMemory())
      return stored === null ? noMemory : (JSON.parse(stored) as FailoverMemory)
    },
    async remember(fence, memory) {
      await runFenced(prompt, keys, rememberScript, fence, [keys.healthMemory()], [JSON.stringify(memory)])
    },
    async alarms() {
      return new Map(Object.entries(await hash(keys.alarms())).map(([id, its]) => [id as AlarmId, readAlarm(its)]))
    },
    async replaceAlarm(change) {
      const { id } = (change.after ?? change.before) as Alarm
      const [before, after] = [change.before, change.after].map((alarm) => (alarm ? JSON.stringify(alarm) : ''))
      const args = [id, before ?? '', after ?? '', eventOf(change), eventsKept]
      const touched = [keys.alarms(), keys.events()]
      return (await prompt.run((redis) => runScript(redis, replaceScript, touched, args))) === 1
    },
    async verdicts() {
      const stored = Object.entries(await hash(keys.verdicts()))
      return new Map(stored.map(([key, its]) => [key as VerdictKey, JSON.parse(its) as Verdict]))
    },
    async tellVerdicts(fence, verdicts, whole) {
      const args = [...verdicts].flatMap(([key, verdict]) => [key, JSON.stringify(verdict)])
      await runFenced(prompt, keys, tellScript, fence, [keys.verdicts()], [whole ? '1' : '0', ...args])
    },
    async refusals() {
      const stored = await text(keys.healthRefusals())
      return stored === null ? [] : (JSON.parse(stored) as Refusal[])
    },
    async tellRefusals(fence, refusals) {
      await runFenced(prompt, keys, rememberScript, fence, [keys.healthRefusals()], [JSON.stringify(refusals)])
    },
    async rollouts() {
      const stored = await text(keys.healthRollouts())
      return stored === null ? [] : (JSON.parse(stored) as RolloutState[])
    },
    async tellRollouts(fence, states) {
      await runFenced(prompt, keys, rememberScript, fence, [keys.healthRollouts()], [JSON.stringify(states)])
    },
    async go(atMs) {
      await prompt.run((redis) => redis.set(keys.healthGo(), atMs))
    },
    async goAtMs() {
      const stored = await text(keys.healthGo())
      return stored === null ? undefined : Number(stored)
    },
    async tellTraffic({ pops, neighbors, groups }) {
      const fields = [
        ...trafficFields('pop', pops),
        ...trafficFields('neighbor', neighbors),
        ...trafficFields('group', groups),
      ]
      if (fields.length > 0) await prompt.run((redis) => redis.hset(keys.traffic(), Object.fromEntries(fields)))
    },
    async traffic() {
      const stored = await hash(keys.traffic())
      return {
        pops: trafficOf<PopId>('pop', stored),
        neighbors: trafficOf<NeighborId>('neighbor', stored),
        groups: trafficOf<string>('group', stored),
      }
    },
  }
}

type TrafficPlace = 'pop' | 'neighbor' | 'group'

function trafficFields(kind: TrafficPlace, figures: ReadonlyMap<string, TrafficFigure>): (readonly [string, string])[] {
  return Array.from(figures, ([name, { amount, atMs }]) => [`${kind}/${name}`, JSON.stringify([amount, atMs])])
}

function trafficOf<Id extends string>(
  kind: TrafficPlace,
  stored: Readonly<Record<string, string>>,
): ReadonlyMap<Id, TrafficFigure> {
  const figures = new Map<Id, TrafficFigure>()
  for (const [field, text] of Object.entries(stored)) {
    if (!field.startsWith(`${kind}/`)) continue
    const [amount, atMs] = JSON.parse(text) as [number, number]
    figures.set(field.slice(kind.length + 1) as Id, { amount, atMs })
  }
  return figures
}

function readAlarm(stored: string): Alarm {
  return JSON.parse(stored) as Alarm
}

/** A change of state is an event; another message alone is none. */
function eventOf({ before, after }: AlarmChange): string {
  if (after === undefined || after.state === before?.state || after.state === 'pending') return ''
  const { id, state, severity, message } = after
  return JSON.stringify({ type: 'alarm', id, state, severity, message } satisfies HeraldEvent)
}
