/**
 * Planning times at full size: 300 POPs × 10,000 prefixes, ten neighbors a POP. Full plans of an empty and of a
 * converged fleet, and the plan after one prefix changed, with all indexes built anew as after every revision. Budgets:
 * full ≤ 10 s and ≤ 2 GiB, incremental ≤ 10 ms. Run: node test/bench/plan.ts [pops] [prefixes]
 */
import { figures, report } from './report.ts'
import type { Prefix } from '../../src/bgp/prefix.ts'
import { affectedPrefixes } from '../../src/intent/compile.ts'
import type { Intent } from '../../src/intent/model.ts'
import { Fleet } from '../../src/jobs/fleet.ts'
import { type Plan, planPrefixes } from '../../src/plan/plan.ts'
import { announce, epoch, intent, neighbor, pop } from '../support/builders.ts'

export interface PlanTimes {
  readonly pops: number
  readonly prefixes: number
  readonly fullEmptyMs: number
  readonly fullConvergedMs: number
  readonly incrementalMs: readonly number[]
  readonly peakRssMib: number
}

/** One prefix in a hundred has attributes of its own; the others ask for one of fifty combinations. */
function bigIntent(pops: number, prefixes: number): Intent {
  const all = Array.from({ length: prefixes }, (_, i) => `10.${(i >> 8) & 255}.${i & 255}.0/24`)
  return intent({
    pops: Array.from({ length: pops }, (_, i) => {
      const name = `p${String(i).padStart(3, '0')}`
      const neighbors = Array.from({ length: 10 }, (__, n) => neighbor(`${name}-n${n}`, { asn: 64000 + n }))
      return pop(name, { area: `area-${i % 10}`, neighbors })
    }),
    prefixes: all.map((prefix, i) => announce(prefix, i % 100 === 0 ? individual(i, pops) : common(i))),
  })
}

function common(i: number): Parameters<typeof announce>[1] {
  return { attributes: { prepend: (i % 4) as 0 | 1 | 2 | 3, med: i % 50 } }
}

function individual(i: number, pops: number): Parameters<typeof announce>[1] {
  const name = `p${String(i % pops).padStart(3, '0')}`
  return {
    attributes: { med: i },
    pops: { [name]: { prepend: 2 } },
    neighbors: { [`${name}-n3`]: { announce: false } },
  }
}

export function measurePlans(pops: number, prefixes: number): PlanTimes {
  const before = bigIntent(pops, prefixes)
  const fleet = emptyFleet(before)
  const nowMs = 1_000_000
  const plan = (asked: Intent, which: Iterable<Prefix>): [Plan, number] => {
    const started = performance.now()
    const made = planPrefixes({ intent: asked, moment: { epoch, nowMs }, fleet, allowance: 0 }, which)
    return [made, performance.now() - started]
  }
  const [first, fullEmptyMs] = plan(before, before.prefixes.keys())
  expectCount(first.actions.length, pops * prefixes, 'actions in an empty fleet')
  converge(fleet, before, first)
  const [second, fullConvergedMs] = plan({ ...before }, before.prefixes.keys())
  expectCount(second.actions.length, 0, 'actions in a converged fleet')
  const times = Array.from({ length: 30 }, (_, i) => incremental(before, fleet, i, nowMs)).sort((a, b) => a - b)
  return {
    pops,
    prefixes,
    fullEmptyMs: round(fullEmptyMs),
    fullConvergedMs: round(fullConvergedMs),
    incrementalMs: times,
    peakRssMib: Math.round(process.resourceUsage().maxRSS / 1024),
  }
}

/** What a revision costs the planner: affected prefixes, indexes of the new intent, the plan. */
function incremental(before: Intent, fleet: Fleet, i: number, nowMs: number): number {
  const prefix = [...before.prefixes.keys()][i * 7 + 1]!
  const prefixes = new Map(before.prefixes).set(prefix, announce(prefix, { attributes: { med: 9000 + i, prepend: 1 } }))
  const after: Intent = { ...before, prefixes, revision: before.revision + 1 }
  const started = performance.now()
  const change = { key: `Prefix/${prefix}`, before: {}, after: {} } as const
  const affected = affectedPrefixes(before, after, [change])
  if (affected === 'all') throw new Error('assertion: one prefix changed')
  const plan = planPrefixes({ intent: after, moment: { epoch, nowMs }, fleet, allowance: 0 }, affected)
  const took = performance.now() - started
  expectCount(plan.actions.length, after.speakers.size, 'actions after one prefix changed')
  return took
}

function emptyFleet({ speakers }: Intent): Fleet {
  const fleet = new Fleet(() => false)
  const status = { reach: 'up', sinceMs: 0, readAtMs: 0 } as const
  fleet.refresh(
    new Map(
      Array.from(speakers.keys(), (id) => [id, { decided: 0, applied: 0, status, trouble: undefined, shut: {} }]),
    ),
  )
  return fleet
}

function converge(fleet: Fleet, { speakers }: Intent, { targets }: Plan): void {
  fleet.decided(targets, new Map(Array.from(targets.keys(), (id) => [id, 1])))
  for (const [speaker, { set }] of targets)
    for (const [prefix, target] of set)
      if (target.kind === 'announce')
        fleet.see(speaker, prefix, { attributes: target.attributes, identifier: 0, owner: 'ours' })
  const status = { reach: 'up', sinceMs: 0, readAtMs: 0 } as const
  fleet.refresh(
    new Map(
      Array.from(speakers.keys(), (id) => [id, { decided: 1, applied: 1, status, trouble: undefined, shut: {} }]),
    ),
  )
}

function expectCount(found: number, wanted: number, what: string): void {
  if (found !== wanted) throw new Error(`assertion: ${found} ${what}, expected ${wanted}`)
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100
}

if (import.meta.main) {
  const [pops = 300, prefixes = 10_000] = process.argv.slice(2).map(Number)
  const { fullEmptyMs, fullConvergedMs, incrementalMs, peakRssMib } = measurePlans(pops, prefixes)
  const fleet = `${pops} POPs × ${prefixes} prefixes`
  const once = (value: number) => figures([value])
  const full = '≤ 10 s'
  report('plan', [
    {
      what: `plan after one prefix changed, ${fleet}`,
      unit: 'ms',
      herald: figures(incrementalMs),
      budget: '≤ 10 ms',
      met: figures(incrementalMs).p50 <= 10,
    },
    {
      what: `full plan into an empty fleet, ${fleet}`,
      unit: 'ms',
      herald: once(fullEmptyMs),
      budget: full,
      met: fullEmptyMs <= 10_000,
    },
    {
      what: `full plan, everything converged, ${fleet}`,
      unit: 'ms',
      herald: once(fullConvergedMs),
      budget: full,
      met: fullConvergedMs <= 10_000,
    },
    { what: 'peak memory of both', unit: 'MiB', herald: once(peakRssMib), budget: '≤ 2 GiB', met: peakRssMib <= 2048 },
  ])
}
