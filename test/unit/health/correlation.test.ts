/** The correlation brake: when POPs turn sick together, and when that is over. */
import { describe, expect, test } from 'vitest'
import { type CorrelationInput, type Suspicion, correlate, suspicionWords } from '../../../src/health/correlation.ts'
import { noPenalty } from '../../../src/health/penalty.ts'
import { subjectKey } from '../../../src/health/subject.ts'
import { type Verdict, type VerdictKey, type VerdictState, placeOf, verdictKey } from '../../../src/health/verdict.ts'
import type { PopId } from '../../../src/intent/model.ts'
import { line, service } from '../../support/health-builders.ts'

function verdict(subject: ReturnType<typeof service>, state: VerdictState, sinceMs = 0): Verdict {
  return {
    check: subject.kind,
    subject: subjectKey(subject),
    pop: subject.pop,
    place: placeOf(subject),
    state,
    sinceMs,
    reason: '',
    penalty: noPenalty,
    holdDownMs: 0,
    evidence: { failed: [], ok: [], unknown: [], quorum: 1 },
  }
}

const names = Array.from({ length: 10 }, (_, i) => `p${i}`)

/** Ten POPs; those named turned sick at these seconds, the others are healthy. */
function input(
  sick: Readonly<Record<string, number>>,
  parts: Partial<CorrelationInput> = {},
  doubtful: readonly string[] = [],
) {
  const verdicts = names.map((name) =>
    name in sick ? verdict(service(name), 'sick', sick[name]! * 1000) : verdict(service(name), 'healthy'),
  )
  return inputOf(verdicts, doubtful, parts)
}

function inputOf(verdicts: readonly Verdict[], doubtful: readonly string[], parts: Partial<CorrelationInput>) {
  const keyed = (those: readonly Verdict[]) =>
    new Map<VerdictKey, Verdict>(those.map((one) => [verdictKey(one.check, one.place), one]))
  return {
    verdicts: {
      all: keyed(verdicts),
      sick: keyed(verdicts.filter(({ state }) => state === 'sick')),
      doubtful: keyed(verdicts.filter(({ pop }) => doubtful.includes(pop))),
    },
    out: new Map<PopId, number>(),
    nowMs: 100_000,
    ...parts,
  }
}

const pops = (suspicion: Suspicion | undefined) => suspicion?.pops.join(' ')

describe('POPs that turn sick', () => {
  test.each([
    ['three of ten within a minute are suspicious', { p0: 40, p1: 70, p2: 100 }, 'p0 p1 p2'],
    ['two are not', { p0: 99, p1: 100 }, undefined],
    ['three over more than a minute are not', { p0: 30, p1: 70, p2: 100 }, undefined],
    ['the largest cluster counts', { p0: 1, p1: 60, p2: 70, p3: 80 }, 'p1 p2 p3'],
  ] as const)('%s', (_, sick, expected) => {
    expect(pops(correlate(undefined, input(sick)))).toBe(expected)
  })

  test('30 % of those of which anything is known', () => {
    const known = [...names, ...Array.from({ length: 10 }, (_, i) => `q${i}`)].map((name, i) =>
      verdict(service(name), i < 5 ? 'sick' : 'healthy', 99_000),
    )
    expect(correlate(undefined, inputOf(known, [], {}))).toBeUndefined()
    const silent = known.map((one, i) => (i > 15 ? { ...one, state: 'unknown' as const } : one))
    expect(correlate(undefined, inputOf(silent, [], {}))).toMatchObject({ of: 16 })
  })

  test('one that is sick and others that are one failure away', () => {
    expect(pops(correlate(undefined, input({ p0: 100 }, {}, ['p1', 'p2'])))).toBe('p0 p1 p2')
    expect(correlate(undefined, input({}, {}, ['p0', 'p1', 'p2']))).toBeUndefined()
    expect(correlate(undefined, input({ p0: 10 }, {}, ['p1', 'p2']))).toBeUndefined()
  })

  test('what automation took out before is no news', () => {
    const out = new Map([['p0' as PopId, 50_000]])
    expect(correlate(undefined, input({ p0: 98, p1: 99, p2: 100 }, { out }))).toBeUndefined()
    const later = new Map([['p0' as PopId, 98_500]])
    expect(pops(correlate(undefined, input({ p0: 98, p1: 99, p2: 100 }, { out: later })))).toBe('p0 p1 p2')
  })

  test('one line is no POP; all lines of it are', () => {
    const lines = (sick: readonly string[]) => [
      ...names.map((name) => verdict(service(name), 'healthy')),
      ...['p0', 'p1', 'p2'].flatMap((name) =>
        ['a', 'b'].map((end) => verdict(line(name, `${name}-${end}`), sick.includes(end) ? 'sick' : 'healthy', 99_000)),
      ),
    ]
    expect(correlate(undefined, inputOf(lines(['a']), [], {}))).toBeUndefined()
    expect(pops(correlate(undefined, inputOf(lines(['a', 'b']), [], {})))).toBe('p0 p1 p2')
  })
})

describe('a suspicion', () => {
  const suspicion = correlate(undefined, input({ p0: 98, p1: 99, p2: 100 }))!

  test('lasts a minute longer than what raised it', () => {
    const calm = correlate(suspicion, input({}, { nowMs: 120_000 }))
    expect(calm).toMatchObject({ overSinceMs: 120_000 })
    expect(correlate(calm, input({}, { nowMs: 179_999 }))).toBeDefined()
    expect(correlate(calm, input({}, { nowMs: 180_000 }))).toBeUndefined()
    expect(suspicionWords(calm!)).toContain('that seems over')
  })

  test('goes on where it comes again meanwhile', () => {
    const calm = correlate(suspicion, input({}, { nowMs: 120_000 }))
    const again = correlate(calm, input({ p0: 130, p1: 131, p2: 132 }, { nowMs: 132_000 }))
    expect(again).toMatchObject({ sinceMs: suspicion.sinceMs })
    expect(again).not.toHaveProperty('overSinceMs')
  })

  test('ends with the word of a person, for what was sick by then', () => {
    const went = input({ p0: 98, p1: 99, p2: 100 }, { goAtMs: 101_000, nowMs: 101_000 })
    expect(correlate(suspicion, went)).toBeUndefined()
    const more = input({ p0: 98, p1: 99, p2: 100, p3: 110, p4: 111, p5: 112 }, { goAtMs: 101_000, nowMs: 112_000 })
    expect(pops(correlate(undefined, more))).toBe('p3 p4 p5')
  })
})
