/** Verbs on the good set: five POPs (fra, ams in eu; sin, tyo in asia; nyc in us), two neighbors each, a prefix of each family. */
import { describe, expect, test } from 'vitest'
import { buildIntent } from '../../../src/intent/build.ts'
import { checkIntent } from '../../../src/intent/check.ts'
import type { DocumentKey } from '../../../src/intent/document.ts'
import {
  type Edit,
  applyChanges,
  applyDocuments,
  clearOverride,
  drain,
  freeze,
  override,
  publish,
  removeDocuments,
  restoreTo,
  revert,
  undrain,
  unfreeze,
  withdraw,
} from '../../../src/intent/edit.ts'
import type { DrainedPlace } from '../../../src/intent/edit/overlays.ts'
import type { Documents } from '../../../src/intent/lineage.ts'
import { mask, redactDocument } from '../../../src/intent/redact.ts'
import { goodDocuments } from '../../support/documents.ts'

const v4 = '203.0.113.0/24'
const v6 = '2001:db8:100::/48'
const good = goodDocuments()

function problemOf(edit: Edit): string {
  expect(edit.ok).toBe(false)
  return edit.ok ? '' : edit.problem
}

function after(edit: Edit, documents: Documents = good): Documents {
  expect(edit).toMatchObject({ ok: true })
  return edit.ok ? applyChanges(documents, edit.changes) : documents
}

/** What the Prefix document says after an edit, without what is empty. */
function said(edit: Edit, prefix: string, documents: Documents = good): object {
  const spec = after(edit, documents).get(`Prefix/${prefix}`) as object
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => Object.keys(value as object).length > 0))
}

/** A prefix published as given, beside the good set. */
function having(spec: object): Documents {
  return after(applyDocuments(good, [{ kind: 'Prefix', name: '198.51.100.0/24', spec }], { prune: false }))
}
const own = '198.51.100.0/24'

describe('publish says where in words that a person would have written', () => {
  test.each([
    ['a new place beside others', { at: ['fra'] }, ['sin'], { at: ['fra', 'sin'] }],
    ['a place that is there already', { at: ['eu'] }, ['fra'], { at: ['eu'] }],
    ['an area in place of its POPs', { at: ['fra', 'ams', 'nyc'] }, ['eu'], { at: ['nyc', 'eu'] }],
    ['everywhere', { at: ['fra', 'asia'] }, ['all'], { at: ['all'] }],
    ['a place that was excepted', { at: ['eu'], except: ['fra'] }, ['fra'], { at: ['eu'] }],
    [
      'one region of an area that was excepted',
      { at: ['all'], except: ['eu'] },
      ['de'],
      { at: ['all'], except: ['nl'] },
    ],
    [
      'one POP of an area that was excepted',
      { at: ['all'], except: ['asia'] },
      ['tyo'],
      { at: ['all'], except: ['sg'] },
    ],
    ['an area with an exception in it', { at: ['sin'], except: [] }, ['eu', 'fra'], { at: ['sin', 'eu'] }],
    ['what was published nowhere', { at: [] }, ['us', 'us'], { at: ['us'] }],
  ])('%s', (_, before, at, expected) => {
    expect(said(publish(having(before), { prefix: own, at }), own, having(before))).toEqual(expected)
  })

  test('a move says the new places only, and forgets words about the old ones', () => {
    const documents = having({ at: ['eu', 'asia'], except: ['tyo'], pops: { fra: { prepend: 2 }, sin: { med: 5 } } })
    const edit = publish(documents, { prefix: own, at: ['asia'], only: true })
    expect(said(edit, own, documents)).toEqual({ at: ['asia'], pops: { sin: { med: 5 } } })
    expect(edit).toMatchObject({ named: [own] })
  })

  test('a prefix inside a pool gets its document', () => {
    expect(said(publish(good, { prefix: own, at: ['eu'], attributes: { prepend: 1 } }), own)).toEqual({
      at: ['eu'],
      attributes: { prepend: 1 },
    })
  })
})

