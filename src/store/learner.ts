/**
 * The path learner's memory and log: what it knows of each place, as plain data; every event with what was decided on it,
 * so that its decisions can be worked out again; the decisions alone, newest first, to be looked at; and digests of its
 * batches for the nightly replay.
 */
import type { Change } from '../learning/budget.ts'
import { type Digest, digestsKept } from '../learning/digest.ts'
import type { LogEntry } from '../learning/log.ts'
import { type Place, readPlace } from '../learning/place.ts'
import { defineFencedScript, runFenced } from './fence.ts'
import type { Keys } from './keys.ts'
import type { Learner, LearnerWord, LoggedEntry } from './learning.ts'
import type { Links } from './link.ts'
import { readWholeHash } from './whole-hash.ts'

/** About 60 MB. */
const entriesKept = 100_000
const decisionsKept = 1000
const wordsKept = 1000

/** KEYS lease, places, changes, log, decisions, digests. ARGV token, place, its memory, changes, entry, decided, digest, kept: entries, decisions, digests. */
const saveScript = defineFencedScript(`
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('SET', KEYS[3], ARGV[4])
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[8], '*', 'entry', ARGV[5])
if ARGV[6] == '1' then
  redis.call('LPUSH', KEYS[5], ARGV[5])
  redis.call('LTRIM', KEYS[5], 0, ARGV[9] - 1)
end
if ARGV[7] ~= '' then
  redis.call('RPUSH', KEYS[6], ARGV[7])
  redis.call('LTRIM', KEYS[6], -ARGV[10], -1)
end
return 'ok'
`)

/** KEYS lease, places, digests of each. ARGV token, places. */
const forgetScript = defineFencedScript(`
for i = 2, #ARGV do
  redis.call('HDEL', KEYS[2], ARGV[i])
  redis.call('DEL', KEYS[i + 1])
end
return 'ok'
`)

/** KEYS lease, words. ARGV token, count. */
const heardScript = defineFencedScript(`redis.call('LTRIM', KEYS[2], ARGV[2], -1) return 'ok'`)

export function createLearner({ prompt, bulk }: Links, keys: Keys): Learner {
  return {
    async memory() {
      const [{ fields, values }, changes] = await Promise.all([
        readWholeHash(bulk, keys.learnerPlaces()),
        prompt.run((redis) => redis.get(keys.learnerChanges())),
      ])
      return {
        places: Object.fromEntries(fields.map((key, i) => [key, readPlace(JSON.parse(values[i] ?? '') as Place)])),
        changes: changes === null ? [] : (JSON.parse(changes) as readonly Change[]),
      }
    },
    async save(fence, { key, place, changes, entry, digest }) {
      const touched = [
        keys.learnerPlaces(),
        keys.learnerChanges(),
        keys.learnerLog(),
        keys.learnerDecisions(),
        keys.learnerDigests(key),
      ]
      const decided = entry.decision !== undefined || entry.verdict !== undefined
      const args = [
        key,
        JSON.stringify(place),
        JSON.stringify(changes),
        JSON.stringify(entry),
        decided ? '1' : '0',
        digest === undefined ? '' : JSON.stringify(digest),
        entriesKept,
        decisionsKept,
        digestsKept,
      ]
      await runFenced(prompt, keys, saveScript, fence, touched, args)
    },
    async forget(fence, places) {
      const touched = [keys.learnerPlaces(), ...places.map((key) => keys.learnerDigests(key))]
      await runFenced(prompt, keys, forgetScript, fence, touched, places)
    },
    async decisions(limit) {
      const texts = await prompt.run((redis) => redis.lrange(keys.learnerDecisions(), 0, limit - 1))
      return texts.map((text) => JSON.parse(text) as LogEntry)
    },
    async log({ after, limit }) {
      const from = after === undefined ? '-' : `(${after}`
      const entries = await bulk.run((redis) => redis.xrange(keys.learnerLog(), from, '+', 'COUNT', limit))
      return entries.map(([id, [, text]]): LoggedEntry => ({ id, entry: JSON.parse(text ?? '') as LogEntry }))
    },
    async digests(key) {
      const texts = await bulk.run((redis) => redis.lrange(keys.learnerDigests(key), 0, -1))
      return texts.map((text) => JSON.parse(text) as Digest)
    },
    async say(word) {
      await prompt.run(async (redis) => {
        await redis.rpush(keys.learnerWords(), JSON.stringify(word))
        await redis.ltrim(keys.learnerWords(), -wordsKept, -1)
      })
    },
    async words() {
      const texts = await prompt.run((redis) => redis.lrange(keys.learnerWords(), 0, -1))
      return texts.map((text) => JSON.parse(text) as LearnerWord)
    },
    async heard(fence, count) {
      await runFenced(prompt, keys, heardScript, fence, [keys.learnerWords()], [count])
    },
  }
}
