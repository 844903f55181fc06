/** Autonomous system numbers, 32 bit (RFC 6793), in asplain notation (RFC 5396). */
import { type Parsed, parsed, refused } from './parsed.ts'

export type Asn = number & { readonly __brand: 'Asn' }

export function parseAsn(value: number | string): Parsed<Asn> {
  const asn =
    typeof value === 'number' ? value : /^(?:AS)?\d{1,10}$/i.test(value) ? Number(value.replace(/^AS/i, '')) : NaN
  if (!Number.isInteger(asn) || asn < 1 || asn > 4294967295)
    return refused(`"${value}" is not an AS number: write 1 to 4294967295`)
  if (asn === 23456) return refused('AS 23456 is AS_TRANS (RFC 6793) and cannot be used')
  return parsed(asn as Asn)
}

/** RFC 6996 private use and RFC 7300 last ASNs: never to be seen on the Internet. */
export function isPrivateAsn(asn: Asn): boolean {
  return (asn >= 64512 && asn <= 65535) || asn >= 4200000000
}