describe('publish sets attributes where they were asked for', () => {
  test('for the prefix as a whole where every place is named', () => {
    const documents = having({ at: ['eu'], pops: { fra: { prepend: 3, med: 1 } } })
    expect(said(publish(documents, { prefix: own, at: ['eu'], attributes: { prepend: 1 } }), own, documents)).toEqual({
      at: ['eu'],
      attributes: { prepend: 1 },
      pops: { fra: { med: 1 } },
    })
  })
  test('for the prefix as a whole where no place is named', () => {
    const documents = having({ at: ['eu'] })
    expect(said(publish(documents, { prefix: own, at: [], attributes: { med: 7 } }), own, documents)).toEqual({
      at: ['eu'],
      attributes: { med: 7 },
    })
  })
  test('at the named POPs where there are others', () => {
    const documents = having({ at: ['all'], attributes: { prepend: 1 } })
    expect(said(publish(documents, { prefix: own, at: ['asia'], attributes: { prepend: 0 } }), own, documents)).toEqual(
      {
        at: ['all'],
        attributes: { prepend: 1 },
        pops: { sin: { prepend: 0 }, tyo: { prepend: 0 } },
      },
    )
  })
  test('toward one neighbor: withheld, prepended, and plain again', () => {
    const withheld = publish(good, { prefix: v4, at: [], neighbors: { 'fra-alpha': { announce: false } } })
    expect(said(withheld, v4)).toMatchObject({ at: ['all'], neighbors: { 'fra-alpha': { announce: false } } })
    const prepended = publish(after(withheld), { prefix: v4, at: [], neighbors: { 'fra-alpha': { prepend: 2 } } })
    expect(said(prepended, v4, after(withheld))).toMatchObject({
      neighbors: { 'fra-alpha': { announce: false, prepend: 2 } },
    })
    const again = publish(after(withheld), { prefix: v4, at: [], neighbors: { 'fra-alpha': { announce: true } } })
    expect(said(again, v4, after(withheld))).not.toHaveProperty('neighbors')
  })
  test('and takes communities away by an empty list', () => {
    expect(said(publish(good, { prefix: v4, at: [], attributes: { communities: [] } }), v4)).toEqual({ at: ['all'] })
  })
  test('and lifts the silence of a POP that it publishes at', () => {
    const documents = having({ at: ['all'], pops: { fra: { announce: false, med: 1 } } })
    expect(said(publish(documents, { prefix: own, at: ['fra'] }), own, documents)).toEqual({
      at: ['all'],
      pops: { fra: { med: 1 } },
    })
  })
})

describe('withdraw takes away exactly what is named', () => {
  test.each([
    ['a place among others', { at: ['fra', 'sin'] }, ['fra'], { at: ['sin'] }],
    ['a POP of an area', { at: ['eu'] }, ['fra'], { at: ['eu'], except: ['fra'] }],
    ['an area of everywhere', { at: ['all'] }, ['asia'], { at: ['all'], except: ['asia'] }],
    ['an area, of which a POP was excepted', { at: ['all'], except: ['fra'] }, ['eu'], { at: ['all'], except: ['eu'] }],
    ['an area that has its POPs in the list', { at: ['fra', 'ams', 'sin'] }, ['eu'], { at: ['sin'] }],
    ['the last POP of an area', { at: ['eu', 'us'], except: ['fra'] }, ['ams'], { at: ['us'] }],
    ['every POP one by one', { at: ['eu'] }, ['fra', 'ams'], {}],
    ['a place where it is not announced', { at: ['eu'] }, ['sin'], { at: ['eu'] }],
    ['everywhere by name', { at: ['eu', 'sin'], except: ['fra'] }, ['all'], {}],
  ])('%s', (_, before, at, expected) => {
    const documents = having(before)
    const edit = withdraw(documents, { prefix: own, at })
    expect(said(edit, own, documents)).toEqual(expected)
    expect(edit).toMatchObject({ named: [own] })
  })

  test('everywhere, and keeps what the document says otherwise', () => {
    const documents = having({ at: ['all'], except: ['fra'], attributes: { med: 5 }, pops: { sin: { prepend: 1 } } })
    expect(said(withdraw(documents, { prefix: own }), own, documents)).toEqual({
      attributes: { med: 5 },
      pops: { sin: { prepend: 1 } },
    })
  })

  test('and changes nothing where nothing is announced there', () => {
    expect(withdraw(good, { prefix: v6, at: ['us'] })).toEqual({ ok: true, changes: [], named: [v6] })
  })
})

