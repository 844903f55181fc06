/**
 * Speakers: how far each has come (decided and applied generations), what it must be configured with, and what is known
 * of its daemon. The planner reads all of it at every look, so what did not change is neither sent nor parsed again.
 */
import type { DesiredSpeaker } from '../intent/desired.ts'
import type { SpeakerId } from '../intent/model.ts'
import { chunks } from './chunks.ts'
import { defineFencedScript, runFenced } from './fence.ts'
import type { Keys } from './keys.ts'
import { type Link, type Links, replies } from './link.ts'
import { defineScript, runScript } from './script.ts'
import type { SpeakerState, SpeakerStatus, Speakers } from './store.ts'

/**
 * KEYS lease, speakers, a key per speaker. ARGV token, then speaker and JSON of each. A configuration is a decision
 * too: it is applied under a generation of its own. At another endpoint is another daemon, of which nothing is known.
 */
const configureScript = defineFencedScript(`
for i = 3, #KEYS do
  local at = 2 * i - 4
  local before = redis.call('HGET', KEYS[i], 'configured')
  local generation = redis.call('HINCRBY', KEYS[i], 'decided', 1)
  if before and cjson.decode(before).endpoint ~= cjson.decode(ARGV[at + 1]).endpoint then
    redis.call('HDEL', KEYS[i], 'policed', 'added', 'shut', 'status', 'trouble')
    redis.call('HSET', KEYS[i], 'applied', '0', 'reapplied', string.format('%.0f', generation))
  end
  redis.call('SADD', KEYS[2], ARGV[at])
  redis.call('HDEL', KEYS[i], 'forsaken')
  redis.call('HSET', KEYS[i], 'configured', ARGV[at + 1], 'configuredVersion', redis.sha1hex(ARGV[at + 1]))
end
return 'ok'
`)

/** KEYS lease, speaker. ARGV token, generation. A generation read before a reapply is history. */
const appliedScript = defineFencedScript(`
local state = redis.call('HMGET', KEYS[2], 'applied', 'reapplied')
local generation = tonumber(ARGV[2])
if generation > tonumber(state[1] or '0') and generation >= tonumber(state[2] or '0') then
  redis.call('HSET', KEYS[2], 'applied', ARGV[2])
end
redis.call('HSET', KEYS[2], 'policed', '1')
redis.call('HDEL', KEYS[2], 'trouble')
return 'ok'
`)

/** KEYS speaker. All targets are pending again, under a generation that no apply now under way can reach. */
const reapplyScript = defineScript(`
local generation = redis.call('HINCRBY', KEYS[1], 'decided', 1)
redis.call('HSET', KEYS[1], 'applied', '0', 'reapplied', string.format('%.0f', generation))
return 'ok'
`)

/** KEYS lease, speakers, then every key of the speaker. ARGV token, speaker. */
const forgetScript = defineFencedScript(`
redis.call('SREM', KEYS[2], ARGV[2])
for i = 3, #KEYS do redis.call('DEL', KEYS[i]) end
return 'ok'
`)

const fields = [
  'decided',
  'applied',
  'status',
  'configuredVersion',
  'policed',
  'trouble',
  'added',
  'shut',
  'forsaken',
] as const
type StateReply = readonly (string | null)[]

