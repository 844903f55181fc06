/** Where the API may listen: without tokens only where nobody but this machine can reach it. */
import type { Token } from './token.ts'

/** One sentence why this address is refused, or undefined. */
export function checkBinding(settings: {
  readonly host: string
  readonly tokens: readonly Token[] | undefined
}): string | undefined {
  if (settings.tokens !== undefined || isLoopback(settings.host)) return undefined
  return `refusing to listen on ${settings.host} without tokens: everybody who reaches it could withdraw every prefix; give --tokens FILE, a JSON list of {name, role, sha256}, or listen on 127.0.0.1`
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

/** The host of a Host header, without port and brackets. */
export function hostName(header: string): string {
  return header
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
}