describe('an edit that cannot be made says why and what was meant', () => {
  test.each<[string, () => Edit]>([
    ['"fro" is not an area, a region or a POP; did you mean "fra"?', () => publish(good, { prefix: v4, at: ['fro'] })],
    [
      '198.18.0.0/24 is in no pool; pools: 203.0.113.0/24, 198.51.100.0/24, 2001:db8:100::/40',
      () => publish(good, { prefix: '198.18.0.0/24', at: ['all'] }),
    ],
    [
      '"203.0.113.1/24" has host bits set; the prefix is "203.0.113.0/24"',
      () => publish(good, { prefix: '203.0.113.1/24', at: [] }),
    ],
    [
      `name at least one place to publish ${own} at: all, or an area, a region or a POP`,
      () => publish(good, { prefix: own, at: [] }),
    ],
    [
      `name at least one place to publish ${v4} at: all, or an area, a region or a POP`,
      () => publish(good, { prefix: v4, at: [], only: true }),
    ],
    [
      'there is no Neighbor "fra-alpa"; did you mean "fra-alpha"?',
      () => publish(good, { prefix: v4, at: [], neighbors: { 'fra-alpa': {} } }),
    ],
    [
      `there is no Neighbor "isp"; known: ams-alpha, ams-beta, fra-alpha, fra-beta, nyc-alpha, nyc-beta, sin-alpha, sin-beta and 2 more`,
      () => publish(good, { prefix: v4, at: [], neighbors: { isp: {} } }),
    ],
    [
      `${own} is not published at fra; publish it there as well: --at fra`,
      () => publish(having({ at: ['sin'] }), { prefix: own, at: [], neighbors: { 'fra-alpha': { announce: true } } }),
    ],
    [
      'there is no Prefix "203.0.112.0/24"; did you mean "203.0.113.0/24"?',
      () => withdraw(good, { prefix: '203.0.112.0/24' }),
    ],
    [
      `name at least one place to withdraw ${v4} from, or leave it out for everywhere`,
      () => withdraw(good, { prefix: v4, at: [] }),
    ],
    [
      'there is no Speaker "fra-2"; did you mean "fra-1"?',
      () => drain(good, { id: 'd', target: { speaker: 'fra-2' }, startedAtMs: 0 }),
    ],
    [
      'name one of a place (area, region or POP), a speaker and a neighbor',
      () => drain(good, { id: 'd', target: {}, startedAtMs: 0 }),
    ],
    ['nothing drains fra', () => undrain(good, { target: { at: 'fra' } })],
    ['there is no Drain "d", nor any other', () => undrain(good, { id: 'd' })],
    ['nothing is frozen', () => unfreeze(good)],
    [`nothing overrides ${v4}`, () => clearOverride(good, { prefix: v4 })],
    [
      'prepend: write 0, 1, 2 or 3: how often our AS is prepended',
      () => publish(good, { prefix: v4, at: ['fra'], attributes: { prepend: 4 as 3 } }),
    ],
    [
      '/spec/expiresAtMs: must be later than startedAtMs',
      () => freeze(good, { id: 'f', startedAtMs: 5, expiresAtMs: 5 }),
    ],
    ['there is no Pop "frx"; did you mean "fra"?', () => removeDocuments(good, ['Pop/frx'])],
  ])('%s', (problem, edit) => expect(problemOf(edit())).toBe(problem))

  test('a prefix that is silent as a whole is not published by halves', () => {
    const documents = having({ at: ['eu'], attributes: { announce: false } })
    expect(problemOf(publish(documents, { prefix: own, at: ['sin'] }))).toMatch(/announce: false as a whole/)
    expect(
      said(publish(documents, { prefix: own, at: ['all'], attributes: { announce: true } }), own, documents),
    ).toEqual({
      at: ['all'],
      attributes: { announce: true },
    })
  })
})

