/** `--staged` as it is typed, and staged changes as people read them. */
import { describe, expect, test } from 'vitest'
import type { RolloutView, StagedView } from '../../../src/api/wire/rollout.ts'
import { rolloutText, rolloutsText, stagedText } from '../../../src/commands/rollout-text.ts'
import { stagedFrom } from '../../../src/commands/stage-options.ts'
import type { Terminal } from '../../../src/commands/terminal.ts'

const plain = { colors: false } as Terminal

describe('options', () => {
  test.each([
    ['nothing', {}, {}],
    ['staged alone', { staged: true }, { staged: {} }],
    [
      'all of them',
      { staged: true, canary: ['fra', 'sin'], settle: 60, giveUp: 900, ungated: true },
      { staged: { canary: ['fra', 'sin'], settleSeconds: 60, giveUpSeconds: 900, ungated: true } },
    ],
  ])('%s', (_, options, body) => expect(stagedFrom(options)).toEqual(body))

  test.each([
    ['--canary', { canary: ['fra'] }],
    ['--settle', { settle: 60 }],
    ['--give-up', { giveUp: 60 }],
    ['--ungated', { ungated: true }],
  ])('%s without --staged would be lost, so it is refused', (name, options) =>
    expect(() => stagedFrom(options)).toThrow(`${name} is for a change that goes out in stages: say --staged as well`),
  )
})

const staged: StagedView = {
  rollout: 'rollout-1',
  stages: [
    { pops: ['fra'], adds: 1, changes: 0, takesAway: 0 },
    { pops: Array.from({ length: 10 }, (_, i) => `p${i}`), adds: 9, changes: 1, takesAway: 0 },
    { pops: ['ams'], adds: 0, changes: 0, takesAway: 1 },
  ],
  settleSeconds: 30,
  giveUpSeconds: 600,
  ungated: true,
  unwatched: ['p9'],
}

test('before it is committed: each stage with what it does, and where nobody watches', () => {
  const lines = stagedText(plain, staged).split('\n')
  expect(lines.map((line) => line.replaceAll(/ {2,}/g, ' | '))).toEqual([
    'Staged as rollout-1: 3 stages, each watched for 30s, rolled back where anything breaks or after 10m.',
    'STAGE | POPS | ANNOUNCEMENTS',
    '1 | fra | 1 announced',
    '2 | p0, p1, p2, p3, p4, p5, p6, p7 and 2 more | 9 announced, 1 changed',
    '3 | ams | 1 withdrawn',
    'warning no check watches p9: only lost sessions are noticed there',
  ])
})

const running: RolloutView = {
  id: 'rollout-1',
  state: 'running',
  prefixes: ['203.0.113.0/24'],
  author: 'alice',
  reason: 'growth',
  stages: [
    { pops: ['fra'], out: true },
    { pops: ['sin'], out: false },
  ],
  stage: 1,
  settleSeconds: 30,
  giveUpSeconds: 600,
  ungated: false,
  startedAt: '2026-11-27T01:00:00.000Z',
  stageAt: '2026-11-27T01:00:00.000Z',
  waitsFor: 'stage 1 is watched for 30 s',
}

test('while it runs: what it waits for; when it ended: who and why', () => {
  expect(rolloutText(plain, running)).toMatch(
    /^rollout-1: running, of alice since .*\(growth\)\n203.*\n[\s\S]*watched for 30 s$/,
  )
  const back = { revision: 9, at: '2026-11-27T01:01:00.000Z', author: 'herald:rollout', reason: 'fra was well before' }
  const ended: RolloutView = { ...running, state: 'rolled-back', ended: back }
  expect(rolloutsText(plain, [running, ended])).toMatch(
    /rollout-1 +running +1 of 2 .* stage 1 is watched for 30 s\nrollout-1 +rolled-back +1 of 2 .* revision 9 by herald:rollout: fra was well before$/,
  )
  expect(rolloutText(plain, ended)).toMatch(/\n1 +was out, back +fra\n2 +sin\n/)
  expect(rolloutsText(plain, [])).toBe('No change goes out in stages, and none did lately.')
})
