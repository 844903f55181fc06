/**
 * Samples: what agents saw, on its way to whichever controller leads. One stream entry a batch, kept for a few seconds,
 * so that a new leader hears again what makes its verdicts. A batch that is sent twice counts once.
 */
import type { AgentId } from '../intent/monitoring.ts'
import type { Sample } from '../health/sample.ts'
import type { RedisSettings } from './connect.ts'
import type { Keys } from './keys.ts'
import type { Links } from './link.ts'
import { defineScript, runScript } from './script.ts'
import type { AgentState, Samples, StoredBatch } from './store.ts'
import { type StreamEntry, followStream } from './stream.ts'

export const samplesKeptMs = 15_000

/**
 * KEYS samples, agent, agents. ARGV name, run, batch, ms, samples, dropped, oldest id kept. A batch number that is not
 * above the last one of the same run of the agent was taken already.
 */
const takeScript = defineScript(`
local known = redis.call('HMGET', KEYS[2], 'run', 'batch')
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('HSET', KEYS[2], 'seen', ARGV[4], 'dropped', ARGV[6])
if known[1] == ARGV[2] and tonumber(ARGV[3]) <= tonumber(known[2]) then return 0 end
redis.call('HSET', KEYS[2], 'run', ARGV[2], 'batch', ARGV[3])
redis.call('XADD', KEYS[1], 'MINID', '~', ARGV[7], '*', 'agent', ARGV[1], 'at', ARGV[4], 'samples', ARGV[5])
return 1
`)

export function createSamples(links: Links, keys: Keys, settings: RedisSettings): Samples {
  const { prompt } = links
  return {
    async take(agent, { run, batch, samples, dropped }, atMs) {
      const touched = [keys.samples(), keys.agent(agent), keys.agents()]
      const args = [agent, run, batch, atMs, JSON.stringify(samples), dropped, atMs - samplesKeptMs]
      return (await prompt.run((redis) => runScript(redis, takeScript, touched, args))) === 1
    },
    async *follow(signal) {
      for await (const entry of followStream(settings, keys.samples(), '0-0', signal)) yield readBatch(entry)
    },
    async agents() {
      const names = (await prompt.run((redis) => redis.smembers(keys.agents()))) as AgentId[]
      const states = await Promise.all(
        names.map((name) => prompt.run((redis) => redis.hmget(keys.agent(name), 'seen', 'dropped'))),
      )
      return new Map(
        names.map((name, i): [AgentId, AgentState] => {
          const [seen, dropped] = states[i] ?? []
          return [name, { seenAtMs: Number(seen ?? 0), dropped: Number(dropped ?? 0) }]
        }),
      )
    },
  }
}

function readBatch([, fields]: StreamEntry): StoredBatch {
  const [first, agent, , at, , samples] = fields
  if (first === 'alerts') return { agent: '' as AgentId, atMs: Number(agent), samples: [], alerts: true } // alerts.ts
  return { agent: (agent ?? '') as AgentId, atMs: Number(at), samples: JSON.parse(samples ?? '[]') as Sample[] }
}
