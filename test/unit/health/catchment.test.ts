/** Which POP answers whom, and whether a change was seen to move that. */
import { describe, expect, test } from 'vitest'
import type { Address } from '../../../src/bgp/address.ts'
import type { Prefix } from '../../../src/bgp/prefix.ts'
import {
  type CatchmentMove,
  type PrefixMove,
  followAnswer,
  judgeMove,
  moveState,
  movedAtMs,
  vantageBefore,
} from '../../../src/health/catchment-move.ts'
import { type Answer, CatchmentBook, type Line } from '../../../src/health/catchment.ts'
import type { Sample } from '../../../src/health/sample.ts'
import type { SubjectKey } from '../../../src/health/subject.ts'
import type { PopId } from '../../../src/intent/model.ts'
import type { AgentId } from '../../../src/intent/monitoring.ts'

const pops = new Set(['fra', 'ams', 'sin'])
const popNamed = (name: string) => (pops.has(name) ? (name as PopId) : undefined)
const target = '203.0.113.1' as Address
const task = (agent: string, name = 'web') => ({ task: `${name}/x`, agent: agent as AgentId, target, intervalMs: 1000 })

/** Vantage points that probe once a second; each letter of a script is one probe of `v1`: a POP, `-` lost, `?` unnamed. */
class Outlook {
  readonly book = new CatchmentBook()
  nowMs = 100_000
  readonly #sequences = new Map<string, number>()

  constructor(...agents: readonly string[]) {
    this.book.configure(
      agents.map((agent) => task(agent)),
      popNamed,
    )
  }

