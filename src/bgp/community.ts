/** Communities (RFC 1997) as `ASN:value` and large communities (RFC 8092) as `ASN:function:parameter`. */
import { type Parsed, parsed, refused } from './parsed.ts'

export type Community = string & { readonly __brand: 'Community' }
export type LargeCommunity = string & { readonly __brand: 'LargeCommunity' }

export const gracefulShutdown = '65535:0' as Community // RFC 8326
export const noExport = '65535:65281' as Community // RFC 1997

const wellKnown: Readonly<Record<string, Community>> = {
  'graceful-shutdown': gracefulShutdown,
  blackhole: '65535:666' as Community, // RFC 7999
  'no-export': noExport,
  'no-advertise': '65535:65282' as Community, // RFC 1997, as the next one
  'no-export-subconfed': '65535:65283' as Community,
}

/** `65001:100` or a well-known name such as `no-export`. */
export function parseCommunity(text: string): Parsed<Community> {
  const named = Object.hasOwn(wellKnown, text) ? wellKnown[text] : undefined
  if (named !== undefined) return parsed(named)
  const parts = numbers(text, 2, 65535)
  if (parts === undefined)
    return refused(
      `"${text}" is not a community: write two numbers 0 to 65535 as "65001:100", or one of ${Object.keys(wellKnown).join(', ')}`,
    )
  return parsed(parts.join(':') as Community)
}

export function parseLargeCommunity(text: string): Parsed<LargeCommunity> {
  const parts = numbers(text, 3, 4294967295)
  if (parts === undefined)
    return refused(`"${text}" is not a large community: write three numbers 0 to 4294967295 as "65001:1:2"`)
  return parsed(parts.join(':') as LargeCommunity)
}

function numbers(text: string, count: number, max: number): number[] | undefined {
  const parts = text.split(':')
  if (parts.length !== count || !parts.every((part) => /^\d{1,10}$/.test(part) && Number(part) <= max)) return undefined
  return parts.map(Number)
}
