/**
 * Who asks, and may they. In order, for every request:
 *   1. without tokens, the Host header must name this machine: a page that rebinds its DNS name to 127.0.0.1 is refused;
 *   2. a browser's cross-site write is refused; bodies must be JSON, which no form can send (there is no CORS);
 *   3. the unix socket and, without tokens, loopback are admin; everybody else needs a bearer token;
 *   4. the role must suffice for the route. A dry run commits nothing and needs to read only.
 */
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Socket } from 'node:net'
import { hostName, isLoopback } from './binding.ts'
import type { AuthSettings } from './deps.ts'
import { ProblemError } from './problem.ts'
import { type Role, findToken, roleAtLeast } from './token.ts'

export interface Principal {
  readonly name: string
  readonly role: Role
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Role that the route needs; default viewer. `public`: nobody is asked. */
    readonly role?: Role | 'public'
  }
  interface FastifyRequest {
    principal: Principal
  }
}

const localSockets = new WeakSet<Socket>()

/** Marks connections of the unix socket; file permissions decided who may connect. */
export function markLocal(socket: Socket): void {
  localSockets.add(socket)
}

export function accessHook(auth: AuthSettings): onRequestHookHandler {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const local = localSockets.has(request.raw.socket)
    if (auth.tokens === undefined && !local) checkHost(request, auth.hosts ?? [])
    if (request.method !== 'GET' && request.method !== 'HEAD') checkOrigin(request)
    if (request.is404) return
    const needed = request.routeOptions.config.role ?? 'viewer'
    if (needed === 'public') return
    request.principal = authenticate(auth, request, reply, local)
    const role = isDryRun(request) && needed !== 'agent' ? 'viewer' : needed
    if (!roleAtLeast(request.principal.role, role))
      throw new ProblemError(403, 'role', `${request.principal.name} is ${request.principal.role}; this needs ${role}`)
  }
}

/** Overriding guards is for admins, whatever the route. */
export function requireAdmin(principal: Principal, what: string): void {
  if (principal.role !== 'admin')
    throw new ProblemError(403, 'role', `${principal.name} is ${principal.role}; ${what} needs admin`)
}

/** An agent's token is good for the agent of its own name. */
export function requireAgent(principal: Principal, agent: string): void {
  if (principal.role === 'agent' && principal.name !== agent)
    throw new ProblemError(403, 'agent', `the token of agent ${principal.name} does not speak for ${agent}`)
}

/** Who made a change, for the audit: the token's name, or what a local caller says of itself. */
export function authorOf(request: FastifyRequest): string {
  const claimed = request.headers['x-herald-author']
  const said = typeof claimed === 'string' ? printable(claimed) : ''
  if (request.principal.name === 'local') return said === '' || isReserved(said) ? 'local' : said
  return said === '' || said === request.principal.name
    ? request.principal.name
    : `${said} (token ${request.principal.name})`
}

/** Names of Herald's own automation: revisions are told apart by them. */
function isReserved(name: string): boolean {
  return name.startsWith('herald:')
}

function printable(text: string): string {
  return text
    .replaceAll(/[^\x20-\x7e]/g, '')
    .trim()
    .slice(0, 100)
}

function checkHost(request: FastifyRequest, hosts: readonly string[]): void {
  const name = hostName(request.headers.host ?? '')
  if (isLoopback(name) || hosts.includes(name)) return
  throw new ProblemError(421, 'host', `this API does not answer for "${name}"; ask 127.0.0.1, or configure tokens`)
}

function checkOrigin(request: FastifyRequest): void {
  const { origin, host } = request.headers
  const site = request.headers['sec-fetch-site']
  const foreign =
    site === undefined ? origin !== undefined && originHost(origin) !== host : !['same-origin', 'none'].includes(site)
  if (foreign) throw new ProblemError(403, 'cross-site', 'a page of another site may not write here')
  if (request.method === 'DELETE') return
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json')
    throw new ProblemError(415, 'unsupported-media-type', 'send Content-Type: application/json')
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

function authenticate(auth: AuthSettings, request: FastifyRequest, reply: FastifyReply, local: boolean): Principal {
  if (local || auth.tokens === undefined) return { name: 'local', role: 'admin' }
  const presented = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const token = presented === undefined ? undefined : findToken(auth.tokens, presented)
  if (token !== undefined) return { name: token.name, role: token.role }
  void reply.header('www-authenticate', 'Bearer realm="herald"')
  throw new ProblemError(
    401,
    'token',
    presented === undefined
      ? 'this API wants a token: HERALD_TOKEN or --token with herald, Authorization: Bearer TOKEN by HTTP'
      : 'this token is not known; check the token file',
  )
}

function isDryRun(request: FastifyRequest): boolean {
  return (request.query as { readonly dryRun?: unknown } | null)?.dryRun === 'true'
}
