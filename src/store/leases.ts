/**
 * Leases: one holder per name at a time, by a key with a TTL and a random token. A holder knows by its own monotonic
 * clock when it can no longer be sure, without asking Redis; what it writes late is refused by the token (fence.ts).
 */
import { randomUUID } from 'node:crypto'
import type { Keys } from './keys.ts'
import type { Link, Links } from './link.ts'
import { defineScript, runScript } from './script.ts'
import type { Fence, Lease, Leases } from './store.ts'

/** KEYS lease. ARGV token, TTL ms. 1 where the token still holds it. */
const renewScript = defineScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`)

/** KEYS lease. ARGV token. */
const releaseScript = defineScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`)

export interface OpenLeases extends Leases {
  /** Gives up every lease held; others may take them at once. */
  close(): Promise<void>
}

export function createLeases(links: Links, keys: Keys): OpenLeases {
  const held = new Set<Lease>()
  return {
    async acquire(name, ttlMs) {
      const token = randomUUID()
      const askedAt = performance.now()
      const answer = await links.prompt.run((redis) => redis.set(keys.lease(name), token, 'PX', ttlMs, 'NX'))
      if (answer === null) return undefined
      const lease = holdLease(links.prompt, keys.lease(name), { lease: name, token }, ttlMs, askedAt)
      held.add(lease)
      lease.signal.addEventListener('abort', () => held.delete(lease), { once: true })
      return lease
    },
    async close() {
      await Promise.allSettled([...held].map((lease) => lease.release()))
    },
  }
}

/**
 * Renews at a third of the TTL. A renewal counts from the moment it was asked for, and is trusted for the TTL less a
 * tenth: clocks of two hosts may run at slightly different speeds.
 */
function holdLease(link: Link, key: string, fence: Fence, ttlMs: number, askedAt: number): Lease {
  const trustedMs = ttlMs * 0.9
  const controller = new AbortController()
  let trustedUntil = askedAt + trustedMs
  const end = (): void => {
    clearTimeout(expiry)
    clearTimeout(renewal)
    controller.abort()
  }
  const held = (): boolean => {
    if (controller.signal.aborted) return false
    if (performance.now() < trustedUntil) return true
    end()
    return false
  }
  const watchExpiry = (): NodeJS.Timeout =>
    setTimeout(
      () => {
        if (held()) expiry = watchExpiry()
      },
      Math.max(1, trustedUntil - performance.now()),
    )
  const renew = async (): Promise<void> => {
    const at = performance.now()
    const answer = await link
      .run((redis) => runScript(redis, renewScript, [key], [fence.token, ttlMs]))
      .catch(() => 'unknown')
    if (!held()) return
    if (answer === 0) return end()
    if (answer === 1) trustedUntil = at + trustedMs
    // No answer: ask again soon; the lease stands until its time is over.
    renewal = setTimeout(() => void renew(), answer === 1 ? ttlMs / 3 : ttlMs / 10)
  }
  let expiry = watchExpiry()
  let renewal = setTimeout(() => void renew(), ttlMs / 3)
  return {
    fence,
    held,
    signal: controller.signal,
    async release() {
      if (controller.signal.aborted) return
      end()
      await link.run((redis) => runScript(redis, releaseScript, [key], [fence.token]))
    },
  }
}