describe('overlays', () => {
  test('a drain marks for as long as the Network says, and undrain lifts it by place', () => {
    const drained = after(drain(good, { id: 'fra-1', target: { at: 'fra' }, startedAtMs: 1000 }))
    expect(drained.get('Drain/fra-1')).toEqual({
      target: { at: 'fra' },
      graceSeconds: 2,
      startedAtMs: 1000,
      forced: false,
    })
    expect(after(undrain(drained, { target: { at: 'fra' } }), drained)).toEqual(good)
    expect(after(undrain(drained, { id: 'fra-1' }), drained)).toEqual(good)
  })
  test('no overlay takes the place of another under its name', () => {
    const drained = after(drain(good, { id: 'x', target: { at: 'fra' }, startedAtMs: 1000 }))
    expect(problemOf(drain(drained, { id: 'x', target: { at: 'ams' }, startedAtMs: 2000 }))).toBe(
      'there is a Drain "x" already',
    )
  })
  test('whoever drains a place that is drained is told so, as long as the other drain lasts', () => {
    const target = { at: 'fra' }
    const first = after(drain(good, { id: 'first', target, startedAtMs: 0, expiresAtMs: 60_000 }))
    const told = (target: DrainedPlace, startedAtMs: number) => {
      const both = after(drain(first, { id: 'second', target, startedAtMs, expiresAtMs: 90_000 }), first)
      const findings = checkIntent(buildIntent(both, 1).intent).filter(({ code }) => code === 'drained-twice')
      return findings.map(({ document, message }) => `${document} ${message}`)
    }
    expect(told(target, 59_999)).toEqual([
      'Drain/second is drained by Drain/first as well, until 1970-01-01T00:01:00.000Z; it is back when both have ended',
    ])
    expect(told(target, 60_000)).toEqual([])
    expect(told({ at: 'ams' }, 1000)).toEqual([])
  })
  test('an override that silences names its prefix for removal, another does not', () => {
    const silent = override(good, { id: 'o', prefix: v4, at: ['fra'], attributes: { announce: false }, startedAtMs: 0 })
    expect(silent).toMatchObject({ named: [v4] })
    const prepended = override(good, {
      id: 'o',
      prefix: v4,
      attributes: { prepend: 2 },
      startedAtMs: 0,
      expiresAtMs: 9,
    })
    expect(prepended).toMatchObject({ named: [] })
    expect(after(clearOverride(after(prepended), { prefix: v4 }), after(prepended))).toEqual(good)
  })
  test('freeze and unfreeze', () => {
    const frozen = after(freeze(good, { id: 'f', startedAtMs: 0 }))
    expect(buildIntent(frozen, 1).intent.freezes.size).toBe(1)
    expect(after(unfreeze(frozen), frozen)).toEqual(good)
  })
})

