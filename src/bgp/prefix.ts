/**
 * Prefixes as canonical CIDR strings (`203.0.113.0/24`, `2001:db8::/48`): no host bits, one spelling per prefix,
 * so that a prefix is its own key in maps, in Redis and in URLs.
 */
import { type Address, addressFamily, formatAddress, readAddress } from './address.ts'
import { type Family, addressBits } from './family.ts'
import { type Parsed, parsed, refused } from './parsed.ts'

export type Prefix = string & { readonly __brand: 'Prefix' }

/** Canonical prefix, or why not. Host bits and non-canonical spellings are refused and the right spelling is named. */
export function parsePrefix(text: string): Parsed<Prefix> {
  if (isCanonicalIpv4(text)) return parsed(text as Prefix)
  const slash = text.indexOf('/')
  if (slash < 0) return refused(`"${text}" is not a prefix: it has no /length`)
  const words = readAddress(text.slice(0, slash))
  if (words === undefined) return refused(`"${text}" is not a prefix: "${text.slice(0, slash)}" is not an IP address`)
  const lengthText = text.slice(slash + 1)
  const length = Number(lengthText)
  const bits = addressBits(words.length === 2 ? 'ipv4' : 'ipv6')
  if (!/^\d{1,3}$/.test(lengthText) || length > bits)
    return refused(`"${text}" is not a prefix: the length must be 0 to ${bits}`)
  const masked = mask(words, length)
  const canonical = `${formatAddress(masked)}/${length}`
  if (canonical === text) return parsed(canonical as Prefix)
  return refused(
    masked.some((word, i) => word !== words[i])
      ? `"${text}" has host bits set; the prefix is "${canonical}"`
      : `"${text}" is not in canonical form; write "${canonical}"`,
  )
}

export function prefixFamily(prefix: Prefix): Family {
  return addressFamily(prefix)
}

/** Network bits, 0 to 32 or 128. */
export function prefixLength(prefix: Prefix): number {
  return Number(prefix.slice(prefix.indexOf('/') + 1))
}

/** True where `inner` is `outer` or a more-specific of it. Families never contain each other. */
export function contains(outer: Prefix, inner: Prefix): boolean {
  const length = prefixLength(outer)
  if (prefixFamily(outer) !== prefixFamily(inner) || length > prefixLength(inner)) return false
  return sameNetwork(prefixWords(outer), prefixWords(inner), length)
}

/** True where the first `length` bits of two addresses of one family agree. */
export function sameNetwork(a: Uint16Array, b: Uint16Array, length: number): boolean {
  for (let i = 0; i * 16 < length; i++) if ((((a[i] ?? 0) ^ (b[i] ?? 0)) & wordMask(length, i)) !== 0) return false
  return true
}

export function overlaps(a: Prefix, b: Prefix): boolean {
  return contains(a, b) || contains(b, a)
}

/** 16-bit words of the network address. */
export function prefixWords(prefix: Prefix): Uint16Array {
  const words = readAddress(prefix.slice(0, prefix.indexOf('/')))
  if (words === undefined) throw new Error(`assertion: ${prefix} was branded without parsePrefix`)
  return words
}

/** The prefix of `length` bits that contains this one; `length` is at most its own. */
export function truncate(prefix: Prefix, length: number): Prefix {
  return `${formatAddress(mask(prefixWords(prefix), length))}/${length}` as Prefix
}

/** The longest prefix among those that `isThere` knows which contains this one and has at most `length` bits. */
export function longestMatch(prefix: Prefix, length: number, isThere: (prefix: Prefix) => boolean): Prefix | undefined {
  for (let bits = length; bits >= 0; bits--) {
    const found = truncate(prefix, bits)
    if (isThere(found)) return found
  }
  return undefined
}

/** The prefix of one address alone. */
export function hostPrefix(address: Address): Prefix {
  return `${address}/${addressBits(addressFamily(address))}` as Prefix
}

/** The most specific prefix that an address lies in, among those that `isThere` knows. */
export function mostSpecific(address: Address, isThere: (prefix: Prefix) => boolean): Prefix | undefined {
  const host = hostPrefix(address)
  return longestMatch(host, prefixLength(host), isThere)
}

/**
 * Tables are parsed often and nearly all of them is canonical IPv4, so that this one pass over the text without any
 * allocation decides for most; what it does not recognise is read, and explained, the long way.
 */
function isCanonicalIpv4(text: string): boolean {
  const end = text.length
  let bits = 0
  let at = 0
  for (let octets = 0; octets < 4; octets++) {
    const start = at
    let octet = 0
    for (let code = text.charCodeAt(at); code >= zero && code <= nine; code = text.charCodeAt(++at))
      octet = octet * 10 + code - zero
    const digits = at - start
    if (digits === 0 || digits > 3 || octet > 255 || (digits > 1 && text.charCodeAt(start) === zero)) return false
    if (text.charCodeAt(at++) !== (octets < 3 ? dot : slashCode)) return false
    bits = (bits << 8) | octet
  }
  const digits = end - at
  if (digits < 1 || digits > 2) return false
  const first = text.charCodeAt(at) - zero
  const second = digits === 2 ? text.charCodeAt(at + 1) - zero : 0
  if (first < 0 || first > 9 || second < 0 || second > 9 || (digits === 2 && first === 0)) return false
  const length = digits === 2 ? first * 10 + second : first
  return length <= 32 && (length === 0 ? bits === 0 : (bits & ~(-1 << (32 - length))) === 0)
}

const zero = 48
const nine = 57
const dot = 46
const slashCode = 47

function mask(words: Uint16Array, length: number): Uint16Array {
  return words.map((word, i) => word & wordMask(length, i))
}

/** The bits of the word at `index` that belong to a network of `length` bits. */
function wordMask(length: number, index: number): number {
  const kept = Math.min(16, Math.max(0, length - index * 16))
  return (0xffff << (16 - kept)) & 0xffff
}
