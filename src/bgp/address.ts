/**
 * IP addresses as canonical strings: dotted quad for IPv4, RFC 5952 for IPv6. One string per address, so that
 * equality is string equality. Parsed by hand because a full table is parsed often (ipaddr.js is 100 times slower).
 */
import type { Family } from './family.ts'
import { type Parsed, parsed, refused } from './parsed.ts'

export type Address = string & { readonly __brand: 'Address' }

/** Canonical address, or why not: a malformed or a non-canonical spelling is refused with the canonical one named. */
export function parseAddress(text: string): Parsed<Address> {
  const words = readAddress(text)
  if (words === undefined) return refused(`"${text}" is not an IP address`)
  const canonical = formatAddress(words)
  if (canonical !== text) return refused(`"${text}" is not in canonical form; write "${canonical}"`)
  return parsed(canonical)
}

export function addressFamily(address: string): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}

/** 16-bit words of an address (2 for IPv4, 8 for IPv6), or undefined when malformed. */
export function readAddress(text: string): Uint16Array | undefined {
  return text.includes(':') ? readIpv6(text) : readIpv4(text)
}

export function formatAddress(words: Uint16Array): Address {
  return (words.length === 2 ? formatIpv4(words) : formatIpv6(words)) as Address
}

function readIpv4(text: string): Uint16Array | undefined {
  let bits = 0
  let octet = -1
  let octets = 0
  let leadingZero = false
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 46
    if (code === 46) {
      if (octet < 0 || octets === 4) return undefined
      bits = bits * 256 + octet
      octets++
      octet = -1
      continue
    }
    if (code < 48 || code > 57) return undefined
    if (octet === 0) leadingZero = true
    octet = octet < 0 ? code - 48 : octet * 10 + code - 48
    if (octet > 255 || leadingZero) return undefined
  }
  return octets === 4 ? Uint16Array.of(Math.floor(bits / 65536), bits % 65536) : undefined
}

function readIpv6(text: string): Uint16Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = readGroups(halves[0] ?? '')
  const tail = halves.length === 2 ? readGroups(halves[1] ?? '') : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  return Uint16Array.from([...head, ...Array.from({ length: missing }, () => 0), ...tail])
}

function readGroups(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const quad = index === parts.length - 1 ? readIpv4(part) : undefined
      if (quad === undefined) return undefined
      groups.push(...quad)
      continue
    }
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined
    groups.push(Number.parseInt(part, 16))
  }
  return groups
}

function formatIpv4(words: Uint16Array): string {
  const high = words[0] ?? 0
  const low = words[1] ?? 0
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups becomes `::`. */
function formatIpv6(words: Uint16Array): string {
  let bestStart = -1
  let bestLength = 1
  for (let start = 0; start < 8; start++) {
    let end = start
    while (end < 8 && words[end] === 0) end++
    if (end - start > bestLength) {
      bestStart = start
      bestLength = end - start
    }
    if (end > start) start = end - 1
  }
  const hex = (from: number, to: number): string =>
    Array.from(words.subarray(from, to), (word) => word.toString(16)).join(':')
  return bestStart < 0 ? hex(0, 8) : `${hex(0, bestStart)}::${hex(bestStart + bestLength, 8)}`
}