describe('applying manifests', () => {
  const area = { kind: 'Area', name: 'africa', spec: {} } as const
  test('removes nothing that is not there any more', () => {
    expect(applyDocuments(good, [area], { prune: false })).toEqual({
      ok: true,
      changes: [{ key: 'Area/africa', before: undefined, after: {} }],
      named: [],
    })
  })
  test('removes, when told to prune, what is missing of the same kinds, and never overlays', () => {
    const drained = after(drain(good, { id: 'd', target: { at: 'fra' }, startedAtMs: 0 }))
    const edit = applyDocuments(
      drained,
      [area, { kind: 'Drain', name: 'e', spec: { target: { at: 'ams' }, startedAtMs: 0 } }],
      {
        prune: true,
      },
    )
    const removed = edit.ok ? edit.changes.filter((change) => change.after === undefined).map(({ key }) => key) : []
    expect(removed).toEqual(['Area/eu', 'Area/asia', 'Area/us'])
  })
  test('refuses a document that is given twice, and one that cannot be read, in one answer', () => {
    const broken = { kind: 'Pop', name: 'x', spec: {} } as const
    expect(problemOf(applyDocuments(good, [area, area, broken], { prune: false }))).toBe(
      'Area/africa is given twice; keep one; Pop/x/spec/region: "region" is missing',
    )
  })
  test('refuses to prune everything because nothing was given', () => {
    expect(problemOf(applyDocuments(good, [], { prune: true }))).toMatch(/^nothing was given/)
  })
  test('changes nothing where the documents say the same in other words', () => {
    const spec = { ...(good.get(`Prefix/${v4}`) as object), attributes: { communities: ['65001:100', '65001:100'] } }
    expect(applyDocuments(good, [{ kind: 'Prefix', name: v4, spec }], { prune: false })).toMatchObject({ changes: [] })
  })
  test('keeps a password that was shown masked', () => {
    const neighbor = { ...(good.get('Neighbor/fra-alpha') as object), session: { password: 'secret' } }
    const document = { kind: 'Neighbor', name: 'fra-alpha' } as const
    const documents = after(applyDocuments(good, [{ ...document, spec: neighbor }], { prune: false }))
    const shown = redactDocument({ ...document, spec: documents.get('Neighbor/fra-alpha') })
    expect(JSON.stringify(shown)).not.toContain('secret')
    expect(JSON.stringify(shown)).toContain(mask)
    expect(applyDocuments(documents, [shown], { prune: false })).toMatchObject({ changes: [] })
    const lost = applyChanges(good, [{ key: 'Neighbor/fra-alpha', before: undefined, after: shown.spec }])
    expect(checkIntent(buildIntent(lost, 1).intent).map(({ code }) => code)).toContain('masked-password')
  })
})

describe('the way back', () => {
  test('a revision is undone where nobody changed the same documents since', () => {
    const edit = withdraw(good, { prefix: v4, at: ['eu'] })
    const changes = edit.ok ? edit.changes : []
    const later = after(withdraw(after(edit), { prefix: v6 }), after(edit))
    expect(after(revert(later, changes), later).get(`Prefix/${v4}`)).toEqual(good.get(`Prefix/${v4}`))
  })
  test('and otherwise the revision in the way is named', () => {
    const first = withdraw(good, { prefix: v4, at: ['eu'] })
    const second = withdraw(after(first), { prefix: v4, at: ['sin'] })
    const changes = first.ok ? first.changes : []
    const later = [{ revision: 8, changes: second.ok ? second.changes : [] }]
    expect(problemOf(revert(after(second, after(first)), changes, later))).toBe(
      `Prefix/${v4} was changed again by revision 8; undo revision 8 first, or restore an earlier revision as a whole`,
    )
  })
  test('an earlier set of documents is restored as a whole', () => {
    const later = after(
      removeDocuments(after(freeze(good, { id: 'f', startedAtMs: 0 })), [`Prefix/${v4}` as DocumentKey]),
    )
    expect(after(restoreTo(later, good), later)).toEqual(good)
  })
  test('a failover that has ended does not come back, one that stands stays as it is, one that came since goes', () => {
    const failover = (action: string) => ({ prefix: v4, place: { pop: 'fra' }, action })
    const then = new Map(good).set('Failover/ended', failover('drain')).set('Failover/stands', failover('drain'))
    const now = new Map(good).set('Failover/stands', failover('prepend')).set('Failover/since', failover('drain'))
    const restored = new Map(good).set('Failover/stands', failover('prepend'))
    expect(after(restoreTo(now, then), now)).toEqual(restored)
  })
  test('what the path learner preferred does not come back either, what a person preferred does', () => {
    const prefers = (by: string) => ({ group: 'origin', pop: 'fra', path: 'bb1', by })
    const then = new Map(good).set('Preference/learned', prefers('learner')).set('Preference/said', prefers('person'))
    expect(after(restoreTo(good, then), good)).toEqual(new Map(good).set('Preference/said', prefers('person')))
    const now = new Map(good).set('Preference/said', prefers('learner'))
    expect(after(restoreTo(now, then), now).get('Preference/said')).toEqual(prefers('person'))
  })
})
