/**
 * The one Lua call that commits a revision: compare, documents, record, proof, head, event; all or nothing. Also the
 * one that names a new store. HSET goes in slices: Lua unpacks a few thousand values at most.
 */
import { defineScript } from './script.ts'

/**
 * KEYS head, documents, origins, revisions, proof, events.
 * ARGV expected revision, record, event, accepted ms, ms to keep the proof, events to keep, number of documents set, number of
 * those that are new, then key and spec of each that is set, key and the new revision of each that is new, keys to delete.
 * Answers {'committed'} or {'stale', revision} or {'empty'}.
 */
export const commitScript = defineScript(`
local head, documents, origins, revisions, proof, events = unpack(KEYS)
local at = redis.call('HGET', head, 'revision')
if not at then return {'empty'} end
if at ~= ARGV[1] then return {'stale', at} end
local revision = string.format('%.0f', tonumber(at) + 1)
local function each(command, key, from, last)
  for at = from, last, 1000 do
    redis.call(command, key, unpack(ARGV, at, math.min(at + 999, last)))
  end
end
local sets = 8 + 2 * tonumber(ARGV[7])
local made = sets + 2 * tonumber(ARGV[8])
each('HSET', documents, 9, sets)
each('HSET', origins, sets + 1, made)
each('HDEL', documents, made + 1, #ARGV)
each('HDEL', origins, made + 1, #ARGV)
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
