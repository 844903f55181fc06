/**
 * Whether this machine has a link of its own: an address, beyond loopback and link-local, on an interface that is up and
 * has a carrier. Without one, a target that cannot be reached says nothing about the target.
 */
import { networkInterfaces } from 'node:os'
import type { Family } from '../bgp/family.ts'

export type HasLink = (family: Family) => boolean

/** Asking the kernel costs tens of microseconds, and when everything fails everybody asks. */
const trustedForMs = 100

let askedAtMs = Number.NEGATIVE_INFINITY
let families: ReadonlySet<Family> = new Set()

export function hasOwnLink(family: Family): boolean {
  const nowMs = performance.now()
  if (nowMs - askedAtMs > trustedForMs) {
    askedAtMs = nowMs
    families = familiesOf(networkInterfaces())
  }
  return families.has(family)
}

/** libuv lists only interfaces that are up and running. */
export function familiesOf(interfaces: ReturnType<typeof networkInterfaces>): ReadonlySet<Family> {
  const found = new Set<Family>()
  for (const addresses of Object.values(interfaces))
    for (const { internal, address, family } of addresses ?? [])
      if (!internal && !isLinkLocal(address)) found.add(family === 'IPv6' ? 'ipv6' : 'ipv4')
  return found
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address) || address.startsWith('169.254.')
}
