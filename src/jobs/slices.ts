/** Long pure work beside short urgent work: a generator's steps, with the event loop let through every few milliseconds. */
import { setImmediate as turn } from 'node:timers/promises'

const sliceMs = 20

/** Runs it to its end. What it reads must not be changed meanwhile by anybody else. */
export async function inSlices<T>(steps: Generator<undefined, T, undefined>): Promise<T> {
  let until = performance.now() + sliceMs
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (performance.now() < until) continue
    await turn()
    until = performance.now() + sliceMs
  }
}
