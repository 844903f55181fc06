import { describe, expect, test } from 'vitest'
import { explain } from '../../../src/learning/explain.ts'
import { random } from '../../bench/learner/group.ts'
import { LearnerRun, batch } from '../../support/learning.ts'

const sentences = (run: LearnerRun) =>
  run.decisions.map((decision) => (decision.kind === 'stay' ? '' : decision.explanation.sentence))

describe('a decision explains itself', () => {
  test('when it moves for a gain', () => {
    const run = new LearnerRun().settle({ a: 50, b: 50 })
    run.untilMove({ a: 70, b: 50 }, 10)
    expect(sentences(run)).toEqual([
      'fra toward origin-eu moves from a to b for 20 ms less: 160 ms·min of evidence against a threshold of 135 (set by the price), and 300 more are to be expected.',
    ])
    expect(run.decisions).toMatchObject([{ explanation: { chosen: 'a', expectedGainMs: 20 } }])
  })

  test('when it undoes a move that did not help', () => {
    const run = new LearnerRun().settle({ a: 50, b: 50 })
    run.untilMove({ a: 70, b: 50 }, 10)
    run.untilMove({ a: 50, b: 80 }, 10)
    expect(sentences(run)[1]).toBe(
      'fra toward origin-eu goes back from b to a, because the gain of the last move did not last (−30.0 ms since): 240 ms·min of evidence against a threshold of 135 (set by the price).',
    )
  })

  test('when it stays, although there is evidence, because what comes and goes by itself is not worth a move', () => {
    const run = new LearnerRun({ deadbandMs: 1 })
    const draw = random(5)
    const restless = () => 50 + 8 * draw()
    for (let hour = 0; hour < 48; hour++) {
      const costs = { a: restless(), b: restless() }
      for (let i = 0; i < 15; i++) run.step({ a: costs.a, b: costs.b })
    }
    const [chosen, other] = run.state.chosen === 'a' ? ['a', 'b'] : ['b', 'a']
    const moved = run.decisions.length
    run.untilMove({ [chosen]: 56, [other]: 51 }, 12)
    expect(run.decisions).toHaveLength(moved)
    const latest = batch(run.atMs, { a: 0, b: 0, [chosen]: 56, [other]: 51 })
    const { sentence, candidates } = explain(run.state, latest, run.settings, undefined)
    expect(sentence).toMatch(
      new RegExp(
        `stays on ${chosen}: of the others ${other} has most to say for it, \\d+ ms·min of evidence against a threshold of 135 \\(set by the price\\), but only \\d+ more are to be expected, and a move has a price of 135: such differences last 15 minutes\\.$`,
      ),
    )
    expect(candidates.find(({ path }) => path === other)?.flips).toMatch(
      /^A gain that is larger or goes on: only \d+ more/,
    )
  })

  test('when it leaves a black hole', () => {
    const run = new LearnerRun().settle({ a: 50, b: 52 }, 60, 1000)
    run.untilMove({ a: 'lost', b: 52 }, 10, { probes: 1 }, 1000)
    expect(sentences(run)).toEqual([
      'fra toward origin-eu leaves a for b at once: a lost 3 probes in a row, 15 % of its last 20, while b answers in 52 ms.',
    ])
  })

  test('when a guard holds it, with the figures of the guard and what would flip it', () => {
    const run = new LearnerRun().settle({ a: 50, b: 50 })
    run.untilMove({ a: 70, b: 50 }, 10, { capacity: { b: { limitBps: 100, loadBps: 75 } }, demandBps: 10 })
    expect(sentences(run)).toEqual([
      'fra toward origin-eu would move to b for 20 ms less, and stays on a because of the guard load: b would be at 85 % of its capacity, above 80 %.',
    ])
    expect(run.decisions).toMatchObject([
      {
        explanation: {
          candidates: [
            { path: 'a' },
            { path: 'b', flips: 'Nothing before load allows it: b would be at 85 % of its capacity, above 80 %.' },
          ],
        },
      },
    ])
  })

  test('when it stays, at any moment, with costs in their intervals', () => {
    const run = new LearnerRun().settle({ a: 50, b: 60 })
    const { sentence, candidates } = explain(run.state, batch(run.atMs, { a: 50, b: 60 }), run.settings, undefined)
    expect(sentence).toMatch(
      /^fra toward origin-eu stays on a: of the others b has most to say for it, 0 ms·min of evidence against a threshold of \d+ \(set by the price\)\.$/,
    )
    expect(candidates).toMatchObject([
      { path: 'a', chosen: true, costMs: 50, lowMs: 50, highMs: 50 },
      {
        path: 'b',
        chosen: false,
        batches: 30,
        flips: expect.stringMatching(/^A cost 10 ms below a's for \d+ minutes; now it is 10 ms above\.$/),
      },
    ])
  })
})
