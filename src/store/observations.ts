/**
 * Observations: what speakers' RIBs were last read to hold, and what speakers refused. Only differences are written;
 * each leaves a dirty mark (`speaker prefix`) in the same Lua call, and the planner takes the marks.
 *
 * A route is stored as `["ours",0,<attributes>]`: equal routes of a table are equal texts, built and read without a
 * JSON parser (a whole table is compared every 30 s).
 */
import type { AttributesKey } from '../bgp/path.ts'
import type { Prefix } from '../bgp/prefix.ts'
import type { SpeakerId } from '../intent/model.ts'
import type { ObservedRoute, Offer } from '../plan/observed.ts'
import { chunks } from './chunks.ts'
import { defineFencedScript, runFenced } from './fence.ts'
import type { Keys } from './keys.ts'
import type { Link, Links } from './link.ts'
import { defineScript, runScript } from './script.ts'
import type { Observations } from './store.ts'
import { type WholeHash, readWholeHash } from './whole-hash.ts'

const slice = 2000
const promptLimit = 500

/** KEYS hash, dirty. ARGV speaker, then prefix and text of each ('' = absent). Answers the prefixes that changed. */
const recordScript = defineScript(`
local changed, set, gone, marks = {}, {}, {}, {}
for from = 2, #ARGV, 1000 do
  local to = math.min(from + 999, #ARGV)
  local prefixes = {}
  for i = from, to, 2 do prefixes[#prefixes + 1] = ARGV[i] end
  local stored = redis.call('HMGET', KEYS[1], unpack(prefixes))
  for at, prefix in ipairs(prefixes) do
    local text = ARGV[from + 2 * at - 1]
    local before = stored[at] or ''
    if text ~= before then
      changed[#changed + 1] = prefix
      marks[#marks + 1] = ARGV[1] .. ' ' .. prefix
      if text == '' then
        gone[#gone + 1] = prefix
      else
        set[#set + 1] = prefix
        set[#set + 1] = text
      end
    end
  end
end
for from = 1, #set, 1000 do redis.call('HSET', KEYS[1], unpack(set, from, math.min(from + 999, #set))) end
for from = 1, #gone, 1000 do redis.call('HDEL', KEYS[1], unpack(gone, from, math.min(from + 999, #gone))) end
for from = 1, #marks, 1000 do redis.call('SADD', KEYS[2], unpack(marks, from, math.min(from + 999, #marks))) end
return changed
`)

/** KEYS lease, dirty. ARGV token, limit. */
const takeScript = defineFencedScript(`return redis.call('SPOP', KEYS[2], ARGV[2])`)

export function createObservations(links: Links, keys: Keys): Observations {
  const sized = (count: number): Link => (count > promptLimit ? links.bulk : links.prompt)

  const record = async (
    hash: string,
    speaker: SpeakerId,
    entries: readonly (readonly [Prefix, string])[],
  ): Promise<Prefix[]> => {
    const changed: Prefix[] = []
    for (const part of chunks(entries, slice)) {
      const args = [speaker, ...part.flat()]
      const answer = await sized(entries.length).run((redis) =>
        runScript(redis, recordScript, [hash, keys.dirty()], args),
      )
      for (const prefix of answer as Prefix[]) changed.push(prefix)
    }
    return changed
  }

  const wordsOf = async (hash: string): Promise<ReadonlyMap<Prefix, string>> =>
    new Map(Object.entries(await links.prompt.run((redis) => redis.hgetall(hash))) as [Prefix, string][])

  return {
    async all(speaker) {
      const { fields, values } = await readWholeHash(links.bulk, keys.observed(speaker))
      const decode = routeDecoder()
      return new Map(fields.map((prefix, i) => [prefix as Prefix, decode(values[i] ?? '')]))
    },
    async of(speaker, prefixes) {
      const found = new Map<Prefix, ObservedRoute>()
      const decode = routeDecoder()
      for (const part of chunks(prefixes, slice)) {
        const texts = await sized(prefixes.length).run((redis) => redis.hmget(keys.observed(speaker), ...part))
        for (const [i, text] of texts.entries()) if (text !== null) found.set(part[i] as Prefix, decode(text))
      }
      return found
    },
    record(speaker, seen) {
      const entries = [...seen].map(
        ([prefix, route]) => [prefix, route === undefined ? '' : encodeRoute(route)] as const,
      )
      return record(keys.observed(speaker), speaker, entries)
    },
    async recordAll(speaker, seen) {
      const stored = await readWholeHash(links.bulk, keys.observed(speaker))
      return record(keys.observed(speaker), speaker, differences(stored, seen))
    },
    async takeDirty(fence, limit) {
      const marks = await runFenced(links.prompt, keys, takeScript, fence, [keys.dirty()], [limit])
      return (marks as string[]).map((mark) => {
        const space = mark.lastIndexOf(' ')
        return { speaker: mark.slice(0, space) as SpeakerId, prefix: mark.slice(space + 1) as Prefix }
      })
    },
    async refuse(speaker, refused) {
      const entries = [...refused].map(([prefix, words]) => [prefix, words ?? ''] as const)
      await record(keys.refused(speaker), speaker, entries)
    },
    refused: (speaker) => wordsOf(keys.refused(speaker)),
    async unprove(speaker, words) {
      const entries = [...words].map(([prefix, its]) => [prefix, its ?? ''] as const)
      await record(keys.unproved(speaker), speaker, entries)
    },
    unproved: (speaker) => wordsOf(keys.unproved(speaker)),
    offer(speaker, offers) {
      const entries = [...offers].map(([prefix, its]) => [prefix, its.length === 0 ? '' : JSON.stringify(its)] as const)
      return record(keys.offers(speaker), speaker, entries)
    },
    offers: async (speaker) => decodeOffers(await wordsOf(keys.offers(speaker))),
  }
}

/** What must be written so that the table is what was seen; '' stands for a route that is gone. */
function differences(
  { fields, values }: WholeHash,
  seen: ReadonlyMap<Prefix, ObservedRoute>,
): readonly (readonly [Prefix, string])[] {
  const entries: (readonly [Prefix, string])[] = []
  let known = 0
  for (const [i, prefix] of (fields as readonly Prefix[]).entries()) {
    const route = seen.get(prefix)
    const text = route === undefined ? '' : encodeRoute(route)
    if (route !== undefined) known++
    if (text !== values[i]) entries.push([prefix, text])
  }
  if (known === seen.size) return entries
  const stored = new Set(fields)
  for (const [prefix, route] of seen) if (!stored.has(prefix)) entries.push([prefix, encodeRoute(route)])
  return entries
}

function decodeOffers(texts: ReadonlyMap<Prefix, string>): ReadonlyMap<Prefix, readonly Offer[]> {
  return new Map(Array.from(texts, ([prefix, text]) => [prefix, JSON.parse(text) as readonly Offer[]]))
}

function encodeRoute({ owner, identifier, attributes }: ObservedRoute): string {
  return `["${owner}",${identifier},${attributes}]`
}

function routeDecoder(): (text: string) => ObservedRoute {
  const known = new Map<string, ObservedRoute>()
  return (text) => {
    let route = known.get(text)
    if (route === undefined) {
      const first = text.indexOf(',')
      const second = text.indexOf(',', first + 1)
      route = {
        owner: text.slice(2, first - 1) as ObservedRoute['owner'],
        identifier: Number(text.slice(first + 1, second)),
        attributes: text.slice(second + 1, -1) as AttributesKey,
      }
      known.set(text, route)
    }
    return route
  }
}
