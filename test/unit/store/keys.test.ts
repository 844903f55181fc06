import { expect, test } from 'vitest'
import type { SpeakerId } from '../../../src/intent/model.ts'
import { createKeys } from '../../../src/store/keys.ts'

test('every key carries the one hash tag, whatever a speaker or a client calls itself', () => {
  const odd = '{x}:y' as SpeakerId
  const keys = createKeys('other')
  const all = [
    ...[keys.head(), keys.documents(), keys.revisions(), keys.events(), keys.speakers(), keys.dirty(), keys.bull()],
    ...[keys.targets(odd), keys.pending(odd), keys.speaker(odd), keys.observed(odd), keys.refused(odd)],
    ...[keys.proof(7), keys.lease(`watch:${odd}`), keys.idempotency('{a}')],
  ]
  for (const key of all) expect(key).toMatch(/^\{other\}:/)
  expect(new Set(all).size).toBe(all.length)
  expect(createKeys().head()).toBe('{herald}:head')
  expect(() => createKeys('a}b')).toThrow('key tag')
})
