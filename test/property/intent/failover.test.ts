/** Automation's overlays under any wish: desired state stays sane, and the documents are exactly what was wished. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compilePrefix } from '../../../src/intent/compile.ts'
import { applyChanges, failoverEdit, type FailoverOverlay } from '../../../src/intent/edit.ts'
import { failoverName } from '../../../src/intent/edit/failover.ts'
import type { Documents } from '../../../src/intent/lineage.ts'
import type { PopId } from '../../../src/intent/model.ts'
import { type AutomatedLoss, automatedLossOf } from '../../../src/plan/review-automation.ts'
import { reviewChange } from '../../../src/plan/review.ts'
import { buildIntent } from '../../../src/intent/build.ts'
import { type Document, type DocumentKey, documentKey } from '../../../src/intent/document.ts'
import { epoch, serviceV4 } from '../../support/builders.ts'

const pops = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7']
const backups = ['p6', 'p7']

const documents: Documents = new Map<DocumentKey, unknown>(
  (
    [
      { kind: 'Network', name: 'network', spec: { asn: 65001, drainSeconds: 3 } },
      { kind: 'Area', name: 'world', spec: {} },
      { kind: 'Region', name: 'city', spec: { area: 'world' } },
      { kind: 'Pool', name: 'pool', spec: { prefixes: [serviceV4] } },
      {
        kind: 'Check',
        name: 'dns',
        spec: { subject: 'service', target: '203.0.113.1', probe: { kind: 'tcp', port: 53 } },
      },
      {
        kind: 'Prefix',
        name: serviceV4,
        spec: { at: ['all'], except: backups, failover: { checks: ['dns'], backup: backups } },
      },
      ...pops.flatMap((pop): Document[] => [
        { kind: 'Pop', name: pop, spec: { region: 'city' } },
        { kind: 'Speaker', name: `${pop}-1`, spec: { pop, endpoint: `${pop}.example.net:50051` } },
      ]),
    ] satisfies Document[]
  ).map((document) => [documentKey(document), document.spec]),
)

const overlay: fc.Arbitrary<FailoverOverlay> = fc
  .tuple(fc.constantFrom(...pops), fc.constantFrom('withdraw', 'drain', 'prepend', 'activate'), fc.nat(3))
  .map(([pop, action, alarm]) => ({
    prefix: serviceV4,
    place: { kind: 'pop', pop: pop as PopId },
    action,
    subject: `service/${pop}/dns`,
    alarm: `a${alarm}`,
    reason: 'sick',
  }))
const wish = fc.uniqueArray(overlay, { maxLength: 10, selector: failoverName })

function wished(before: Documents, overlays: readonly FailoverOverlay[], nowMs: number): Documents {
  const edit = failoverEdit(before, overlays, nowMs)
  if (!edit.ok) throw new Error(edit.problem)
  return applyChanges(before, edit.changes)
}

test('whatever was wished before, the documents are what is wished now, and wishing it again changes nothing', () => {
  fc.assert(
    fc.property(fc.array(wish, { minLength: 1, maxLength: 5 }), (wishes) => {
      let now = documents
      for (const [i, overlays] of wishes.entries()) now = wished(now, overlays, i)
      const last = wishes.at(-1) ?? []
      const names = [...buildIntent(now, 1).intent.failovers.keys()]
      expect(new Set(names)).toEqual(new Set(last.map(failoverName)))
      expect(failoverEdit(now, last, 99)).toMatchObject({ ok: true, changes: [] })
      expect(wished(now, [], 99)).toEqual(documents)
    }),
    { numRuns: 200 },
  )
})

test('what is lost is intended, what is announced is intended or an activated backup, and the floor never moves', () => {
  const plain = compilePrefix(buildIntent(documents, 1).intent, serviceV4, { epoch, nowMs: 0 })!
  fc.assert(
    fc.property(wish, fc.nat(10_000), (overlays, nowMs) => {
      const { intent } = buildIntent(wished(documents, overlays, 0), 1)
      const { sites, lost, intended, floor } = compilePrefix(intent, serviceV4, { epoch, nowMs })!
      const activated = overlays
        .filter(({ action }) => action === 'activate')
        .map(({ place }) => Object.values(place)[1])
      const gone = overlays.filter(({ action }) => action === 'withdraw').map(({ place }) => Object.values(place)[1])
      expect([intended, floor]).toEqual([plain.intended, plain.floor])
      for (const { pop } of sites.values()) {
        expect(intended.has(pop) || (backups.includes(pop) && activated.includes(pop))).toBe(true)
        expect(gone).not.toContain(pop)
      }
      const known = new Set([...sites.keys(), ...lost.keys()])
      for (const pop of intended) expect(known).toContain(`${pop}-1`)
    }),
    { numRuns: 300 },
  )
})

test('whatever automation wishes, one revision after the other, a review never lets it below the floor or past the breaker', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(wish, fc.integer({ min: 1, max: 200_000 })), { maxLength: 8 }), (steps) => {
      let now = documents
      let nowMs = 1_000_000
      const losses: AutomatedLoss[] = []
      for (const [overlays, laterMs] of steps) {
        nowMs += laterMs
        const edit = failoverEdit(now, overlays, nowMs)
        if (!edit.ok) throw new Error(edit.problem)
        const after = applyChanges(now, edit.changes)
        const moment = { epoch, nowMs }
        const context = {
          changes: edit.changes,
          named: new Set<never>(),
          force: true,
          moment,
          automation: { recent: losses },
        }
        const { refusals } = reviewChange(buildIntent(now, 1).intent, buildIntent(after, 2).intent, context)
        if (refusals.length > 0) continue
        now = after
        losses.push(automatedLossOf(edit.changes, nowMs))
        const announced = compilePrefix(buildIntent(now, 1).intent, serviceV4, { epoch, nowMs: nowMs + 60_000 })!
        expect(new Set([...announced.sites.values()].map(({ pop }) => pop)).size).toBeGreaterThanOrEqual(3)
        const recent = losses.filter(({ atMs }) => atMs > nowMs - 300_000)
        expect(new Set(recent.flatMap((loss) => [...loss.pops])).size).toBeLessThanOrEqual(1)
      }
    }),
    { numRuns: 200 },
  )
})
