/** What automation lays on a prefix, compiled: where it is announced, what it carries, and what lifts it. */
import { describe, expect, test } from 'vitest'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import { mark, neighborNumber } from '../../../src/bgp/mark.ts'
import { attributesOf } from '../../../src/bgp/path.ts'
import { affectedPrefixes, compilePrefix } from '../../../src/intent/compile.ts'
import type { DesiredPrefix } from '../../../src/intent/desired.ts'
import type { DocumentKey } from '../../../src/intent/document.ts'
import type { Intent, SpeakerId } from '../../../src/intent/model.ts'
import {
  type IntentParts,
  announce,
  asn,
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

const pops = ['ams', 'fra', 'nrt', 'sin']
const policy = failoverPolicy(['dns'])

function sick(rest: IntentParts, parts: Parameters<typeof announce>[1] = {}): Intent {
  return intent({ pops, prefixes: [announce(serviceV4, { failover: policy, ...parts })], ...rest })
}

function desired(of: Intent, nowMs = 0): DesiredPrefix {
  const compiled = compilePrefix(of, serviceV4, { epoch, nowMs })
  if (compiled === undefined) throw new Error('no document')
  return compiled
}

const sites = (of: Intent, nowMs = 0): string[] => [...desired(of, nowMs).sites.keys()]
const at = (of: Intent, speaker: string, nowMs = 0) => desired(of, nowMs).sites.get(speaker as SpeakerId)!
const attributes = (of: Intent, speaker: string, nowMs = 0) => attributesOf(at(of, speaker, nowMs).attributes)

describe('a sick POP', () => {
  test('is withdrawn at once, without a further drain, and counts as lost and not as unintended', () => {
    const of = sick({ failovers: [failover('withdraw', 'fra')] })
    expect(sites(of)).toEqual(['ams-1', 'nrt-1', 'sin-1'])
    expect([...desired(of).intended]).toHaveLength(4)
    expect(desired(of).floor).toBe(2)
    expect(desired(of).lost.get('fra-1' as SpeakerId)).toEqual({
      speaker: 'fra-1',
      pop: 'fra',
      overlay: 'Failover/withdraw-fra',
      forced: false,
      graced: true,
      because: 'automation takes fra away: no answer from 3 of 3 agents (alarm alarm-1)',
    })
  })

  test('is drained: marked for its grace time, then gone, and the plan knows when to look again', () => {
    const of = sick({ failovers: [failover('drain', 'fra', serviceV4, { startedAtMs: 1000, graceSeconds: 5 })] })
    expect(sites(of, 999)).toHaveLength(4)
    expect(attributes(of, 'fra-1', 1000).communities).toEqual(['65535:0'])
    expect(at(of, 'fra-1', 1000).draining).toBe(true)
    expect(desired(of, 1000).changesAtMs).toBe(6000)
    expect(sites(of, 5999)).toHaveLength(4)
    expect(sites(of, 6000)).toEqual(['ams-1', 'nrt-1', 'sin-1'])
  })

  test('prepends, and never less than intent says already', () => {
    const neighbors = [neighbor('isp')]
    const of = (prepend: 1 | 3): Intent =>
      intent({
        pops: [pop('fra', { neighbors })],
        prefixes: [announce(serviceV4, { failover: policy, attributes: { prepend: 2 } })],
        failovers: [failover('prepend', 'fra', serviceV4, { prepend })],
      })
    const number = neighborNumber({ id: 'isp', address: '192.0.2.1' })
    expect(attributes(of(3), 'fra-1').largeCommunities).toContain(mark(asn, 'prepend3', number))
    expect(attributes(of(1), 'fra-1').largeCommunities).toContain(mark(asn, 'prepend2', number))
    expect(at(of(3), 'fra-1').because).toContain(
      'prepend 3 of automation, no answer from 3 of 3 agents (alarm alarm-1)',
    )
  })

  test('is sick for many prefixes in the same words, and each names its own document', () => {
    const other = '198.51.100.0/24'
    const of = sick({
      failovers: [failover('withdraw', 'fra'), { ...failover('withdraw', 'fra', other), id: 'other' }],
    })
    const both = { ...of, prefixes: new Map(of.prefixes).set(other as Prefix, announce(other, { failover: policy })) }
    const overlays = [serviceV4, other as Prefix].map(
      (prefix) => compilePrefix(both, prefix, { epoch, nowMs: 0 })?.lost.get('fra-1' as SpeakerId)?.overlay,
    )
    expect(overlays).toEqual(['Failover/withdraw-fra', 'Failover/other'])
    const sitesOf = (prefix: Prefix) => compilePrefix(both, prefix, { epoch, nowMs: 0 })?.sites
    expect(sitesOf(other as Prefix)).toBe(sitesOf(serviceV4))
  })

  test('stays drained by a person whatever automation says', () => {
    const of = sick({ failovers: [failover('prepend', 'fra')], drains: [drain('fra', { forced: true })] })
    expect(desired(of).lost.get('fra-1' as SpeakerId)?.overlay).toBe('Drain/fra-drain')
  })
})

describe('a sick neighbor', () => {
  const number = neighborNumber({ id: 'isp', address: '192.0.2.1' })
  const marks = (rest: IntentParts): readonly string[] =>
    attributes(
      intent({
        pops: [pop('fra', { neighbors: [neighbor('isp'), neighbor('ix', { kind: 'peer' })] })],
        prefixes: [announce(serviceV4, { failover: policy })],
        ...rest,
      }),
      'fra-1',
    ).largeCommunities.filter((community) => !community.startsWith(`${asn}:0:`))

  test('is not announced to, and the others are', () =>
    expect(marks({ failovers: [failover('withhold', 'toward/isp')] })).toEqual([mark(asn, 'withhold', number)]))
  test('is prepended toward', () =>
    expect(marks({ failovers: [failover('prepend', 'toward/isp', serviceV4, { prepend: 1 })] })).toEqual([
      mark(asn, 'prepend1', number),
    ]))
  test('is announced to where a person insists', () =>
    expect(
      marks({
        failovers: [failover('withhold', 'toward/isp')],
        overrides: [override('insist', serviceV4, { announce: true }, { neighbor: 'isp' })],
      }),
    ).toEqual([]))
})

describe('a backup POP', () => {
  const backup = { at: ['all'], except: ['sin'], failover: failoverPolicy(['dns'], { backup: ['sin' as never] }) }
  test('does not announce by itself', () => expect(sites(sick({}, backup))).toEqual(['ams-1', 'fra-1', 'nrt-1']))
  test('announces while it is activated, and is no part of the floor', () => {
    const of = sick({ failovers: [failover('withdraw', 'fra'), failover('activate', 'sin')] }, backup)
    expect(sites(of)).toEqual(['ams-1', 'nrt-1', 'sin-1'])
    expect([...desired(of).intended].sort()).toEqual(['ams', 'fra', 'nrt'])
    expect(at(of, 'sin-1').because).toBe(
      'automation activates the backup sin: no answer from 3 of 3 agents (alarm alarm-1)',
    )
  })
  test('is not activated where the policy does not name it', () =>
    expect(sites(sick({ failovers: [failover('activate', 'sin')] }, { except: ['sin'] }))).toEqual([
      'ams-1',
      'fra-1',
      'nrt-1',
    ]))
  test('announces nothing of a prefix that people want nowhere', () => {
    const failovers = [failover('withdraw', 'fra'), failover('activate', 'sin')]
    expect(sites(sick({ failovers }, { ...backup, at: [] }))).toEqual([])
    expect(sites(sick({ failovers }, { ...backup, at: ['fra'], except: ['fra'] }))).toEqual([])
    expect(sites(sick({ failovers }, { ...backup, at: ['fra'] }))).toEqual(['sin-1'])
  })
  test('is drained like any other POP', () =>
    expect(sites(sick({ failovers: [failover('activate', 'sin')], drains: [drain('sin')] }, backup))).not.toContain(
      'sin-1',
    ))
})

describe('people have the last word', () => {
  const failovers = [failover('withdraw', 'fra')]
  test('an override that says announce: true at the POP keeps it announced', () => {
    const overrides = [override('insist', serviceV4, { announce: true }, { at: ['fra'] })]
    expect(sites(sick({ failovers, overrides }))).toContain('fra-1')
  })
  test('an override about something else does not', () => {
    const overrides = [override('med', serviceV4, { med: 5 }, { at: ['fra'] })]
    expect(sites(sick({ failovers, overrides }))).not.toContain('fra-1')
  })
  test('a prefix without a policy is not touched', () =>
    expect(sites(intent({ pops, prefixes: [announce(serviceV4)], failovers }))).toHaveLength(4))
})

describe('a change concerns the prefix it is about', () => {
  const affected = (before: Intent, after: Intent, key: DocumentKey) =>
    affectedPrefixes(before, after, [{ key, before: undefined, after: {} }])
  test('a Failover, made or lifted', () => {
    const [plain, laid] = [sick({}), sick({ failovers: [failover('withdraw', 'fra')] })]
    expect(affected(plain, laid, 'Failover/withdraw-fra')).toEqual(new Set([serviceV4]))
    expect(affected(laid, plain, 'Failover/withdraw-fra')).toEqual(new Set([serviceV4]))
  })
  test('a POP that is only its backup', () => {
    const of = sick({}, { at: ['fra'], failover: failoverPolicy(['dns'], { backup: ['sin' as never] }) })
    expect(affected(of, of, 'Speaker/sin-1')).toEqual(new Set([serviceV4]))
    expect(affected(of, of, 'Speaker/nrt-1')).toEqual(new Set())
  })
  test('checks, agents and receivers change no route', () => {
    const of = sick({})
    for (const key of ['Check/dns', 'Agent/fra', 'Receiver/oncall', 'AlertMapping/node'] as const)
      expect(affected(of, of, key)).toEqual(new Set())
  })
})
