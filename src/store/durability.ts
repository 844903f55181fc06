/**
 * When a commit may be acknowledged. What each server offers, best first:
 *   always    appendfsync always: Redis answers after the fsync;
 *   synced    our own embedded server (appendfsync everysec): Redis has written its buffer to the file, and we sync it;
 *   waitaof   Redis 7.2 and later: WAITAOF answers after the next fsync (measured on 8.0 with everysec: p50 0.7 s, max 1 s);
 *   written   before 7.2, or appendfsync no: Redis has written its buffer to the file, which survives its kill -9;
 *   none      no AOF: nothing to wait for (a finding says so when the store opens).
 * With everysec Redis may answer before it has written at all, while an fsync is under way: hence the look at its buffer.
 */
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { OperationError } from '../bgp/operation-error.ts'
import { defineScript, runScript } from './script.ts'

export type Durability =
  | { readonly kind: 'always' | 'waitaof' | 'written' | 'none' }
  | { readonly kind: 'synced'; readonly appendFolder: string }

/** Shorter than the commit link's command timeout. */
const waitMs = 1800

/** INFO through a key, so that Redis Cluster asks the node that has it. */
const persistenceScript = defineScript(`return redis.call('INFO', 'persistence')`)

/**
 * Resolves once everything this connection has written to the node of `key` is durable.
 * Fails with `store-full` where the disk takes no more, `store-unavailable` where it takes too long.
 */
export async function waitUntilDurable(redis: Redis, durability: Durability, key: string): Promise<void> {
  switch (durability.kind) {
    case 'always':
    case 'none':
      return
    case 'waitaof':
      return waitForFsync(redis, key)
    case 'written':
      return waitUntilWritten(redis, key)
    case 'synced':
      await waitUntilWritten(redis, key)
      return syncAppendFiles(durability.appendFolder)
  }
}

async function waitForFsync(redis: Redis, key: string): Promise<void> {
  // In one pipeline with a keyed command, so that Cluster sends it to the node that took the writes.
  const results = await redis.pipeline().exists(key).call('WAITAOF', [1, 0, waitMs]).exec()
  const [error, reply] = results?.[1] ?? [new Error('Connection is closed'), undefined]
  if (error !== null) throw error
  if (Array.isArray(reply) && Number(reply[0]) >= 1) return
  throw new OperationError('store-unavailable', `Redis did not sync its AOF within ${waitMs} ms`)
}

async function waitUntilWritten(redis: Redis, key: string): Promise<void> {
  const deadline = performance.now() + waitMs
  for (;;) {
    const info = parseInfo(String(await runScript(redis, persistenceScript, [key], [])))
    if (info.get('aof_enabled') !== '1') return
    if (info.get('aof_last_write_status') !== 'ok')
      throw new OperationError('store-full', 'Redis cannot write its AOF: its disk is full or broken. Free space there')
    if (info.get('aof_buffer_length') === '0') return
    if (performance.now() > deadline)
      throw new OperationError('store-unavailable', `Redis did not write its AOF within ${waitMs} ms: its disk is slow`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** fsync works on files, not on descriptors: what Redis has written becomes durable by our call as well. */
async function syncAppendFiles(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.incr.aof')) continue
    const file = await open(join(folder, name), 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined // a rewrite has just finished; its result was synced by Redis
      throw error
    })
    if (file === undefined) continue
    try {
      await file.datasync()
    } finally {
      await file.close()
    }
  }
}

/** Fields of Redis' INFO. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1))
  }
  return fields
}
