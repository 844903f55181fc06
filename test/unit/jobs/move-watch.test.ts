/** A revision's move of catchments, taken up by a new leader that hears the last seconds again. */
import { describe, expect, test } from 'vitest'
import type { CatchmentMove } from '../../../src/health/catchment-move.ts'
import { CatchmentBook } from '../../../src/health/catchment.ts'
import type { Sample } from '../../../src/health/sample.ts'
import { popNamed, vantageTasks } from '../../../src/health/vantage-tasks.ts'
import type { DocumentKey } from '../../../src/intent/document.ts'
import { MoveWatch } from '../../../src/jobs/health/move-watch.ts'
import { agent, announce, check, epoch, intent, pop, serviceV4 } from '../../support/builders.ts'

const acceptedAtMs = 100_000
const pops = [pop('fra'), pop('ams')]
const seen = { agents: [agent('oslo', 'vantage')], checks: [check('web', { from: 'vantage' })] }
const before = intent({ pops, ...seen, prefixes: [announce(serviceV4, { at: ['fra'] })] })
const after = intent({ pops, ...seen, prefixes: [announce(serviceV4, { at: [] })] })
const changes = [{ key: `Prefix/${serviceV4}` as DocumentKey, before: { at: ['fra'] }, after: { at: [] } }]
const step = { revision: { revision: 8, atMs: acceptedAtMs, changes } as never, before, after }

/** Probes of oslo, one a second, the first 6 s before the change; `-` is not answered. */
function heard(answers: string, stored?: CatchmentMove): CatchmentMove | undefined {
  const book = new CatchmentBook()
  const [task] = vantageTasks(after)
  book.configure([task!], (name) => popNamed(after, name))
  const hearing = () => [...book.lines()][0]
  const watch = MoveWatch.of(step, epoch, hearing, stored)
  for (const line of book.lines()) watch?.join(line)
  watch?.settle({ state: 'done', doneAtMs: acceptedAtMs + 50 })
  const words = answers.split(' ')
  const nowMs = acceptedAtMs - 6000 + words.length * 1000
  for (const [i, answer] of words.entries()) {
    const base = { task: task!.task, subject: 'service/x/web' as never, agent: 'oslo', sequence: i }
    const said = answer === '-' ? { outcome: 'fail' as const } : { outcome: 'ok' as const, answeredBy: answer }
    const sample: Sample = { ...base, atMs: acceptedAtMs - 6000 + i * 1000, ...said }
    for (const [line, one] of book.take([sample], nowMs)) watch?.hear(line, one)
  }
  watch?.judge(nowMs)
  return watch?.news()?.move as CatchmentMove | undefined
}

describe('a leader that opens a watch before it has heard the last seconds', () => {
  test('learns who answered before the change, and sees that nobody does any more', () => {
    const move = heard('ams ams ams fra fra fra - - - - - -')
    expect(move?.prefixes).toMatchObject([{ prefix: serviceV4, left: ['fra'], state: 'moved' }])
    expect(move?.vantages).toMatchObject([{ agent: 'oslo', before: 'fra', lastOldAtMs: acceptedAtMs - 1000 }])
  })

  test('goes on watching where it is still answered', () => {
    expect(heard('fra fra fra fra fra fra fra fra fra fra')?.prefixes).toMatchObject([{ state: 'watching' }])
  })

  test('believes what an earlier leader knew', () => {
    const target = vantageTasks(after)[0]!.target
    const stored: CatchmentMove = {
      acceptedAtMs,
      prefixes: [{ prefix: serviceV4, left: ['fra' as never], joined: [], state: 'watching' }],
      vantages: [
        { prefix: serviceV4, agent: 'oslo' as never, target, before: 'fra' as never, lastOldAtMs: acceptedAtMs },
      ],
    }
    const move = heard('ams ams ams - - - - - - - - -', stored)
    expect(move?.vantages).toMatchObject([{ before: 'fra', lastOldAtMs: acceptedAtMs }])
  })
})
