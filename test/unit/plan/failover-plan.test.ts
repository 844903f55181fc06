/** What the plan makes of automation's overlays: fast where others serve, never below the floor, and told with its alarm. */
import { expect, test } from 'vitest'
import type { Intent, SpeakerId } from '../../../src/intent/model.ts'
import type { Failover } from '../../../src/intent/monitoring.ts'
import { explainPrefix } from '../../../src/plan/explain.ts'
import { allGuards } from '../../../src/plan/guards.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { announce, drain, failover, failoverPolicy, intent, serviceV4 } from '../../support/builders.ts'
import { PretendHerald } from '../../support/pretend-herald.ts'

const backup = { except: ['syd'], failover: failoverPolicy(['dns'], { backup: ['syd' as never] }) }

function published(pops: readonly string[], parts: Parameters<typeof announce>[1] = {}): PretendHerald {
  const prefixes = [announce(serviceV4, { failover: failoverPolicy(['dns']), ...parts })]
  const herald = new PretendHerald(intent({ pops, prefixes, network: { drainSeconds: 30 } }))
  herald.rest()
  return herald
}

function lay(of: Intent, ...failovers: readonly Failover[]): Intent {
  return { ...of, revision: of.revision + 1, failovers: new Map(failovers.map((one) => [one.id, one])) }
}

const actions = (plan: Plan): string[] => plan.actions.map(({ kind, speaker }) => `${kind} ${speaker}`)
const held = (plan: Plan): string[] => plan.held.map(({ reason, speaker }) => `${reason} ${speaker}`)

test('a sick POP is withdrawn in the same look, however long planned withdrawals are drained', () => {
  const herald = published(['ams', 'fra', 'sin'])
  herald.intent = lay(herald.intent, failover('withdraw', 'fra'))
  expect(actions(herald.look())).toEqual(['withdraw fra-1'])
})

test('a backup is proved before the sick POP goes, where the others alone are too few', () => {
  const herald = published(['ams', 'fra', 'syd'], backup)
  herald.intent = lay(herald.intent, failover('withdraw', 'fra'), failover('activate', 'syd'))
  const first = herald.look()
  expect([actions(first), held(first)]).toEqual([['announce syd-1'], ['waiting-for-make fra-1']])
  herald.applyAll()
  expect(actions(herald.look())).toEqual(['withdraw fra-1'])
})

test('a sick POP does not wait for another that cannot be proved, where enough others are', () => {
  const herald = published(['ams', 'fra', 'nrt', 'sin'])
  const refusing = { ...announce(serviceV4, { failover: failoverPolicy(['dns']), pops: { nrt: { med: 5 } } }) }
  const changed = { ...herald.intent, prefixes: new Map([[serviceV4, refusing]]) }
  herald.intent = lay(changed, failover('withdraw', 'fra'))
  const plan = herald.look()
  expect(actions(plan)).toEqual(['change nrt-1', 'withdraw fra-1'])
})

test('G1: what automation lays is held at the floor, and goes without that guard', () => {
  const herald = published(['ams', 'fra', 'sin'])
  herald.intent = lay(herald.intent, failover('withdraw', 'fra'), failover('withdraw', 'ams'))
  expect(held(herald.plan())).toEqual(['floor ams-1'])
  herald.guards = { ...allGuards, floor: false, makeBeforeBreak: false }
  expect(actions(herald.plan())).toEqual(['withdraw ams-1', 'withdraw fra-1'])
})

test('at the floor the POP that a person drains stays, and not the sick one', () => {
  const herald = published(['ams', 'fra', 'sin'])
  const laid = lay(herald.intent, failover('withdraw', 'ams'))
  herald.intent = { ...laid, drains: new Map([['sin-drain', drain('sin')]]) }
  expect(held(herald.plan())).toEqual(['floor sin-1'])
})

test('a POP that comes back is announced, and its backup goes quietly', () => {
  const herald = published(['ams', 'fra', 'syd'], backup)
  const healthy = herald.intent
  herald.intent = lay(healthy, failover('withdraw', 'fra'), failover('activate', 'syd'))
  herald.rest()
  expect(herald.announcedAt(serviceV4)).toEqual(['ams-1', 'syd-1'])
  herald.intent = { ...healthy, revision: 9 }
  expect(actions(herald.look())).toEqual(['announce fra-1'])
  herald.applyAll()
  expect(actions(herald.look())).toEqual(['drain syd-1'])
  herald.rest()
  expect(herald.announcedAt(serviceV4)).toEqual(['ams-1', 'fra-1'])
})

test('explain names the overlay, what is sick and the alarm', () => {
  const herald = published(['ams', 'fra', 'sin'])
  herald.intent = lay(herald.intent, failover('withdraw', 'fra'))
  const { sites } = explainPrefix(herald.input, serviceV4)
  const fra = sites.find(({ speaker }) => speaker === ('fra-1' as SpeakerId))
  expect(fra?.layers).toContainEqual({
    layer: 'Failover/withdraw-fra',
    says: 'not announced, by automation since 1970-01-01T00:00:00.000Z: no answer from 3 of 3 agents (service/fra/dns, alarm alarm-1)',
    inForce: true,
  })
  expect(fra?.actions.map(({ because }) => because)).toEqual([
    'automation takes fra away: no answer from 3 of 3 agents (alarm alarm-1)',
  ])
})
