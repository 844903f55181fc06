/** gRPC addresses of daemons: `host:port`, `[v6]:port` or `unix:///path`, in one spelling each. */
import { parseAddress } from '../../bgp/address.ts'
import { type Parsed, parsed, refused } from '../../bgp/parsed.ts'

const wayOut = 'write "host:port", "[2001:db8::1]:port" or "unix:///path/to.sock"'
const hostLabel = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$/

export function parseEndpoint(text: string): Parsed<string> {
  if (text.startsWith('unix:')) return parseUnix(text)
  const found = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text)
  if (found === null) return refused(`"${text.slice(0, 300)}" is not a daemon's address: ${wayOut}`)
  const [, bracketed, host, portText] = found
  const port = Number(portText)
  if (port < 1 || port > 65535) return refused(`"${text}": port ${portText} is out of range, 1 to 65535`)
  if (bracketed !== undefined) {
    const address = parseAddress(bracketed)
    if (!address.ok) return refused(`"${text}": ${address.problem}`)
    if (!bracketed.includes(':'))
      return refused(`"${text}": brackets are for IPv6 addresses; write "${bracketed}:${port}"`)
    return parsed(`[${bracketed}]:${port}`)
  }
  return hostProblem(text, host ?? '', port)
}

function hostProblem(text: string, host: string, port: number): Parsed<string> {
  const lower = host.toLowerCase()
  if (/^[\d.]+$/.test(lower)) {
    const address = parseAddress(lower)
    return address.ok ? parsed(`${lower}:${port}`) : refused(`"${text}": ${address.problem}`)
  }
  if (lower.length > 253 || !lower.split('.').every((part) => hostLabel.test(part)))
    return refused(`"${text.slice(0, 300)}": "${host.slice(0, 300)}" is not a host name; ${wayOut}`)
  return parsed(`${lower}:${port}`)
}

/** 107 octets is what a socket address holds on Linux. */
function parseUnix(text: string): Parsed<string> {
  const path = /^unix:\/\/(\/[^\0]+)$/.exec(text)?.[1]
  if (path === undefined || path.endsWith('/') || path.length > 107)
    return refused(
      `"${text.slice(0, 300)}" is not a unix socket's address: write "unix:///path/to.sock", at most 107 characters`,
    )
  return parsed(`unix://${path}`)
}
