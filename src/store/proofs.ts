/**
 * Proofs: the time line of a revision, kept for a week. A revision that reached `done` or `superseded` stays there.
 */
import type { SpeakerId } from '../intent/model.ts'
import { eventsKept } from './events.ts'
import type { Keys } from './keys.ts'
import { type Links, replies } from './link.ts'
import { proofKeptMs } from './revisions.ts'
import { defineScript, runScript } from './script.ts'
import type { HeraldEvent, ProofState, Proofs, SpeakerProof } from './store.ts'

const speakerField = 'speaker:'

/** KEYS proof, events. ARGV state, ms, held, event, events to keep, ms to keep. One event per change of state. */
const settleScript = defineScript(`
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'done' or state == 'superseded' then return 'settled' end
redis.call('HSET', KEYS[1], 'state', ARGV[1], 'held', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
if state == ARGV[1] then return 'same' end
if ARGV[1] == 'done' then redis.call('HSET', KEYS[1], 'doneAt', ARGV[2]) end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', 'event', ARGV[4])
return 'changed'
`)

export function createProofs(links: Links, keys: Keys): Proofs {
  const { prompt } = links
  const set = async (revision: number, field: string, value: string | number): Promise<void> => {
    const key = keys.proof(revision)
    await prompt.run((redis) => replies(redis.multi().hset(key, field, value).pexpire(key, proofKeptMs).exec()))
  }
  return {
    planned: (revision, plannedAtMs) => set(revision, 'planned', plannedAtMs),
    speaker: (revision, speaker, proof) => set(revision, `${speakerField}${speaker}`, JSON.stringify(proof)),
    async settle(revision, state, atMs, held) {
      const event: HeraldEvent = { type: 'proof', revision, stage: state }
      const args = [state, atMs, JSON.stringify(held), JSON.stringify(event), eventsKept, proofKeptMs]
      await prompt.run((redis) => runScript(redis, settleScript, [keys.proof(revision), keys.events()], args))
    },
    async get(revision) {
      const { accepted, planned, state, doneAt, held, ...rest } = await prompt.run((redis) =>
        redis.hgetall(keys.proof(revision)),
      )
      if (accepted === undefined) return undefined
      const speakers = new Map<SpeakerId, SpeakerProof>()
      for (const [field, text] of Object.entries(rest))
        if (field.startsWith(speakerField))
          speakers.set(field.slice(speakerField.length) as SpeakerId, JSON.parse(text) as SpeakerProof)
      return {
        revision,
        acceptedAtMs: Number(accepted),
        ...(planned !== undefined && { plannedAtMs: Number(planned) }),
        state: (state ?? 'pending') as ProofState,
        ...(doneAt !== undefined && { doneAtMs: Number(doneAt) }),
        held: held === undefined ? [] : (JSON.parse(held) as string[]),
        speakers,
      }
    },
  }
}
