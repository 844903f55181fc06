/** Explanations: data and sentences agree with what the plan does. */
import { expect, test } from 'vitest'
import type { PopId, SpeakerId } from '../../../src/intent/model.ts'
import { explainPrefix } from '../../../src/plan/explain.ts'
import { guardNames } from '../../../src/plan/guards.ts'
import { guardReasons, heldReasons } from '../../../src/plan/reason.ts'
import { announce, drain, intent, neighbor, override, pop, serviceV4 } from '../../support/builders.ts'
import { PretendHerald } from '../../support/pretend-herald.ts'

const neighbors = [neighbor('fra-isp', { attributes: { prepend: 1 } })]
const layered = intent({
  pops: ['ams', pop('fra', { neighbors }), 'sin'],
  prefixes: [
    announce(serviceV4, {
      attributes: { med: 10 },
      pops: { fra: { med: 20 } },
      neighbors: { 'fra-isp': { announce: false } },
    }),
  ],
  overrides: [override('busy', serviceV4, { med: 99 }, { at: ['fra'], expiresAtMs: 500 })],
  drains: [drain('fra', { graceSeconds: 60, startedAtMs: 1_000_000 })],
})

test('intent is told layer by layer, lowest first, with what is not in force', () => {
  const herald = new PretendHerald(layered)
  const { sites } = explainPrefix(herald.input, serviceV4, 'fra' as PopId)
  expect(sites).toHaveLength(1)
  expect(sites[0]!.layers).toEqual([
    { layer: 'Neighbor/fra-isp', says: 'prepend 1', inForce: true },
    { layer: 'Prefix/203.0.113.0/24', says: 'MED 10', inForce: true },
    { layer: 'Prefix/203.0.113.0/24 at fra', says: 'MED 20', inForce: true },
    { layer: 'Prefix/203.0.113.0/24 toward fra-isp', says: 'do not announce', inForce: true },
    { layer: 'Override/busy', says: 'MED 99 (expires 1970-01-01T00:00:00.500Z)', inForce: false },
    {
      layer: 'Drain/fra-drain',
      says: 'marked GRACEFUL_SHUTDOWN until 1970-01-01T00:17:40.000Z, then not announced',
      inForce: true,
    },
  ])
  expect(sites[0]!.desired).toMatchObject({ med: 20, communities: ['65535:0'] })
  expect(sites[0]!.actions).toMatchObject([{ kind: 'announce', speaker: 'fra-1' }])
})

test('what is held is told with what releases it', () => {
  const herald = new PretendHerald(layered)
  herald.fleet.lose('sin-1' as SpeakerId)
  herald.rest()
  const explanation = explainPrefix(herald.input, serviceV4, 'sin' as PopId)
  expect(explanation.sites[0]).toMatchObject({ reach: 'unknown', held: [{ reason: 'speaker-unknown' }] })
  expect(explanation.sentences).toContain(`  Released: ${heldReasons['speaker-unknown'].release}`)
})

test('a prefix nobody asked for and nobody announces is told in two sentences', () => {
  const explanation = explainPrefix(new PretendHerald(intent({ pops: ['fra'] })).input, serviceV4)
  expect(explanation).toMatchObject({ settled: 'converged', intended: [], floor: 0, sites: [] })
  expect(explanation.sentences.slice(0, 2)).toEqual([
    'No Prefix document names 203.0.113.0/24.',
    'No speaker has a decision or a route of 203.0.113.0/24.',
  ])
  expect(explanation.sentences.at(-1)).toBe('Nothing is decided, and nothing is to be done.')
})

test('a POP that is not named is explained as well', () => {
  const herald = new PretendHerald(intent({ pops: ['fra', 'sin'], prefixes: [announce(serviceV4, { at: ['fra'] })] }))
  const { sites } = explainPrefix(herald.input, serviceV4, 'sin' as PopId)
  expect(sites).toMatchObject([{ speaker: 'sin-1', because: 'intent does not name sin', applied: false }])
})

test('every guard and every held reason has its sentence', () => {
  expect(guardNames.length).toBeGreaterThan(0)
  for (const { sentence, release } of Object.values(heldReasons))
    expect([sentence.at(-1), release.at(-1)]).toEqual(['.', '.'])
  for (const { rule, incident } of Object.values(guardReasons))
    expect([rule.at(-1), incident.at(-1)]).toEqual(['.', '.'])
})
