/**
 * Paths into the global RIB and out of it. A few go one by one, many in flight; many go by AddPathStream, 1,000 to a
 * message. GoBGP checks a message of the stream as a whole and stops at the first bad path, with everything before it
 * applied and no word of which path it was. So, where a stream is refused:
 *   1. it is cut in two, and each half sent again (what is in already changes nothing, RFC 4271 9.2);
 *   2. a part that is small enough goes one by one, so that each bad path is known and all others are in.
 */
import { OperationError } from '../../bgp/operation-error.ts'
import type { Path } from '../../bgp/path.ts'
import { prefixFamily } from '../../bgp/prefix.ts'
import type { PathKey, RefusedPath } from '../speaker.ts'
import { type Budget, send, unary } from './call.ts'
import type { Daemon } from './connection.ts'
import { refusal } from './grpc-error.ts'
import { PathEncoder } from './path-message.ts'
import { addPathRequest, addPathStreamRequest, deletePathRequest } from './path-requests.ts'

const pathsPerMessage = 1000
const oneByOneUpTo = 32
const inFlight = 64

/** Adds or replaces; of several paths with the same key the last one counts. */
export async function announce(
  daemon: Daemon,
  paths: readonly Path[],
  limit: Budget,
  nowMs: number,
): Promise<readonly RefusedPath[]> {
  const encoder = new PathEncoder(nowMs)
  const refused: RefusedPath[] = []
  await announceAll(daemon, lastOfEach(paths), encoder, limit, refused)
  return refused
}

/** Deletes by path; what is not there is gone already. */
export async function withdraw(daemon: Daemon, paths: readonly PathKey[], limit: Budget, nowMs: number): Promise<void> {
  const encoder = new PathEncoder(nowMs)
  const keys = lastOfEach(paths)
  if (keys.length > oneByOneUpTo) {
    const messages = streamMessages(daemon, keys, (path) => encoder.withdraw(path))
    await send(daemon, daemon.methods.addPathStream, messages, limit)
    return
  }
  await each(keys, async (key) => {
    const request = deletePathRequest(daemon.codec, prefixFamily(key.prefix), encoder.withdraw(key))
    await unary(daemon, daemon.methods.deletePath, request, limit)
  })
}

async function announceAll(
  daemon: Daemon,
  paths: readonly Path[],
  encoder: PathEncoder,
  limit: Budget,
  refused: RefusedPath[],
): Promise<void> {
  if (paths.length <= oneByOneUpTo) {
    await each(paths, async (path) => {
      const message = await announceOne(daemon, encoder.announce(path), limit)
      if (message !== undefined) refused.push({ prefix: path.prefix, message })
    })
    return
  }
  try {
    const messages = streamMessages(daemon, paths, (path) => encoder.announce(path))
    await send(daemon, daemon.methods.addPathStream, messages, limit)
  } catch (error) {
    if (!isRefused(error)) throw error
    const middle = Math.ceil(paths.length / 2)
    await announceAll(daemon, paths.slice(0, middle), encoder, limit, refused)
    await announceAll(daemon, paths.slice(middle), encoder, limit, refused)
  }
}

/** The daemon's words where it refused the path. */
async function announceOne(daemon: Daemon, path: Buffer, limit: Budget): Promise<string | undefined> {
  try {
    await unary(daemon, daemon.methods.addPath, addPathRequest(daemon.codec, path), limit)
    return undefined
  } catch (error) {
    if (!isRefused(error)) throw error
    return refusal(error)
  }
}

function isRefused(error: unknown): error is OperationError {
  return error instanceof OperationError && error.code === 'speaker-refused'
}

function* streamMessages<T extends PathKey>(
  { codec }: Daemon,
  paths: readonly T[],
  encode: (path: T) => Buffer,
): Generator<Buffer> {
  for (let from = 0; from < paths.length; from += pathsPerMessage)
    yield addPathStreamRequest(codec, paths.slice(from, from + pathsPerMessage).map(encode))
}

function lastOfEach<T extends PathKey>(paths: readonly T[]): readonly T[] {
  const last = new Map<string, T>()
  for (const path of paths) last.set(path.identifier === 0 ? path.prefix : `${path.prefix} ${path.identifier}`, path)
  return last.size === paths.length ? paths : [...last.values()]
}

/** Runs `work` for every item, at most 64 at once; waits for all that began before it throws. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  const lane = async () => {
    for (const item of rest) await work(item)
  }
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(inFlight, items.length) }, lane))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
