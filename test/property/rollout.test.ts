/**
 * What holds of every staged change (G5), whatever it changes and whatever happens on the way: POPs turn sick, fall silent or
 * cannot be read, freezes come and go, leaders die, people push on or pull back. Documents, edits, review, compile and
 * decision are the real ones. Seeded, so that a failure comes back.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Prefix } from '../../src/bgp/prefix.ts'
import { type Progress, type RolloutStep, decideRollout, followProgress } from '../../src/health/rollout.ts'
import type { Sign } from '../../src/health/rollout-signs.ts'
import { effectsOf, planStages } from '../../src/health/rollout-stages.ts'
import type { VerdictState } from '../../src/health/verdict.ts'
import { buildIntent } from '../../src/intent/build.ts'
import { compilePrefix } from '../../src/intent/compile.ts'
import {
  type Edit,
  advanceRollout,
  applyChanges,
  applyDocuments,
  rollBack,
  stageChanges,
} from '../../src/intent/edit.ts'
import type { Documents } from '../../src/intent/lineage.ts'
import type { PopId } from '../../src/intent/model.ts'
import { outPops } from '../../src/intent/rollout.ts'
import { reviewChange } from '../../src/plan/review.ts'
import { goodDocuments } from '../support/documents.ts'

const runs = { seed: 20261122, numRuns: 300 }
const pops = ['ams', 'fra', 'nyc', 'sin', 'tyo'] as PopId[]
const prefixes = ['203.0.113.0/24', '2001:db8:100::/48'] as Prefix[]
const good = goodDocuments()
const settleMs = 5000
const giveUpMs = 20_000

const spec = fc.record({
  at: fc.subarray<string>([...pops, 'eu', 'asia']),
  attributes: fc.record({ med: fc.nat(2) }),
  pops: fc.dictionary(fc.constantFrom<string>(...pops), fc.record({ med: fc.nat(3) }), { maxKeys: 2 }),
})
const scene = fc.record({
  before: fc.tuple(spec, spec),
  after: fc.tuple(spec, fc.option(spec, { nil: undefined })),
  /** The second prefix has no document before. */
  fresh: fc.boolean(),
  canary: fc.option(fc.constantFrom(...pops), { nil: undefined }),
})

type Happening =
  | { readonly do: 'turn'; readonly pop: PopId; readonly state: VerdictState }
  | { readonly do: 'read'; readonly readBack: boolean }
  | { readonly do: 'freeze'; readonly frozen: boolean }
  | { readonly do: 'die' }
  | { readonly do: 'push' | 'pull' }
  | { readonly do: 'pass'; readonly ms: number }

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('turn' as const),
      pop: fc.constantFrom(...pops),
      state: fc.constantFrom<VerdictState>('healthy', 'healthy', 'healthy', 'unknown', 'sick'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read' as const), readBack: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('freeze' as const), frozen: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'die' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('push' as const, 'pull' as const) }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(500, 2000, 6000) }) },
)

function documentsWith(base: Documents, edit: Edit): Documents {
  if (!edit.ok) throw new Error(edit.problem)
  return applyChanges(base, edit.changes)
}

/** One staged change and all that moves it. */
class World {
  readonly old: Documents
  readonly new: Documents
  documents: Documents
  nowMs = 1000
  frozen = false
  readBack = true
  readonly states = new Map<PopId, VerdictState>(pops.map((pop) => [pop, 'healthy']))
  #progress: Progress | undefined

  constructor(old: Documents, edit: Edit, canary: readonly PopId[]) {
    this.old = old
    this.new = documentsWith(old, edit)
    const effects = effectsOf(this.intent(old), this.intent(this.new), prefixes, this.moment)
    const first = canary.filter((pop) => effects.has(pop))
    const stages = planStages(effects, { canary: first, sick: new Set(), loads: new Map() })
    this.documents =
      stages.length === 0
        ? this.new
        : documentsWith(
            old,
            stageChanges(old, edit, {
              id: 'x',
              stages: stages.map((stage) => [...stage]),
              settle: `${settleMs}ms`,
              giveUp: `${giveUpMs}ms`,
              unwell: [],
              ungated: false,
              forced: true,
              startedAtMs: this.nowMs,
              author: 'alice',
              reason: 'test',
            }),
          )
  }

  get moment() {
    return { epoch: 7, nowMs: this.nowMs }
  }

  get rollout() {
    return this.intent(this.documents).rollouts.get('x')
  }

  intent(documents: Documents) {
    return buildIntent(documents, 3).intent
  }

  run(one: Happening): void {
    if (one.do === 'turn') this.states.set(one.pop, one.state)
    else if (one.do === 'read') this.readBack = one.readBack
    else if (one.do === 'freeze') this.frozen = one.frozen
    else if (one.do === 'die') this.#progress = undefined
    else if (one.do === 'pass') this.nowMs += one.ms
    else if (this.rollout !== undefined)
      this.#commit(
        one.do === 'pull' ? rollBack(this.documents, 'x') : advanceRollout(this.documents, 'x', this.nowMs),
        false,
      )
  }

  /** One look of the leader. */
  look(): RolloutStep | undefined {
    const { rollout } = this
    if (rollout === undefined) return undefined
    const standing = { frozen: this.frozen, ...(!this.readBack && { unproved: 'not there yet' }) }
    this.#progress = followProgress(this.#progress, rollout, standing, this.nowMs)
    const signs = [...outPops(rollout)].map((pop): Sign => {
      const state = this.states.get(pop) ?? 'unknown'
      return { key: pop, pop, state, sinceMs: 0, reason: `${pop} is ${state}` }
    })
    const step = decideRollout(rollout, { progress: this.#progress, signs, ...standing }, this.nowMs)
    if (step.kind === 'rollback') this.#commit(rollBack(this.documents, 'x'), true)
    else if (step.kind !== 'wait') this.#commit(advanceRollout(this.documents, 'x', this.nowMs), true)
    return step
  }

  #commit(edit: Edit, byAutomation: boolean): void {
    if (!edit.ok) throw new Error(edit.problem)
    const { changes } = edit
    const after = applyChanges(this.documents, changes)
    const review = reviewChange(this.intent(this.documents), this.intent(after), {
      changes,
      named: new Set(prefixes),
      force: !byAutomation,
      moment: this.moment,
      ...(byAutomation && { automation: { writes: 'rollouts', accepted: true, recent: [] } }),
    })
    expect(review.refusals).toEqual([])
    this.documents = after
  }
}

