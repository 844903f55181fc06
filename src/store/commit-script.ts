/**
 * The one Lua call that commits a revision: compare, documents, record, proof, head, event; all or nothing. Also the
 * one that names a new store. HSET goes in slices: Lua unpacks a few thousand values at most.
 */
import { defineScript } from './script.ts'

/**
 * KEYS head, documents, revisions, proof, events.
 * ARGV expected revision, record, event, accepted ms, ms to keep the proof, events to keep, number of documents set,
 * then key and spec of each, then keys to delete.
 * Answers {'committed'} or {'stale', revision} or {'empty'}.
 */
export const commitScript = defineScript(`
local head, documents, revisions, proof, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local at = redis.call('HGET', head, 'revision')
if not at then return {'empty'} end
if at ~= ARGV[1] then return {'stale', at} end
local revision = string.format('%.0f', tonumber(at) + 1)
local sets = tonumber(ARGV[7])
local last = 7 + 2 * sets
for from = 8, last, 1000 do
  redis.call('HSET', documents, unpack(ARGV, from, math.min(from + 999, last)))
end
for from = last + 1, #ARGV, 1000 do
  redis.call('HDEL', documents, unpack(ARGV, from, math.min(from + 999, #ARGV)))
end
redis.call('HSET', revisions, revision, ARGV[2])
redis.call('HSET', proof, 'accepted', ARGV[4], 'state', 'pending')
redis.call('PEXPIRE', proof, ARGV[5])
redis.call('HSET', head, 'revision', revision)
redis.call('XADD', events, 'MAXLEN', '~', ARGV[6], '*', 'event', ARGV[3])
return {'committed'}
`)

/** KEYS head. ARGV a fresh epoch. Answers {epoch, revision}. */
export const initialiseScript = defineScript(`
if redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1]) == 1 then
  redis.call('HSET', KEYS[1], 'revision', '0')
end
return redis.call('HMGET', KEYS[1], 'epoch', 'revision')
`)

/** KEYS head, documents. {{epoch, revision}, keys, specs} of one moment; not MULTI, see whole-hash.ts. */
export const documentsScript = defineScript(`
return {redis.call('HMGET', KEYS[1], 'epoch', 'revision'), redis.call('HKEYS', KEYS[2]), redis.call('HVALS', KEYS[2])}
`)
