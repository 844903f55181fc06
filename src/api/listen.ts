/**
 * Opens the API: on a TCP address and, beside it, on a unix socket in the data folder, which works when tokens or DNS
 * do not. Whoever may open the socket's file is admin.
 */
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { type Server, createServer } from 'node:http'
import { connect, createServer as createTcpServer } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { OperationError } from '../bgp/operation-error.ts'
import { markLocal } from './access.ts'
import { checkBinding } from './binding.ts'
import type { Token } from './token.ts'

export interface ListenSettings {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly tokens: readonly Token[] | undefined
  /** Path of the unix socket; undefined opens none. */
  readonly socket?: string
}

/**
 * Resolves with the addresses that answer, such as `http://127.0.0.1:7179` and `unix:///var/lib/herald/herald.sock`.
 * Closing the API closes both. Fails with `misconfigured` as {@link checkListening} does.
 */
export async function listenApi(api: FastifyInstance, settings: ListenSettings): Promise<readonly string[]> {
  requireBinding(settings)
  const { host, port } = settings
  const tcp = await api.listen({ host, port }).catch((error: unknown) => throwUnusable(settings, error))
  if (settings.socket === undefined) return [tcp]
  locals.set(api, await listenLocally(api, settings.socket))
  return [tcp, `unix://${settings.socket}`]
}

/**
 * Looks whether the API could listen there, before anything else is started. Fails with `misconfigured` where the binding
 * is refused, the address is taken or not of this machine, or another Herald has the unix socket.
 */
export async function checkListening(settings: ListenSettings): Promise<void> {
  requireBinding(settings)
  const trial = createTcpServer()
  trial.listen({ host: settings.host, port: settings.port })
  await once(trial, 'listening').catch((error: unknown) => throwUnusable(settings, error))
  trial.close()
  await once(trial, 'close')
  if (settings.socket !== undefined) await removeStale(settings.socket)
}

function requireBinding(settings: ListenSettings): void {
  const problem = checkBinding(settings)
  if (problem !== undefined) throw new OperationError('misconfigured', problem)
}

function throwUnusable({ host, port }: ListenSettings, error: unknown): never {
  const { code } = error as NodeJS.ErrnoException
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there, perhaps another Herald; stop it, or choose another port with --listen',
    EADDRNOTAVAIL: 'this machine has no such address; choose one of its own with --listen',
    EACCES: 'this user may not; choose a port above 1023 with --listen',
    ENOTFOUND: 'nobody knows that name; write an address with --listen',
  }
  const why = words[code ?? '']
  if (why === undefined) throw error
  throw new OperationError('misconfigured', `cannot listen on ${host} port ${port}: ${why}`, { cause: error })
}

/** Unix sockets beside their API; they close with it. */
const locals = new WeakMap<FastifyInstance, Server>()

/** Called while the API is made: hooks cannot be added once it listens. */
export function closeLocally(api: FastifyInstance): void {
  api.addHook('preClose', async () => {
    locals.get(api)?.close()
    locals.get(api)?.closeIdleConnections()
  })
  api.addHook('onClose', async () => locals.get(api)?.closeAllConnections())
}

async function listenLocally(api: FastifyInstance, path: string): Promise<Server> {
  await removeStale(path)
  const server = createServer((request, response) => api.routing(request, response))
  server.on('connection', markLocal)
  const umask = process.umask(0o117) // the file is 0660 from its first moment
  try {
    server.listen(path)
  } finally {
    process.umask(umask)
  }
  await once(server, 'listening')
  return server
}

/** A socket file that nobody listens on is left from a crash. */
async function removeStale(path: string): Promise<void> {
  const probe = connect(path)
  const alive = await once(probe, 'connect').then(
    () => true,
    () => false,
  )
  probe.destroy()
  if (alive)
    throw new OperationError(
      'misconfigured',
      `another Herald listens on ${path}; stop it, or choose another data folder with --data`,
    )
  await rm(path, { force: true })
}
