/**
 * Quantiles of times that fade: a histogram whose buckets grow by a seventh, so that a quantile is right within some 7 %,
 * and whose weights halve every half minute. Weights of new samples grow instead of old ones shrinking (forward decay), so
 * that a sample costs O(1); all sketches of a book share one scale, so that sketches of several places can be added up.
 */

const lowestMs = 0.05
const growth = 1.15
/** Up to about 33 s. */
const buckets = 96
const logGrowth = Math.log(growth)

export class Sketch {
  readonly #weights = new Float32Array(buckets)
  #total = 0
  /** The buckets that were ever used: of a place they are few. */
  #first = buckets
  #last = -1

  add(valueMs: number, weight: number): void {
    const bucket = Math.min(Math.ceil(Math.log(Math.max(valueMs, lowestMs) / lowestMs) / logGrowth), buckets - 1)
    this.#weights[bucket]! += weight
    this.#total += weight
    this.#use(bucket, bucket)
  }

  /** Adds another one's weights. */
  merge(other: Sketch): void {
    for (let i = other.#first; i <= other.#last; i++) this.#weights[i]! += other.#weights[i]!
    this.#total += other.#total
    this.#use(other.#first, other.#last)
  }

  scale(factor: number): void {
    for (let i = this.#first; i <= this.#last; i++) this.#weights[i]! *= factor
    this.#total *= factor
  }

  /** @param share 0 to 1, such as 0.95; undefined: nothing is in it */
  quantile(share: number): number | undefined {
    let left = this.#total * share
    if (this.#total <= 0) return undefined
    for (let i = this.#first; i <= this.#last; i++) {
      const weight = this.#weights[i]!
      if (weight > 0 && left <= weight) {
        const upper = lowestMs * growth ** i
        return upper - (1 - left / weight) * (upper - upper / growth)
      }
      left -= weight
    }
    return lowestMs * growth ** this.#last
  }

  #use(first: number, last: number): void {
    this.#first = Math.min(this.#first, first)
    this.#last = Math.max(this.#last, last)
  }
}