function begin({ before, after, fresh, canary }: typeof scene extends fc.Arbitrary<infer S> ? S : never): World {
  const [v4, v6] = prefixes as [Prefix, Prefix]
  const olds = [
    { kind: 'Prefix' as const, name: v4, spec: before[0] },
    ...(fresh ? [] : [{ kind: 'Prefix' as const, name: v6, spec: before[1] }]),
  ]
  const emptied = new Map([...good].filter(([key]) => !key.startsWith('Prefix/')))
  const old = documentsWith(applyChanges(emptied, []), applyDocuments(emptied, olds, { prune: false }))
  const news = [
    { kind: 'Prefix' as const, name: v4, spec: after[0] },
    ...(after[1] === undefined ? [] : [{ kind: 'Prefix' as const, name: v6, spec: after[1] }]),
  ]
  return new World(old, applyDocuments(old, news, { prune: false }), canary === undefined ? [] : [canary])
}

/** What every speaker of these POPs says of both prefixes. */
function saidAt(world: World, documents: Documents, at: (pop: PopId) => boolean): readonly string[] {
  return prefixes.flatMap((prefix) => {
    const { sites } = compilePrefix(world.intent(documents), prefix, world.moment) ?? { sites: new Map() }
    return [...sites.values()]
      .filter(({ pop }) => at(pop))
      .map(({ speaker, attributes }) => `${speaker} ${prefix} ${attributes}`)
  })
}

function isWhole(world: World): boolean {
  const text = (documents: Documents) => JSON.stringify([...documents].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return [world.old, world.new].map(text).includes(text(world.documents))
}

describe('whatever it changes and whatever happens', () => {
  test('at POPs whose stage is out everything is new, elsewhere everything is as it was', () => {
    fc.assert(
      fc.property(scene, fc.array(happening, { maxLength: 40 }), (parts, happenings) => {
        const world = begin(parts)
        for (const one of happenings) {
          world.run(one)
          world.look()
          const { rollout } = world
          if (rollout === undefined) break
          const isOut = (pop: PopId) => outPops(rollout).has(pop)
          const isLast = rollout.stage === rollout.stages.length
          expect(saidAt(world, world.documents, isOut)).toEqual(saidAt(world, world.new, isOut))
          const elsewhere = isLast ? world.new : world.old
          expect(saidAt(world, world.documents, (pop) => !isOut(pop))).toEqual(
            saidAt(world, elsewhere, (pop) => !isOut(pop)),
          )
        }
      }),
      runs,
    )
  })

  test('it ends all new or all old, wherever it was interrupted', () => {
    fc.assert(
      fc.property(scene, fc.array(happening, { maxLength: 40 }), fc.boolean(), (parts, happenings, well) => {
        const world = begin(parts)
        for (const one of happenings) {
          world.run(one)
          world.look()
        }
        world.frozen = false
        world.readBack = true
        for (const pop of pops) world.states.set(pop, well ? 'healthy' : 'unknown')
        const stages = world.rollout?.stages.length ?? 0
        for (let i = 0; i < (stages + 1) * 50 && world.rollout !== undefined; i++) {
          world.nowMs += 500
          world.look()
        }
        expect(world.rollout).toBeUndefined()
        expect(isWhole(world)).toBe(true)
      }),
      runs,
    )
  })

  test('what nobody touches and what stays well is all new in the end, one stage after the other', () => {
    fc.assert(
      fc.property(scene, (parts) => {
        const world = begin(parts)
        const steps: string[] = []
        const stages = world.rollout?.stages.length ?? 0
        while (world.rollout !== undefined) {
          world.nowMs += 500
          const step = world.look()
          if (step !== undefined && step.kind !== 'wait') steps.push(step.kind)
        }
        expect(steps).toEqual(stages === 0 ? [] : [...Array.from({ length: stages - 1 }, () => 'advance'), 'done'])
        expect(new Map(world.documents)).toEqual(new Map(world.new))
      }),
      runs,
    )
  })

  test('what breaks at a stage goes back at the next look, and never goes out further', () => {
    fc.assert(
      fc.property(scene, fc.nat(3), (parts, until) => {
        const world = begin(parts)
        for (let i = 0; i < until && world.rollout !== undefined; i++) {
          world.nowMs += settleMs
          world.look()
          world.nowMs += settleMs
          world.look()
        }
        const { rollout } = world
        if (rollout === undefined) return
        const [broken] = outPops(rollout)
        world.states.set(broken as PopId, 'sick')
        expect(world.look()?.kind).toBe('rollback')
        expect(new Map(world.documents)).toEqual(new Map(world.old))
      }),
      runs,
    )
  })
})
