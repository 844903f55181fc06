import { expect, test } from 'vitest'
import type { SpeakerId } from '../../../src/intent/model.ts'
import { createKeys } from '../../../src/store/keys.ts'

test('every key carries the one hash tag, whatever a speaker or a client calls itself', () => {
  const odd = '{x}:y' as SpeakerId
  const keys = createKeys('other')
  const fixed = [
    keys.head(),
    keys.documents(),
    keys.revisions(),
    keys.events(),
    keys.speakers(),
    keys.dirty(),
    keys.bull(),
  ]
  const named = [keys.proof(7), keys.lease(`watch:${odd}`), keys.idempotency('{a}')]
  const perSpeaker = [keys.targets(odd), keys.pending(odd), keys.speaker(odd), keys.observed(odd), keys.refused(odd)]
  const all = [...fixed, ...named, ...perSpeaker]
  for (const key of all) expect(key).toMatch(/^\{other\}:/)
  expect(new Set(all).size).toBe(all.length)
  expect(createKeys().head()).toBe('{herald}:head')
  expect(() => createKeys('a}b')).toThrow('key tag')
})
