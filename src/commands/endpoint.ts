/** Where Herald is: what was said, else the unix socket of this machine, else loopback. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError, exitCode } from './exit-code.ts'

export type Endpoint =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'http'; readonly origin: string }

export const defaultUrl = 'http://127.0.0.1:7179'

/**
 * @param url `--url` or HERALD_URL: `http://host:port`, `https://…` or `unix:///path/herald.sock`
 * @param folder data folder, whose socket is taken where it exists and nothing was said
 */
export function resolveEndpoint(url: string | undefined, folder: string): Endpoint {
  if (url === undefined) {
    const path = join(folder, 'herald.sock')
    return existsSync(path) ? { kind: 'socket', path } : { kind: 'http', origin: defaultUrl }
  }
  if (url.startsWith('unix:///')) return { kind: 'socket', path: url.slice('unix://'.length) }
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new CommandError(
      exitCode.usage,
      `"${url}" is not an address of Herald; write http://host:port, https://host or unix:///path/herald.sock`,
    )
  return { kind: 'http', origin: new URL(url).origin }
}

export function endpointName(endpoint: Endpoint): string {
  return endpoint.kind === 'socket' ? `unix://${endpoint.path}` : endpoint.origin
}
