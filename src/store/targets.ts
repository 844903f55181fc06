/**
 * Targets: the standing decisions, per speaker, each under the generation that last decided it. The pending set keeps
 * every standing prefix by that generation: what lies above the applied one is still to be done, and a daemon that lost
 * everything has all of it to be done again (speakers.reapply).
 *
 * A large decision goes in slices, each atomic and under a generation of its own, so that a worker that reads between
 * two slices misses nothing. The generation answered is the last one.
 */
import type { Prefix } from '../bgp/prefix.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { Target } from '../plan/observed.ts'
import { chunks } from './chunks.ts'
import { defineFencedScript, runFenced } from './fence.ts'
import type { Keys } from './keys.ts'
import type { Link, Links } from './link.ts'
import { defineScript, runScript } from './script.ts'
import type { Fence, StoredTarget, Targets } from './store.ts'
import { readWholeHash } from './whole-hash.ts'

/** Decisions in one Lua call: 2,000 take Redis about 5 ms. */
const slice = 2000
/** Above this many prefixes a call counts as bulk. */
const promptLimit = 500

/**
 * KEYS lease, targets, pending, speaker, speakers. ARGV token, speaker, number set, then prefix and target (JSON
 * without its opening brace) of each, then prefixes to forget. Forgetting alone sends nothing: same generation.
 */
const decideScript = defineFencedScript(`
local targets, pending, speaker = KEYS[2], KEYS[3], KEYS[4]
redis.call('SADD', KEYS[5], ARGV[2])
local last = 3 + 2 * tonumber(ARGV[3])
local generation
if last > 3 then
  generation = string.format('%.0f', redis.call('HINCRBY', speaker, 'decided', 1))
else
  generation = redis.call('HGET', speaker, 'decided') or '0'
end
local start = '{"generation":' .. generation .. ','
for from = 4, last, 1000 do
  local set, scored = {}, {}
  for i = from, math.min(from + 999, last), 2 do
    set[#set + 1] = ARGV[i]
    set[#set + 1] = start .. ARGV[i + 1]
    scored[#scored + 1] = generation
    scored[#scored + 1] = ARGV[i]
  end
  redis.call('HSET', targets, unpack(set))
  redis.call('ZADD', pending, unpack(scored))
end
for from = last + 1, #ARGV, 1000 do
  local to = math.min(from + 999, #ARGV)
  redis.call('HDEL', targets, unpack(ARGV, from, to))
  redis.call('ZREM', pending, unpack(ARGV, from, to))
end
return generation
`)

/** KEYS targets, pending, speaker. ARGV limit. {decided, applied, prefixes, targets}, or without the last two if more. */
const pendingScript = defineScript(`
local state = redis.call('HMGET', KEYS[3], 'decided', 'applied')
local decided, applied = state[1] or '0', state[2] or '0'
local above = '(' .. applied
local count = redis.call('ZCOUNT', KEYS[2], above, '+inf')
if count > tonumber(ARGV[1]) then return {decided, applied} end
if count == 0 then return {decided, applied, {}, {}} end
local prefixes = redis.call('ZRANGEBYSCORE', KEYS[2], above, '+inf')
return {decided, applied, prefixes, redis.call('HMGET', KEYS[1], unpack(prefixes))}
`)

type Changes = { readonly set: ReadonlyMap<Prefix, Target>; readonly forget: readonly Prefix[] }

export function createTargets(links: Links, keys: Keys): Targets {
  const sized = (count: number): Link => (count > promptLimit ? links.bulk : links.prompt)

  const decideOne = async (fence: Fence, speaker: SpeakerId, { set, forget }: Changes): Promise<number> => {
    const link = sized(set.size + forget.length)
    const touched = [keys.targets(speaker), keys.pending(speaker), keys.speaker(speaker), keys.speakers()]
    const decide = async (args: readonly string[], setCount: number) =>
      Number(await runFenced(link, keys, decideScript, fence, touched, [speaker, setCount, ...args]))
    let generation: number | undefined
    for (const part of chunks([...set], slice))
      generation = await decide(
        part.flatMap(([prefix, target]) => [prefix, encodeTarget(target)]),
        part.length,
      )
    for (const part of chunks(forget, slice)) generation = await decide(part, 0)
    return generation ?? decide([], 0)
  }

  const read = async (speaker: SpeakerId, prefixes: readonly Prefix[]): Promise<StoredTarget[]> => {
    const found: StoredTarget[] = []
    const decode = targetDecoder()
    for (const part of chunks(prefixes, slice)) {
      const texts = await sized(prefixes.length).run((redis) => redis.hmget(keys.targets(speaker), ...part))
      for (const [i, text] of texts.entries()) if (text !== null) found.push(decode(part[i] as Prefix, text))
    }
    return found
  }

  return {
    async decide(fence, changes) {
      const generations = new Map<SpeakerId, number>()
      for (const part of chunks([...changes], 50))
        await Promise.all(
          part.map(async ([speaker, change]) => generations.set(speaker, await decideOne(fence, speaker, change))),
        )
      return generations
    },
    async all(speaker) {
      const { fields, values } = await readWholeHash(links.bulk, keys.targets(speaker))
      const decode = targetDecoder()
      return fields.map((prefix, i) => decode(prefix as Prefix, values[i] ?? ''))
    },
    of: read,
    async pending(speaker) {
      const touched = [keys.targets(speaker), keys.pending(speaker), keys.speaker(speaker)]
      const [decidedText, appliedText, few, texts] = (await links.prompt.run((redis) =>
        runScript(redis, pendingScript, touched, [promptLimit]),
      )) as [string, string, Prefix[]?, (string | null)[]?]
      const decided = Number(decidedText)
      const applied = Number(appliedText)
      const decode = targetDecoder()
      if (few !== undefined && texts !== undefined) {
        const targets = few.flatMap((prefix, i) => (texts[i] == null ? [] : [decode(prefix, texts[i])]))
        return { decided, applied, targets }
      }
      // What is decided again from here on lies above `decided` and is met at the next look.
      const prefixes = await links.bulk.run((redis) =>
        redis.zrangebyscore(keys.pending(speaker), `(${applied}`, decided),
      )
      const targets = await read(speaker, prefixes as Prefix[])
      return { decided, applied, targets: targets.sort((a, b) => a.generation - b.generation) }
    },
  }
}

function encodeTarget(target: Target): string {
  return JSON.stringify(target).slice(1)
}

/** `{"generation":7,"kind":…}`. Most targets of a table are equal but for prefix and generation: parsed once. */
function targetDecoder(): (prefix: Prefix, text: string) => StoredTarget {
  const known = new Map<string, Target>()
  const start = '{"generation":'.length
  return (prefix, text) => {
    const comma = text.indexOf(',')
    const rest = text.slice(comma + 1)
    let target = known.get(rest)
    if (target === undefined) {
      target = JSON.parse(`{${rest}`) as Target
      known.set(rest, target)
    }
    return { prefix, target, generation: Number(text.slice(start, comma)) }
  }
}
