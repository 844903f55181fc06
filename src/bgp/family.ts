/** Address families Herald announces (RFC 4760 AFI 1 and 2, SAFI 1 unicast). */
export type Family = 'ipv4' | 'ipv6'

export const families = ['ipv4', 'ipv6'] as const satisfies readonly Family[]

/** Bits of an address of the family. */
export function addressBits(family: Family): 32 | 128 {
  return family === 'ipv4' ? 32 : 128
}
