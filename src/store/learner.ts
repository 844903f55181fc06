/**
 * The path learner's memory and log: what it knows, as plain data; every batch with what was decided on it, so that its
 * decisions can be worked out again; and the decisions alone, newest first, to be looked at.
 */
import { type FleetState, emptyFleet } from '../learning/fleet.ts'
import { defineFencedScript, runFenced } from './fence.ts'
import type { Keys } from './keys.ts'
import type { Links } from './link.ts'
import type { Learner, LearnerRecord } from './store.ts'

const batchesKept = 100_000
const decisionsKept = 1000

/** KEYS lease, memory, log, decisions. ARGV token, memory, record, '1' where it is a decision, batches and decisions kept. */
const saveScript = defineFencedScript(`
redis.call('SET', KEYS[2], ARGV[2])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[5], '*', 'record', ARGV[3])
if ARGV[4] == '1' then
  redis.call('LPUSH', KEYS[4], ARGV[3])
  redis.call('LTRIM', KEYS[4], 0, ARGV[6] - 1)
end
return 'ok'
`)

export function createLearner({ prompt }: Links, keys: Keys): Learner {
  return {
    async memory() {
      const text = await prompt.run((redis) => redis.get(keys.learner()))
      return text === null ? emptyFleet : (JSON.parse(text) as FleetState)
    },
    async save(fence, memory, record) {
      const touched = [keys.learner(), keys.learnerLog(), keys.learnerDecisions()]
      const decided = record.decision === undefined ? '0' : '1'
      const args = [JSON.stringify(memory), JSON.stringify(record), decided, batchesKept, decisionsKept]
      await runFenced(prompt, keys, saveScript, fence, touched, args)
    },
    async decisions(limit) {
      const texts = await prompt.run((redis) => redis.lrange(keys.learnerDecisions(), 0, limit - 1))
      return texts.map((text) => JSON.parse(text) as LearnerRecord)
    },
  }
}
