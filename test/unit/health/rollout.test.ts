/** The gate of staged changes (G5), each rule alone: stages, what is watched, what is decided. */
import { describe, expect, test } from 'vitest'
import type { Alarm, AlarmId } from '../../../src/health/alarm.ts'
import { type Progress, type RolloutLook, decideRollout, followProgress } from '../../../src/health/rollout.ts'
import { type Sign, signsOf, unwatchedPops } from '../../../src/health/rollout-signs.ts'
import { type Effect, effectsOf, planStages } from '../../../src/health/rollout-stages.ts'
import { noPenalty } from '../../../src/health/penalty.ts'
import { type Verdict, type VerdictState, verdictKey } from '../../../src/health/verdict.ts'
import type { NeighborId, PopId } from '../../../src/intent/model.ts'
import type { FailoverPlace } from '../../../src/intent/monitoring.ts'
import type { Rollout } from '../../../src/intent/rollout.ts'
import {
  agent,
  announce,
  check,
  drain,
  epoch,
  failover,
  failoverPolicy,
  intent,
  neighbor,
  override,
  pop,
  serviceV4,
} from '../../support/builders.ts'

const pops = (...names: readonly string[]) => names as readonly PopId[]
const moment = { epoch, nowMs: 0 }

describe('stages', () => {
  const effect = (what: keyof Effect): Effect => ({ adds: 0, changes: 0, takesAway: 0, [what]: 1 })
  const effects = (parts: Readonly<Record<string, keyof Effect>>) =>
    new Map(Object.entries(parts).map(([name, what]) => [name as PopId, effect(what)]))
  const wishes = { canary: pops(), sick: new Set<PopId>(), loads: new Map<PopId, number>() }
  const many = (count: number, what: keyof Effect) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${what[0]}${String(i).padStart(3, '0')}`, what]))
  const plan = (parts: Readonly<Record<string, keyof Effect>>, more: Partial<typeof wishes> = {}) =>
    planStages(effects(parts), { ...wishes, ...more }).map((stage) => stage.join(' '))
  const move = { ams: 'takesAway', fra: 'changes', sin: 'adds', tyo: 'adds' } as const

  test.each<[string, readonly string[], readonly string[]]>([
    ['one POP is one stage', plan({ fra: 'adds' }), ['fra']],
    ['one that adds goes first, what takes away last', plan(move), ['sin', 'tyo fra', 'ams']],
    ['a sick one is no canary', plan(move, { sick: new Set(pops('sin')) }), ['tyo', 'fra sin', 'ams']],
    ['nor is a busy one', plan(move, { loads: new Map([['sin' as PopId, 9]]) }), ['tyo', 'sin fra', 'ams']],
    [
      'rather one that changes than a sick one that adds',
      plan(move, { sick: new Set(pops('sin', 'tyo')) }),
      ['fra', 'sin tyo', 'ams'],
    ],
    ['a person chooses', plan(move, { canary: pops('fra') }), ['fra', 'sin tyo', 'ams']],
    ['a person chooses two', plan(move, { canary: pops('fra', 'tyo') }), ['fra tyo', 'sin', 'ams']],
    ['a person takes away first', plan(move, { canary: pops('ams') }), ['ams', 'sin tyo fra']],
    ['only withdrawals', plan({ ams: 'takesAway', fra: 'takesAway', sin: 'takesAway' }), ['ams', 'fra sin']],
  ])('%s', (_, stages, expected) => expect(stages).toEqual(expected))

  test('of 300 POPs: one, a tenth, the rest; and the same again of those that are left', () => {
    const sizes = planStages(effects(many(300, 'adds')), wishes).map(({ length }) => length)
    expect(sizes).toEqual([1, 30, 269])
    const moved = planStages(effects({ ...many(150, 'adds'), ...many(150, 'takesAway') }), wishes)
    expect(moved.map(({ length }) => length)).toEqual([1, 30, 119, 30, 120])
  })

  test('a POP that loses one prefix and gets another takes away', () => {
    const both = new Map([
      ['fra' as PopId, { adds: 5, changes: 0, takesAway: 1 }],
      ['sin' as PopId, effect('adds')],
    ])
    expect(planStages(both, wishes)).toEqual([['sin'], ['fra']])
  })

  test('effects are those of compiling: what an overlay hides is none', () => {
    const names = ['ams', 'fra', 'lon', 'sin']
    const base = { pops: names, drains: [drain('lon')] }
    const before = intent({ ...base, prefixes: [announce(serviceV4, { at: ['ams', 'fra', 'lon'] })] })
    const after = intent({
      ...base,
      prefixes: [announce(serviceV4, { at: ['fra', 'lon', 'sin'], pops: { fra: { med: 5 } } })],
    })
    expect([...effectsOf(before, after, [serviceV4], moment)]).toEqual([
      ['fra', effect('changes')],
      ['sin', effect('adds')],
      ['ams', effect('takesAway')],
    ])
  })
})

describe('signs', () => {
  const line = neighbor('sin-isp')
  const world = (parts: Parameters<typeof intent>[0] = {}) =>
    intent({
      pops: ['ams', 'fra', pop('sin', { neighbors: [line] })],
      agents: [agent('ams', 'ams'), agent('fra', 'fra'), agent('sin', 'sin')],
      checks: [check('dns'), check('lines', { subject: 'neighbor' })],
      prefixes: [announce(serviceV4, { at: ['fra', 'sin'], failover: failoverPolicy(['dns', 'lines']) })],
      ...parts,
    })
  const change = (stage: number, before = announce(serviceV4, { at: ['ams', 'fra'] })) => ({
    before: new Map([[serviceV4, before]]),
    stages: [pops('sin'), pops('ams')],
    stage,
  })
  const verdict = (name: string, place: FailoverPlace, at: string, state: VerdictState): Verdict => ({
    check: name,
    subject: `service/${at}/${name}` as never,
    pop: at as PopId,
    place,
    state,
    sinceMs: 5,
    reason: `${name} at ${at} is ${state}`,
    penalty: noPenalty,
    holdDownMs: 0,
    evidence: { failed: [], ok: [], unknown: [], quorum: 1 },
  })
  const at = (name: string): FailoverPlace => ({ kind: 'pop', pop: name as PopId })
  const seen = (verdicts: readonly Verdict[] = [], alarms: readonly Alarm[] = []) => {
    const all = new Map(verdicts.map((one) => [verdictKey(one.check, one.place, one.prefix), one]))
    const sick = new Map([...all].filter(([, { state }]) => state === 'sick'))
    return { verdicts: { all, sick }, alarms: new Map(alarms.map((alarm) => [alarm.id, alarm])) }
  }
  const told = (signs: readonly Sign[]) => signs.map(({ key, state }) => `${key}: ${state}`).toSorted()

  test('services and lines of the POPs that are out; what nobody heard of is unknown', () => {
    const known = seen([verdict('dns', at('sin'), 'sin', 'healthy'), verdict('dns', at('fra'), 'fra', 'sick')])
    expect(told(signsOf(world(), change(1), known, moment))).toEqual([
      'dns pop sin: healthy',
      'lines neighbor sin-isp: unknown',
    ])
  })

  test('once something is taken away, those that stay are watched, and the one that leaves is not', () => {
    const known = seen(['ams', 'fra', 'sin'].map((one) => verdict('dns', at(one), one, 'healthy')))
    expect(told(signsOf(world(), change(2), known, moment))).toEqual([
      'dns pop fra: healthy',
      'dns pop sin: healthy',
      'lines neighbor sin-isp: unknown',
    ])
  })

  test('a POP that a person took out meanwhile is not watched; one that automation found sick is', () => {
    const silent = override('quiet', serviceV4, { announce: false }, { at: ['sin'] })
    expect(signsOf(world({ overrides: [silent] }), change(1), seen(), moment)).toEqual([])
    expect(signsOf(world({ drains: [drain('sin')] }), change(1), seen(), moment)).toEqual([])
    const sick = seen([verdict('dns', at('sin'), 'sin', 'sick')])
    expect(told(signsOf(world({ failovers: [failover('withdraw', 'sin')] }), change(1), sick, moment))).toContain(
      'dns pop sin: sick',
    )
  })

  test('an alert of another system says that something is wrong, and its silence says nothing', () => {
    const mapping = { id: 'PopDown' as never, match: new Map(), pop: '{pop}', severity: 'critical' as const }
    const mapped = world({
      alertMappings: [mapping],
      prefixes: [announce(serviceV4, { at: ['fra', 'sin'], failover: failoverPolicy(['PopDown']) })],
    })
    expect(signsOf(mapped, change(1), seen(), moment)).toEqual([])
    const alert = verdict('PopDown', at('sin'), 'sin', 'sick')
    expect(told(signsOf(mapped, change(1), seen([alert]), moment))).toEqual(['PopDown pop sin: sick'])
    expect(unwatchedPops(mapped, change(2), moment)).toEqual(['fra', 'sin'])
  })

  test('a session lost at a POP that is out is a sign; elsewhere, and where a person has drained it, it is none', () => {
    const alarm = (name: string, state: Alarm['state'], kind = 'session-down'): Alarm => ({
      id: `${kind}/${name}` as AlarmId,
      kind,
      subject: name,
      severity: 'critical',
      message: `${name} lost it`,
      labels: { pop: name },
      state,
      source: 'herald',
      startedAtMs: 5,
    })
    const wrong = [alarm('sin', 'firing'), alarm('fra', 'firing'), alarm('sin', 'firing', 'prefixes-lost')]
    const lost = signsOf(world(), change(1), seen([], wrong), moment).filter(({ state }) => state === 'sick')
    expect(lost.map(({ key, reason }) => [key, reason])).toEqual([['session-down/sin', 'sin lost it']])
    const drained = world({ drains: [drain('sin')] })
    expect(signsOf(drained, change(1), seen([], wrong), moment).filter(({ state }) => state === 'sick')).toEqual([])
    const over = signsOf(world(), change(1), seen([], [alarm('sin', 'resolved')]), moment)
    expect(over.filter(({ state }) => state === 'sick')).toEqual([])
  })

  test('where nobody probes, nothing would notice', () => {
    expect(unwatchedPops(world(), change(1), moment)).toEqual([])
    expect(unwatchedPops(world({ agents: [agent('fra', 'fra')] }), change(1), moment)).toEqual(['sin'])
    expect(unwatchedPops(world({ prefixes: [announce(serviceV4, { at: ['sin'] })] }), change(1), moment)).toEqual([
      'sin',
    ])
    const nowhere = world({ prefixes: [announce(serviceV4, { at: [] })] })
    expect(unwatchedPops(nowhere, change(2), moment)).toEqual([])
  })

  test('a line counts as one: its neighbor is named', () => {
    const lineVerdict = verdict('lines', { kind: 'neighbor', neighbor: 'sin-isp' as NeighborId }, 'sin', 'sick')
    expect(told(signsOf(world(), change(1), seen([lineVerdict]), moment))).toContain('lines neighbor sin-isp: sick')
  })
})

describe('the decision', () => {
  const rollout: Pick<Rollout, 'stages' | 'stage' | 'settleMs' | 'giveUpMs' | 'unwell'> = {
    stages: [pops('ams'), pops('fra', 'sin')],
    stage: 1,
    settleMs: 10_000,
    giveUpMs: 60_000,
    unwell: new Set(['dns pop sick']),
  }
  const sign = (state: VerdictState, parts: Partial<Sign> = {}): Sign => ({
    key: 'dns pop ams',
    pop: 'ams' as PopId,
    state,
    sinceMs: 0,
    reason: `dns is ${state}`,
    ...parts,
  })
  const proved: Progress = { stage: 1, sinceMs: 0, provedAtMs: 1000 }
  const look = (parts: Partial<RolloutLook> = {}): RolloutLook => ({
    progress: proved,
    signs: [sign('healthy')],
    frozen: false,
    ...parts,
  })
  const unproved = { progress: { stage: 1, sinceMs: 0 }, unproved: 'ams-1: not announced as decided yet' }

  test.each<[string, RolloutLook, number, string, RegExp]>([
    ['well, but not for long enough', look(), 10_999, 'wait', /watched for 10 s/],
    ['well for long enough', look(), 11_000, 'advance', /ams stayed well for 10 s/],
    ['well only since a moment', look({ signs: [sign('healthy', { sinceMs: 5000 })] }), 11_000, 'wait', /watched/],
    ['sick', look({ signs: [sign('sick')] }), 2000, 'rollback', /ams was well before: dns is sick/],
    ['sick before it was read back', look({ ...unproved, signs: [sign('sick')] }), 2000, 'rollback', /was well before/],
    [
      'sick, as it was before',
      look({ signs: [sign('sick', { key: 'dns pop sick' })] }),
      11_000,
      'advance',
      /nothing went wrong/,
    ],
    ['unknown', look({ signs: [sign('unknown')] }), 11_000, 'wait', /too little is known of ams/],
    [
      'unknown for too long',
      look({ signs: [sign('unknown')] }),
      60_000,
      'rollback',
      /too little .* 60 s is as long as/,
    ],
    ['not read back', look(unproved), 11_000, 'wait', /stage 1 is not read back: ams-1/],
    ['not read back for too long', look(unproved), 60_000, 'rollback', /not read back/],
    ['a freeze, though something is sick', look({ frozen: true, signs: [sign('sick')] }), 11_000, 'wait', /freeze/],
    ['a freeze for longer than it may take', look({ frozen: true, ...unproved }), 600_000, 'wait', /freeze/],
    ['nothing watches', look({ signs: [] }), 11_000, 'advance', /nothing went wrong for 10 s/],
    ['refused by review', look({ refused: 'below its floor' }), 11_000, 'wait', /refused: below its floor/],
    ['refused for too long', look({ refused: 'below its floor' }), 60_000, 'rollback', /refused: below its floor/],
  ])('%s', (_, seen, nowMs, kind, reason) => {
    const step = decideRollout(rollout, seen, nowMs)
    expect([step.kind, step.reason]).toEqual([kind, expect.stringMatching(reason)])
  })

  test('the next stage is named; after the last it is done', () => {
    expect(decideRollout(rollout, look(), 11_000)).toMatchObject({ kind: 'advance', pops: ['fra', 'sin'] })
    const last = { ...rollout, stage: 2 }
    expect(decideRollout(last, look(), 11_000)).toMatchObject({
      kind: 'done',
      reason: expect.stringMatching(/all 2 stages/),
    })
  })

  test('a wait says when time alone ends it, and that is never after it is given up', () => {
    expect(decideRollout(rollout, look(), 2000)).toMatchObject({ kind: 'wait', untilMs: 11_000 })
    expect(decideRollout({ ...rollout, settleMs: 90_000 }, look(), 2000)).toMatchObject({
      kind: 'wait',
      untilMs: 60_000,
    })
  })

  test('without the freeze guard it moves under a freeze', () => {
    const guards = { rollout: true, freeze: false }
    expect(decideRollout(rollout, look({ frozen: true }), 11_000, guards).kind).toBe('advance')
  })

  describe('progress', () => {
    const standing = { frozen: false }
    test('a stage is read back from the first look that finds it so, and anew after every break', () => {
      const first = followProgress(undefined, { stage: 1 }, standing, 1000)
      expect(first).toEqual({ stage: 1, sinceMs: 1000, provedAtMs: 1000 })
      expect(followProgress(first, { stage: 1 }, standing, 2000)).toEqual(first)
      const lost = followProgress(first, { stage: 1 }, { ...standing, unproved: 'gone' }, 3000)
      expect(lost).toEqual({ stage: 1, sinceMs: 1000 })
      expect(followProgress(lost, { stage: 1 }, standing, 4000)).toEqual({ stage: 1, sinceMs: 1000, provedAtMs: 4000 })
    })
    test('another stage begins anew, and so does one that a new leader finds', () => {
      const first = followProgress(undefined, { stage: 1 }, standing, 1000)
      expect(followProgress(first, { stage: 2 }, standing, 5000)).toEqual({ stage: 2, sinceMs: 5000, provedAtMs: 5000 })
    })
    test('a freeze takes none of its time', () => {
      const first = followProgress(undefined, { stage: 1 }, standing, 1000)
      const frozen = followProgress(first, { stage: 1 }, { frozen: true }, 900_000)
      expect(followProgress(frozen, { stage: 1 }, standing, 900_500).sinceMs).toBe(900_000)
    })
  })
})
