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
import { PathEncoder, familyMessage } from './path-message.ts'
import { lengthDelimited, varintField } from './wire.ts'

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
    await unary(daemon, daemon.methods.deletePath, deleteRequest(daemon, key, encoder.withdraw(key)), limit)
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
  const request = Buffer.concat([tableType(daemon), lengthDelimited(3, path)])
  try {
    await unary(daemon, daemon.methods.addPath, request, limit)
    return undefined
  } catch (error) {
    if (!isRefused(error)) throw error
    return refusal(error)
  }
}

function isRefused(error: unknown): error is OperationError {
  return error instanceof OperationError && error.code === 'speaker-refused'
}

/** Without its path a DeletePath empties a whole family, and without a family the daemon. */
function deleteRequest(daemon: Daemon, { prefix }: PathKey, path: Buffer): Buffer {
  if (path.length === 0) throw new Error('assertion: a delete must name its path')
  const family = lengthDelimited(3, familyMessage[prefixFamily(prefix)])
  return Buffer.concat([tableType(daemon), family, lengthDelimited(4, path)])
}

function tableType({ codec }: Daemon): Buffer {
  return varintField(1, codec.tableType.global)
}

function* streamMessages<T extends PathKey>(
  daemon: Daemon,
  paths: readonly T[],
  encode: (path: T) => Buffer,
): Generator<Buffer> {
  const head = tableType(daemon)
  for (let from = 0; from < paths.length; from += pathsPerMessage) {
    const message = [head]
    for (const path of paths.slice(from, from + pathsPerMessage)) message.push(lengthDelimited(3, encode(path)))
    yield Buffer.concat(message)
  }
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
