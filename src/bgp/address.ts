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

/** One pass: groups go in from the left; what stands after `::` is moved to the right end at last. */
function readIpv6(text: string): Uint16Array | undefined {
  const words = new Uint16Array(8)
  let count = 0
  let gap = -1
  let at = 0
  if (text.startsWith('::')) {
    gap = 0
    at = 2
  }
  while (at < text.length) {
    const end = groupEnd(text, at)
    if (text.charCodeAt(end) === dot) {
      const quad = count <= 6 ? readIpv4(text.slice(at)) : undefined
      if (quad === undefined) return undefined
      words.set(quad, count)
      count += 2
      break
    }
    if (end === at || end - at > 4 || count === 8) return undefined
    words[count++] = Number.parseInt(text.slice(at, end), 16)
    if (end === text.length) break
    if (text.charCodeAt(end) !== colon) return undefined
    at = end + 1
    if (text.charCodeAt(at) === colon) {
      if (gap >= 0) return undefined
      gap = count
      at++
    } else if (at === text.length) return undefined
  }
  if (gap < 0) return count === 8 ? words : undefined
  if (count === 8) return undefined
  words.copyWithin(8 - (count - gap), gap, count)
  return words.fill(0, gap, 8 - (count - gap))
}

/** Where the hexadecimal digits that start at `at` end. */
function groupEnd(text: string, at: number): number {
  let end = at
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end)
    const letter = code | 32
    if ((code < 48 || code > 57) && (letter < 97 || letter > 102)) break
  }
  return end
}

const dot = 46
const colon = 58

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
  if (bestStart < 0) return hexGroups(words, 0, 8)
  return `${hexGroups(words, 0, bestStart)}::${hexGroups(words, bestStart + bestLength, 8)}`
}

function hexGroups(words: Uint16Array, from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) text += `${i > from ? ':' : ''}${(words[i] ?? 0).toString(16)}`
  return text
}
