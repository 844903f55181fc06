/**
 * Samples of paths, gathered until they make a batch: three of every path, or a minute, or, so that a dead path is left
 * within seconds, as soon as nothing comes back over the path in use. Several agents' samples of one path count alike.
 */
import type { Sample } from '../../health/sample.ts'
import type { SubjectKey } from '../../health/subject.ts'
import type { ArmBatch } from '../../learning/batch.ts'

const samplesPerBatch = 3
const longestMs = 60_000
/** More than any batch needs: paths of which nobody asks must not fill the memory. */
const pendingAtMost = 200

export type Measured = Pick<ArmBatch, 'sent' | 'rttsMs' | 'jitterMs'>

/** What a path is measured by; undefined: by nothing. */
export type Measure = SubjectKey | undefined

interface Pending {
  sent: number
  readonly rttsMs: number[]
  readonly jittersMs: number[]
}

const nothing: Measured = { sent: 0, rttsMs: [] }

export class SampleBook {
  readonly #pending = new Map<SubjectKey, Pending>()

  take(samples: readonly Sample[]): void {
    for (const { subject, outcome, rttMs, jitterMs } of samples) {
      if (!subject.startsWith('path/') || outcome === 'unknown') continue
      const pending = this.#at(subject)
      if (pending.sent >= pendingAtMost) continue
      pending.sent++
      if (outcome === 'ok' && rttMs !== undefined) pending.rttsMs.push(rttMs)
      if (jitterMs !== undefined) pending.jittersMs.push(jitterMs)
    }
  }

  /**
   * What was measured since the last batch, in the order of the measures; undefined: not enough yet.
   * @param inUse that of the path in use
   */
  batch(measures: readonly Measure[], inUse: Measure, sinceMs: number): readonly Measured[] | undefined {
    const found = measures.map((measure) => this.#measured(measure))
    const least = Math.min(...found.map(({ sent }) => sent))
    const own = this.#measured(inUse)
    const silent = own.sent > 0 && own.rttsMs.length === 0 && least > 0
    const some = found.some(({ sent }) => sent > 0)
    return least >= samplesPerBatch || silent || (some && sinceMs >= longestMs) ? found : undefined
  }

  forget(measures: readonly Measure[]): void {
    for (const measure of measures) if (measure !== undefined) this.#pending.delete(measure)
  }

  #measured(measure: Measure): Measured {
    const pending = measure === undefined ? undefined : this.#pending.get(measure)
    if (pending === undefined) return nothing
    const { sent, rttsMs, jittersMs } = pending
    const sum = jittersMs.reduce((total, one) => total + one, 0)
    return { sent, rttsMs: [...rttsMs], ...(jittersMs.length > 0 && { jitterMs: sum / jittersMs.length }) }
  }

  #at(subject: SubjectKey): Pending {
    let pending = this.#pending.get(subject)
    if (pending === undefined) this.#pending.set(subject, (pending = { sent: 0, rttsMs: [], jittersMs: [] }))
    return pending
  }
}
