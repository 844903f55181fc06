/** A speaker that cannot be read is an alarm, once it has lasted; its routes are nobody's business meanwhile. */
import { expect, test } from 'vitest'
import { reachConditions, unreachedAfterMs } from '../../../src/health/reach.ts'
import type { PopId, SpeakerId } from '../../../src/intent/model.ts'

const fra1 = 'fra1' as SpeakerId
const speakers = new Map([[fra1, { pop: 'fra' as PopId }]])
const lost = { reach: 'unknown', sinceMs: 1000, problem: 'connection refused' } as const

test('a speaker that cannot be read for a while is an alarm, a short restart is none', () => {
  expect(reachConditions(speakers, [[fra1, lost]], 1000 + unreachedAfterMs - 1)).toEqual([])
  expect(reachConditions(speakers, [[fra1, lost]], 1000 + unreachedAfterMs)).toMatchObject([
    { kind: 'speaker-unknown', subject: 'speaker/fra1', severity: 'critical', labels: { pop: 'fra' } },
  ])
})

test('one that answers, or has no document, is none', () => {
  const gone = 'gone' as SpeakerId
  const reports = [
    [fra1, { reach: 'up', sinceMs: 0 }],
    [gone, lost],
  ] as const
  expect(reachConditions(speakers, reports, 1e9)).toEqual([])
})
