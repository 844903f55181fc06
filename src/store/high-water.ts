/**
 * High water: the epoch and highest revision this host has ever seen in Redis, in a small file of its own. A Redis that
 * holds less, or another store, was rolled back, emptied or exchanged; deciding from it could withdraw what should
 * stand. The planner then decides nothing until an operator says that the new state is meant (accept).
 */
import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { OperationError } from '../bgp/operation-error.ts'
import type { Acceptance, Head } from './store.ts'

export interface HighWater {
  /** `ok`, or one sentence: what Redis holds, what it held, and the way out. */
  check(head: Head | undefined): 'ok' | { readonly problem: string }
  /** Remembers a head that was checked; never lowers. Durable when it resolves. */
  raise(head: Head): Promise<void>
  /**
   * The operator says: this is the state from now on. Durable when it resolves; answers what to tell other controllers,
   * undefined where nothing was known here.
   */
  accept(head: Head): Promise<Acceptance | undefined>
  /** Does what an operator said at another controller, once, and only where no more was seen here than there. */
  follow(acceptance: Acceptance, head: Head): Promise<void>
  /** What is remembered; undefined on a host that has never seen Redis. */
  seen(): Head | undefined
}

const wayOut = 'Nothing is decided until the right Redis is back, or an admin accepts this one (POST /v1/store/accept)'

/** Fails with `store-misconfigured` where the file cannot be read or is damaged. */
export async function openHighWater(file: string): Promise<HighWater> {
  await mkdir(dirname(file), { recursive: true })
  let seen = await load(file)
  let writing: Promise<void> = Promise.resolve()
  const remember = ({ epoch, revision }: Head, accepted = seen?.accepted): Promise<void> => {
    const next = { epoch, revision, ...(accepted !== undefined && { accepted }) }
    seen = next
    writing = writing.catch(() => undefined).then(() => save(file, next))
    return writing
  }
  return {
    seen: () => seen && { epoch: seen.epoch, revision: seen.revision },
    check(head) {
      if (seen === undefined) return 'ok'
      const was = `revision ${seen.revision} of epoch ${seen.epoch} was here`
      if (head === undefined) return { problem: `Redis holds nothing, although ${was}. ${wayOut}` }
      if (head.epoch !== seen.epoch)
        return { problem: `Redis holds another store (epoch ${head.epoch}), although ${was}. ${wayOut}` }
      if (head.revision < seen.revision)
        return { problem: `Redis was rolled back to revision ${head.revision}, although ${was}. ${wayOut}` }
      return 'ok'
    },
    async raise(head) {
      if (seen !== undefined && (head.epoch !== seen.epoch || head.revision <= seen.revision)) return
      await remember(head)
    },
    async accept({ epoch, revision }) {
      const was = seen && { epoch: seen.epoch, revision: seen.revision }
      const now = { epoch, revision }
      const id = randomUUID()
      await remember(now, id)
      return was && { id, was, now }
    },
    async follow({ id, was, now }, head) {
      if (seen === undefined || seen.accepted === id) return
      if (seen.epoch !== was.epoch || seen.revision > was.revision) return
      if (head.epoch === now.epoch && head.revision >= now.revision) await remember(head, id)
    },
  }
}

/** As it stands in the file. */
interface Seen extends Head {
  /** Id of the latest acceptance that was made or followed here. */
  readonly accepted?: string
}

async function load(file: string): Promise<Seen | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new OperationError('store-misconfigured', `cannot read ${file}: ${error.message}`, { cause: error })
  })
  if (text === undefined) return undefined
  const parts = /^\{"epoch":(\d+),"revision":(\d+)(?:,"accepted":"([\w-]+)")?\}\n$/.exec(text)
  if (parts === null)
    throw new OperationError(
      'store-misconfigured',
      `${file} is damaged, so a rolled-back Redis could not be told. Compare herald history with what you expect, then remove the file`,
    )
  const [, epoch, revision, accepted] = parts
  return { epoch: Number(epoch), revision: Number(revision), ...(accepted !== undefined && { accepted }) }
}

/** Whole or not at all, and durable: a new file, synced, put in place of the old one; then the folder is synced. */
async function save(file: string, seen: Seen): Promise<void> {
  const next = `${file}.next`
  const handle = await open(next, 'w', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(seen)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(next, file)
  const folder = await open(dirname(file), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
