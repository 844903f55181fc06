/** The rhythm of probes, on a clock that the test turns. */
import { expect, test } from 'vitest'
import { type Subject, subjectKey } from '../../../src/health/subject.ts'
import type { Address } from '../../../src/bgp/address.ts'
import type { PopId } from '../../../src/intent/model.ts'
import type { Task } from '../../../src/health/task.ts'
import { Schedule, type ScheduleClock, phaseOf } from '../../../src/probe/schedule.ts'

class PretendClock implements ScheduleClock {
  #nowMs = 12_345.5
  #timers: { readonly dueMs: number; readonly ring: () => void }[] = []

  nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, ring: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, ring }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Rings every timer in time; promises that they settle run in between. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.dueMs - b.dueMs)[0]
      if (next === undefined || next.dueMs > untilMs) break
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      await this.#ring(next)
    }
    this.#nowMs = untilMs
  }

  /** Time passes without a timer ringing; then all that are over ring at once. */
  async suspend(ms: number): Promise<void> {
    this.#nowMs += ms
    for (const timer of this.#timers.filter(({ dueMs }) => dueMs <= this.#nowMs)) await this.#ring(timer)
  }

  async #ring(timer: { readonly ring: () => void }): Promise<void> {
    this.#timers = this.#timers.filter((other) => other !== timer)
    timer.ring()
    await this.settle()
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 5; i++) await Promise.resolve()
  }
}

function task(id: string, intervalMs: number): Task {
  const subject: Subject = { kind: 'service', pop: 'fra' as PopId, service: 'dns' }
  const probe = { kind: 'tcp', address: '127.0.0.1' as Address, port: 1 } as const
  return { id: `${id}/${subjectKey(subject)}`, check: id, subject, probe, intervalMs, timeoutMs: 100 }
}

function stage(run: (task: Task, signal: AbortSignal) => Promise<void> = async () => undefined) {
  const clock = new PretendClock()
  const startedMs = new Map<string, number[]>()
  const schedule = new Schedule<Task>({
    clock,
    seed: 'fra-1',
    run(probed, signal) {
      startedMs.set(probed.id, [...(startedMs.get(probed.id) ?? []), clock.nowMs()])
      return run(probed, signal)
    },
  })
  return { clock, schedule, startedMs }
}

test('keeps its rhythm for an hour without drifting', async () => {
  const { clock, schedule, startedMs } = stage()
  const probed = task('a', 1000)
  schedule.configure([probed])
  await clock.advance(3_600_000)
  const times = startedMs.get(probed.id) ?? []
  expect(times).toHaveLength(3600)
  const phaseMs = phaseOf(`fra-1 ${probed.id}`, 1000)
  for (const [i, atMs] of times.entries()) {
    expect(Math.abs(((atMs - phaseMs) / 1000) % 1)).toBeCloseTo(0, 6)
    if (i > 0) expect(atMs - (times[i - 1] ?? 0)).toBeCloseTo(1000, 6)
  }
})

test('spreads 100 targets over the interval', async () => {
  const { clock, schedule, startedMs } = stage()
  schedule.configure(Array.from({ length: 100 }, (_, i) => task(`check-${i}`, 200)))
  await clock.advance(200)
  const phases = [...startedMs.values()].flat().map((atMs) => atMs % 200)
  expect(phases).toHaveLength(100)
  const byTenth = Array.from({ length: 10 }, (_, i) => phases.filter((ms) => Math.floor(ms / 20) === i).length)
  for (const count of byTenth) expect(count).toBeGreaterThan(1)
  for (const count of byTenth) expect(count).toBeLessThan(25)
})

test('does not probe a target while its last probe runs', async () => {
  let ends: () => void = () => undefined
  const { clock, schedule, startedMs } = stage(() => new Promise((resolve) => (ends = resolve)))
  const probed = task('slow', 200)
  schedule.configure([probed])
  await clock.advance(1000)
  expect(startedMs.get(probed.id)).toHaveLength(1)
  ends()
  await clock.settle()
  await clock.advance(200)
  expect(startedMs.get(probed.id)).toHaveLength(2)
})

test('keeps its rhythm where every probe waits its whole interval for an answer, and a moment longer', async () => {
  const { clock, schedule, startedMs } = stage(
    () => new Promise((resolve) => void clock.after(1002, () => resolve(undefined))),
  )
  const probed = task('silent', 1000)
  schedule.configure([probed])
  await clock.advance(20_000)
  const times = startedMs.get(probed.id) ?? []
  expect(times).toHaveLength(20)
  for (const [i, atMs] of times.entries()) if (i > 0) expect(atMs - (times[i - 1] ?? 0)).toBeLessThan(1010)
})

test('does not make up for what a suspended machine missed', async () => {
  const { clock, schedule, startedMs } = stage()
  schedule.configure(Array.from({ length: 50 }, (_, i) => task(`check-${i}`, 1000)))
  await clock.advance(1000)
  const before = [...startedMs.values()].flat().length
  await clock.suspend(60_000)
  const burst = [...startedMs.values()].flat().length - before
  expect(burst).toBeLessThan(12) // those whose own moment it happened to be
  await clock.advance(1000)
  for (const times of startedMs.values()) expect(times.length).toBeLessThanOrEqual(3)
  const after = [...startedMs.values()].map((times) => times.at(-1) ?? 0)
  expect(Math.max(...after) - Math.min(...after)).toBeGreaterThan(500)
})

test('a task that is taken away is stopped; one that stays is not disturbed', async () => {
  const stopped: string[] = []
  const { clock, schedule, startedMs } = stage(
    ({ id }, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(void stopped.push(id)))),
  )
  const [stays, goes] = [task('stays', 100), task('goes', 100)]
  schedule.configure([stays, goes])
  await clock.advance(100)
  schedule.configure([structuredClone(stays)])
  await clock.advance(1000)
  expect(stopped).toEqual([goes.id])
  expect(startedMs.get(stays.id)).toHaveLength(1)
  schedule.close()
  await clock.advance(1000)
  expect(stopped).toEqual([goes.id, stays.id])
})