  see(agent: string, answer: string, sentAtMs = this.nowMs): void {
    const sequence = (this.#sequences.get(agent) ?? 0) + 1
    this.#sequences.set(agent, sequence)
    const base = { task: 'web/x', subject: 'service/x/web' as SubjectKey, agent, sequence, atMs: sentAtMs }
    const outcome = answer === '-' ? 'fail' : answer === '!' ? 'unknown' : 'ok'
    const answeredBy = ['-', '!', '?'].includes(answer) ? {} : { answeredBy: answer }
    this.book.take([{ ...base, outcome, ...answeredBy } satisfies Sample], this.nowMs)
  }

  script(agent: string, answers: string): void {
    for (const answer of answers.split(' ')) {
      this.see(agent, answer)
      this.nowMs += 1000
    }
  }

  line(agent: string): Line {
    for (const line of this.book.lines()) if (line.agent === agent) return line
    throw new Error(`no line of ${agent}`)
  }

  state(agent: string): string {
    const { state, pop, name } = this.line(agent).state(this.nowMs)
    return [state, pop ?? name].filter((one) => one !== undefined).join(' ')
  }
}

describe('the catchment', () => {
  test.each([
    ['fra fra fra', 'named fra'],
    ['fra fra ams ams ams ams', 'named ams'],
    // Two paths of equal cost, answers alternate: it stays where it was.
    ['fra fra ams fra ams fra ams', 'named fra'],
    ['fra ams fra ams ams', 'named fra'],
    ['fra - fra - fra', 'named fra'],
    ['fra fra - - -', 'named fra'],
    ['fra fra - - - - -', 'unanswered fra'],
    ['- - - - -', 'unanswered'],
    ['? ? ?', 'unnamed'],
    ['edge17 edge17', 'unnamed edge17'],
    ['! ! !', 'silent'],
  ])('after %s it is "%s"', (script, expected) => {
    const outlook = new Outlook('v1')
    outlook.script('v1', script)
    expect(outlook.state('v1')).toBe(expected)
  })

  test('it turned with the first answer of the new POP', () => {
    const outlook = new Outlook('v1')
    outlook.script('v1', 'fra fra ams ams ams ams')
    expect(outlook.line('v1').state(outlook.nowMs)).toMatchObject({ pop: 'ams', sinceMs: 102_000 })
  })

  test('a vantage point of which nothing is heard is silent, and says who answered last', () => {
    const outlook = new Outlook('v1')
    outlook.script('v1', 'fra fra')
    outlook.nowMs += 10_000
    expect(outlook.state('v1')).toBe('silent fra')
  })

  test.each([
    ['fast: at once', 3_600_000, 10],
    ['slow: after a minute, in which it counts as silent', -3_600_000, 130],
  ])('an agent whose clock is wrong is corrected (%s)', (_, errorMs, seconds) => {
    const outlook = new Outlook('v1')
    for (let i = 0; i < seconds; i++) {
      outlook.see('v1', i < seconds - 5 ? 'fra' : 'ams', outlook.nowMs + errorMs)
      outlook.nowMs += 1000
      if (errorMs < 0 && i === 50) expect(outlook.state('v1')).toBe('silent')
    }
    const { sinceMs, pop } = outlook.line('v1').state(outlook.nowMs)
    expect(`${pop} ${sinceMs}`).toBe(`ams ${outlook.nowMs - 5000}`)
  })

  test('what is known stays when documents change, and goes with the task', () => {
    const outlook = new Outlook('v1')
    outlook.script('v1', 'fra fra')
    outlook.book.configure([task('v1'), task('v2')], popNamed)
    expect(outlook.state('v1')).toBe('named fra')
    outlook.book.configure([task('v2')], popNamed)
    expect([...outlook.book.lines()].map(({ agent }) => agent)).toEqual(['v2'])
  })
})

const prefix = '203.0.113.0/24' as Prefix
const from = (...left: readonly string[]) => left as readonly PopId[]

/** A change accepted at second 10 of which vantage points saw this: one script each, one answer a second from second 0. */
function moved(
  change: { readonly left?: readonly PopId[]; readonly joined?: readonly PopId[] },
  scripts: Readonly<Record<string, string>>,
  doneAtSecond: number | undefined,
  nowSecond?: number,
): CatchmentMove {
  const what: PrefixMove = { prefix, left: change.left ?? [], joined: change.joined ?? [], state: 'watching' }
  const outlook = new Outlook(...Object.keys(scripts))
  const startMs = outlook.nowMs
  for (const [agent, script] of Object.entries(scripts)) {
    outlook.nowMs = startMs
    outlook.script(agent, script)
  }
  const acceptedAtMs = startMs + 10_000 - 1 // just before the probe of second 10
  const vantages = Object.keys(scripts).map((agent) => {
    const line = outlook.line(agent)
    let vantage = vantageBefore(prefix, agent as AgentId, target, line.popBefore(acceptedAtMs))
    // Twice: a new leader hears the last seconds again.
    for (const answer of [...line.recent, ...line.recent]) vantage = followAnswer(vantage, what, acceptedAtMs, answer)
    return vantage
  })
  const doneAtMs = doneAtSecond === undefined ? undefined : startMs + doneAtSecond * 1000
  const nowMs = nowSecond === undefined ? outlook.nowMs : startMs + nowSecond * 1000
  const hearing = ({ agent }: { readonly agent: AgentId }) => outlook.line(agent)
  return judgeMove({ acceptedAtMs, prefixes: [what], vantages }, hearing, doneAtMs, nowMs)
}

/** Ten seconds of it. */
const ten = (pop: string) => Array.from({ length: 10 }, () => pop).join(' ')

describe('a POP that was taken away', () => {
  test('has lost its catchment when the last vantage point is answered elsewhere', () => {
    const move = moved(
      { left: from('fra') },
      {
        v1: `${ten('fra')} fra ams ams ams ams ams`,
        v2: `${ten('fra')} fra fra sin sin sin sin`,
        v3: `${ten('ams')} ${ten('ams')}`,
      },
      11,
    )
    expect(moveState(move)).toBe('moved')
    expect(movedAtMs(move)).toBe(112_000)
    expect(move.vantages).toEqual([
      expect.objectContaining({
        agent: 'v1',
        before: 'fra',
        after: 'ams',
        lastOldAtMs: 110_000,
        firstNewAtMs: 111_000,
      }),
      expect.objectContaining({
        agent: 'v2',
        before: 'fra',
        after: 'sin',
        lastOldAtMs: 111_000,
        firstNewAtMs: 112_000,
      }),
      expect.objectContaining({ agent: 'v3', before: 'ams', after: 'ams' }),
    ])
  })

  test('a service that died before was last answered before the change, too', () => {
    const move = moved({ left: from('fra') }, { v1: 'fra fra fra fra fra fra fra - - - - ams ams ams ams' }, 10)
    expect(moveState(move)).toBe('moved')
    expect(move.vantages[0]).toMatchObject({ before: 'fra', after: 'ams', lastOldAtMs: 106_000, firstNewAtMs: 111_000 })
  })

  test('nothing is claimed while a single vantage point is answered by it', () => {
    const move = moved(
      { left: from('fra') },
      { v1: `${ten('fra')} ams ams ams ams ams`, v2: `${ten('fra')} fra fra fra fra fra` },
      11,
    )
    expect(moveState(move)).toBe('watching')
  })

  test('nothing is claimed of a vantage point whose answers alternate', () => {
    expect(moveState(moved({ left: from('fra') }, { v1: `${ten('fra')} ams fra ams ams fra ams` }, 10))).toBe(
      'watching',
    )
  })

  test('nothing is claimed before the change was proved, nor on what was heard before that', () => {
    const scripts = { v1: `${ten('fra')} ams ams ams ams ams` }
    expect(moveState(moved({ left: from('fra') }, scripts, undefined))).toBe('watching')
    expect(moveState(moved({ left: from('fra') }, scripts, 20))).toBe('watching')
  })

  test('a vantage point that fell silent has not moved, and is not waited for for ever', () => {
    const scripts = { v1: `${ten('fra')} ams ams ams ams ams`, v2: ten('fra') }
    expect(moveState(moved({ left: from('fra') }, scripts, 11))).toBe('watching')
    expect(moveState(moved({ left: from('fra') }, scripts, 11, 80))).toBe('not-moved')
  })

  test('withdrawn everywhere, it is moved when nobody is answered any more', () => {
    const move = moved(
      { left: from('fra', 'ams') },
      { v1: `${ten('fra')} fra - - - - -`, v2: `${ten('ams')} - - - - -` },
      11,
    )
    expect(moveState(move)).toBe('moved')
    expect(movedAtMs(move)).toBe(110_000)
    expect(move.vantages.map(({ firstNewAtMs }) => firstNewAtMs)).toEqual([undefined, undefined])
  })

  test('that nobody was answered by is moved without a time', () => {
    const move = moved({ left: from('sin') }, { v1: `${ten('fra')} fra fra fra fra` }, 11)
    expect(moveState(move)).toBe('moved')
    expect(movedAtMs(move)).toBeUndefined()
  })

  test('one that comes back after that is watched again', () => {
    const move = moved({ left: from('fra') }, { v1: `${ten('fra')} ams ams ams ams ams fra` }, 11)
    expect(moveState(move)).toBe('watching')
    expect(move.vantages[0]).toMatchObject({ after: 'fra', lastOldAtMs: 115_000 })
    expect(move.vantages[0]).not.toHaveProperty('firstNewAtMs')
  })
})

describe('a POP that was added', () => {
  test('is seen with the first vantage point it answers', () => {
    const move = moved(
      { joined: from('sin') },
      { v1: `${ten('fra')} fra fra sin`, v2: `${ten('ams')} ams ams ams` },
      11,
    )
    expect(moveState(move)).toBe('moved')
    expect(movedAtMs(move)).toBe(112_000)
  })

  test('of a prefix that nobody was answered by before', () => {
    const move = moved({ joined: from('fra', 'ams') }, { v1: `${ten('-')} - fra fra`, v2: `${ten('-')} - - ams` }, 10)
    expect(movedAtMs(move)).toBe(111_000)
    expect(move.vantages.map(({ before, after }) => `${before} ${after}`)).toEqual(['undefined fra', 'undefined ams'])
  })

  test('that is nobody’s nearest is not seen, and that is said after a minute', () => {
    const scripts = { v1: `${ten('fra')} ${ten('fra')}` }
    expect(moveState(moved({ joined: from('sin') }, scripts, 11))).toBe('watching')
    expect(moveState(moved({ joined: from('sin') }, scripts, 11, 90))).toBe('not-moved')
  })
})

describe('attributes that were changed', () => {
  test('have moved whoever another POP answers for three intervals', () => {
    expect(moveState(moved({}, { v1: `${ten('fra')} fra ams ams` }, 10))).toBe('watching')
    const move = moved({}, { v1: `${ten('fra')} fra ams ams ams ams`, v2: `${ten('sin')} sin sin` }, 10)
    expect(moveState(move)).toBe('moved')
    expect(movedAtMs(move)).toBe(111_000)
  })
})

test('where nobody names the POP that answers, nothing is claimed', () => {
  const move = moved({ left: from('fra') }, { v1: `${ten('?')} ? ? ? ?`, v2: `${ten('-')} - - - -` }, 11, 90)
  expect(moveState(move)).toBe('untold')
})

test('a change that is never proved is given up after an hour', () => {
  const scripts = { v1: `${ten('fra')} fra fra fra` }
  expect(moveState(moved({ left: from('fra') }, scripts, undefined, 3500))).toBe('watching')
  expect(moveState(moved({ left: from('fra') }, scripts, undefined, 3700))).toBe('not-moved')
})

test('answers of several prefixes are judged each for itself', () => {
  const answer: Answer = { atMs: 5, answered: true, pop: 'sin' as PopId }
  const one: PrefixMove = { prefix, left: from('fra'), joined: [], state: 'watching' }
  const vantage = vantageBefore(prefix, 'v1' as AgentId, target, 'fra' as PopId)
  expect(followAnswer(vantage, one, 0, answer)).toMatchObject({ after: 'sin', firstNewAtMs: 5 })
  const states = ['moved', 'watching'] as const
  const prefixes = states.map((state) => ({ ...one, state }))
  expect(moveState({ prefixes })).toBe('watching')
})

test('an answer from before a change is no move, also where the change announces again at the POP that gave it', () => {
  const back: PrefixMove = { prefix, left: [], joined: from('sin', 'tyo'), state: 'watching' }
  const start = vantageBefore(prefix, 'v1' as AgentId, target, 'tyo' as PopId)
  const early = followAnswer(start, back, 1000, { atMs: 5, answered: true, pop: 'tyo' as PopId })
  expect(early).toMatchObject({ after: 'tyo' })
  expect(early).not.toHaveProperty('firstNewAtMs')
  const move: CatchmentMove = { acceptedAtMs: 1000, prefixes: [back], vantages: [early] }
  expect(moveState(judgeMove(move, () => undefined, 1100, 1200))).toBe('watching')
})