export function createSpeakers(links: Links, keys: Keys): Speakers {
  const { prompt, bulk } = links
  const readState = createStateReader(prompt, keys)
  return {
    async configure(fence, configured) {
      for (const part of chunks(configured, 100)) {
        const touched = [keys.speakers(), ...part.map(({ speaker }) => keys.speaker(speaker))]
        const args = part.flatMap((one) => [one.speaker, JSON.stringify(one)])
        await runFenced(bulk, keys, configureScript, fence, touched, args)
      }
    },
    async known() {
      return (await prompt.run((redis) => redis.smembers(keys.speakers()))) as SpeakerId[]
    },
    async state(speaker) {
      return readState(speaker, await prompt.run((redis) => redis.hmget(keys.speaker(speaker), ...fields)))
    },
    async states() {
      const speakers = (await prompt.run((redis) => redis.smembers(keys.speakers()))) as SpeakerId[]
      const answers = await prompt.run((redis) => {
        const pipeline = redis.pipeline()
        for (const speaker of speakers) pipeline.hmget(keys.speaker(speaker), ...fields)
        return replies(pipeline.exec())
      })
      const states = await Promise.all(speakers.map((speaker, i) => readState(speaker, answers[i] as StateReply)))
      return new Map(speakers.map((speaker, i) => [speaker, states[i] as SpeakerState]))
    },
    async report(speaker, status) {
      await prompt.run((redis) =>
        replies(
          redis
            .multi()
            .sadd(keys.speakers(), speaker)
            .hset(keys.speaker(speaker), 'status', JSON.stringify(status))
            .exec(),
        ),
      )
    },
    async applied(fence, speaker, generation) {
      await runFenced(prompt, keys, appliedScript, fence, [keys.speaker(speaker)], [generation])
    },
    async noteAdded(speaker, added) {
      await prompt.run((redis) => redis.hset(keys.speaker(speaker), 'added', JSON.stringify(added)))
    },
    async noteShut(speaker, shut) {
      await prompt.run((redis) => redis.hset(keys.speaker(speaker), 'shut', JSON.stringify(shut)))
    },
    async trouble(speaker, words) {
      const key = keys.speaker(speaker)
      await prompt.run((redis) =>
        words === undefined ? redis.hdel(key, 'trouble') : redis.hset(key, 'trouble', words),
      )
    },
    async forsake(speaker) {
      await prompt.run((redis) => redis.hset(keys.speaker(speaker), 'forsaken', '1'))
    },
    async forget(fence, speaker) {
      await runFenced(bulk, keys, forgetScript, fence, [keys.speakers(), ...keys.ofSpeaker(speaker)], [speaker])
    },
    async reapply(speaker) {
      await prompt.run((redis) => runScript(redis, reapplyScript, [keys.speaker(speaker)], []))
    },
  }
}

/** Reads states, and parses and fetches again only what changed since it did so last. */
function createStateReader(prompt: Link, keys: Keys): (speaker: SpeakerId, reply: StateReply) => Promise<SpeakerState> {
  const configurations = new Map<SpeakerId, { readonly version: string; readonly configured: DesiredSpeaker }>()
  const statuses = new Map<SpeakerId, { readonly text: string; readonly status: SpeakerStatus }>()

  const readStatus = (speaker: SpeakerId, text: string | null): SpeakerStatus | undefined => {
    if (text === null) return undefined
    const known = statuses.get(speaker)
    if (known?.text === text) return known.status
    const status = JSON.parse(text) as SpeakerStatus
    statuses.set(speaker, { text, status })
    return status
  }

  const readConfigured = async (speaker: SpeakerId, version: string | null): Promise<DesiredSpeaker | undefined> => {
    if (version === null) return undefined
    const known = configurations.get(speaker)
    if (known?.version === version) return known.configured
    const [text, at] = await prompt.run((redis) =>
      redis.hmget(keys.speaker(speaker), 'configured', 'configuredVersion'),
    )
    if (text == null || at == null) return undefined
    const configured = JSON.parse(text) as DesiredSpeaker
    configurations.set(speaker, { version: at, configured })
    return configured
  }

  return async (speaker, reply) => {
    const [decided, applied, status, version, policed, trouble, added, shut, forsaken] = reply
    return {
      decided: Number(decided ?? 0),
      applied: Number(applied ?? 0),
      status: readStatus(speaker, status ?? null),
      configured: await readConfigured(speaker, version ?? null),
      policed: policed === '1',
      trouble: trouble ?? undefined,
      added: added == null ? {} : (JSON.parse(added) as Record<string, string>),
      shut: shut == null ? {} : (JSON.parse(shut) as SpeakerState['shut']),
      forsaken: forsaken === '1',
    }
  }
}
