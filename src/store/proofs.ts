/**
 * Proofs: the time line of a revision, kept for a week. A revision that reached `done` or `superseded` stays there.
 */
import type { CatchmentMove } from '../health/catchment-move.ts'
import type { RouterMove } from '../health/router-move.ts'
import type { SpeakerId } from '../intent/model.ts'
import { eventsKept } from './events.ts'
import { defineFencedScript, runFenced } from './fence.ts'
import type { Keys } from './keys.ts'
import { type Links, replies } from './link.ts'
import { proofKeptMs } from './revisions.ts'
import { defineScript, runScript } from './script.ts'
import type { Detection, ProofState, Proofs, SpeakerProof } from './proof.ts'
import type { HeraldEvent } from './store.ts'

const speakerField = 'speaker:'

/**
 * KEYS lease, proof, events. ARGV token, state, ms, held, event, events to keep, ms to keep, superseded by or ''. An event
 * per new state.
 */
const settleScript = defineFencedScript(`
local state = redis.call('HGET', KEYS[2], 'state')
if state == 'done' or state == 'superseded' then return 'settled' end
redis.call('HSET', KEYS[2], 'state', ARGV[2], 'held', ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
if state == ARGV[2] then return 'same' end
if ARGV[2] == 'done' then redis.call('HSET', KEYS[2], 'doneAt', ARGV[3]) end
if ARGV[8] ~= '' then redis.call('HSET', KEYS[2], 'supersededBy', ARGV[8]) end
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[6], '*', 'event', ARGV[5])
return 'changed'
`)

/** KEYS proof. ARGV field of the speaker, its part as JSON, ms to keep. What heals after done is no part of it. */
const addPartScript = defineScript(`
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'done' or state == 'superseded' then return 'settled' end
local part = cjson.decode(ARGV[2])
local before = redis.call('HGET', KEYS[1], ARGV[1])
if before then
  local known = cjson.decode(before)
  part.announce = part.announce + known.announce
  part.withdraw = part.withdraw + known.withdraw
  part.pushedAtMs = part.pushedAtMs or known.pushedAtMs
  part.ribAtMs = part.ribAtMs or known.ribAtMs
end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(part))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 'ok'
`)

/** KEYS lease, proof, events. ARGV token, field, its part as JSON, event or '', events to keep, ms to keep. */
const witnessScript = defineFencedScript(`
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
if ARGV[4] ~= '' then redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[5], '*', 'event', ARGV[4]) end
return 'ok'
`)

export function createProofs(links: Links, keys: Keys): Proofs {
  const { prompt } = links
  const set = async (revision: number, field: string, value: string | number): Promise<void> => {
    const key = keys.proof(revision)
    await prompt.run((redis) => replies(redis.multi().hset(key, field, value).pexpire(key, proofKeptMs).exec()))
  }
  return {
    detected: (revision, detection) => set(revision, 'detection', JSON.stringify(detection)),
    planned: (revision, plannedAtMs) => set(revision, 'planned', plannedAtMs),
    async speaker(revision, speaker, proof) {
      const args = [`${speakerField}${speaker}`, JSON.stringify(proof), proofKeptMs]
      await prompt.run((redis) => runScript(redis, addPartScript, [keys.proof(revision)], args))
    },
    async settle(fence, revision, state, atMs, held, supersededBy) {
      const event: HeraldEvent = { type: 'proof', revision, stage: state }
      const args = [
        state,
        atMs,
        JSON.stringify(held),
        JSON.stringify(event),
        eventsKept,
        proofKeptMs,
        supersededBy ?? '',
      ]
      await runFenced(prompt, keys, settleScript, fence, [keys.proof(revision), keys.events()], args)
    },
    async witness(fence, revision, witness, move, seen) {
      const stage = witness === 'catchment' ? 'seen' : 'seen-by-routers'
      const event = seen === 'tell' ? JSON.stringify({ type: 'proof', revision, stage } satisfies HeraldEvent) : ''
      const args = [witness, JSON.stringify(move), event, eventsKept, proofKeptMs]
      await runFenced(prompt, keys, witnessScript, fence, [keys.proof(revision), keys.events()], args)
    },
    async get(revision) {
      const stored = await prompt.run((redis) => redis.hgetall(keys.proof(revision)))
      const { accepted, planned, state, doneAt, supersededBy, held, detection, catchment, routers, ...rest } = stored
      if (accepted === undefined) return undefined
      const speakers = new Map<SpeakerId, SpeakerProof>()
      for (const [field, text] of Object.entries(rest))
        if (field.startsWith(speakerField))
          speakers.set(field.slice(speakerField.length) as SpeakerId, JSON.parse(text) as SpeakerProof)
      return {
        revision,
        ...(detection !== undefined && { detection: JSON.parse(detection) as Detection }),
        acceptedAtMs: Number(accepted),
        ...(planned !== undefined && { plannedAtMs: Number(planned) }),
        state: (state ?? 'pending') as ProofState,
        ...(doneAt !== undefined && { doneAtMs: Number(doneAt) }),
        ...(supersededBy !== undefined && { supersededBy: Number(supersededBy) }),
        held: held === undefined ? [] : (JSON.parse(held) as string[]),
        speakers,
        ...(catchment !== undefined && { catchment: JSON.parse(catchment) as CatchmentMove }),
        ...(routers !== undefined && { routers: JSON.parse(routers) as RouterMove }),
      }
    },
  }
}
