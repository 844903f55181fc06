/**
 * Revisions: intent documents under one global number. A commit is one Lua call that compares and writes; it is
 * acknowledged when durable. Records keep both sides of every change, so that any earlier state is a walk back from head.
 */
import { randomInt } from 'node:crypto'
import { OperationError } from '../bgp/operation-error.ts'
import type { DocumentChange, DocumentKey } from '../intent/document.ts'
import { commitScript, documentsScript, initialiseScript } from './commit-script.ts'
import { type Durability, waitUntilDurable } from './durability.ts'
import { isOutcomeUnknown } from './errors.ts'
import { eventsKept } from './events.ts'
import type { Keys } from './keys.ts'
import type { Links } from './link.ts'
import { runScript } from './script.ts'
import type { Acceptance, Commit, Head, HeraldEvent, Revision, Revisions } from './store.ts'

/** How long the proof of a revision is kept. */
export const proofKeptMs = 7 * 24 * 3600 * 1000
/** Records asked for in one command. */
const page = 500

export function createRevisions(links: Links, keys: Keys, durability: Durability): Revisions {
  const { prompt, bulk } = links

  const head = async (): Promise<Head | undefined> =>
    readHead(await prompt.run((redis) => redis.hmget(keys.head(), 'epoch', 'revision')))

  const records = async (from: number, to: number): Promise<Revision[]> => {
    const found: Revision[] = []
    for (let start = from; start <= to; start += page) {
      const numbers = Array.from({ length: Math.min(page, to - start + 1) }, (_, i) => String(start + i))
      const texts = await bulk.run((redis) => redis.hmget(keys.revisions(), ...numbers))
      for (const [i, text] of texts.entries()) found.push(readRecord(text, Number(numbers[i])))
    }
    return found
  }

  return {
    head,
    async initialise() {
      const epoch = randomInt(1, 2 ** 32)
      const reply = await prompt.run((redis) => runScript(redis, initialiseScript, [keys.head()], [epoch]))
      return readHead(reply as string[]) ?? emptied(links)
    },
    async accept(acceptance) {
      await prompt.run((redis) => redis.set(keys.acceptance(), JSON.stringify(acceptance)))
    },
    async acceptance() {
      const text = await prompt.run((redis) => redis.get(keys.acceptance()))
      return text === null ? undefined : (JSON.parse(text) as Acceptance)
    },
    commit: (commit) => commitRevision(links, keys, durability, commit),
    async documents(at) {
      const touched = [keys.head(), keys.documents()]
      const reply = await bulk.run((redis) => runScript(redis, documentsScript, touched, []))
      const [headReply, names, specs] = reply as [string[], DocumentKey[], string[]]
      const newest = readHead(headReply)?.revision ?? emptied(links)
      const documents = new Map<DocumentKey, unknown>(names.map((key, i) => [key, JSON.parse(specs[i] ?? 'null')]))
      const revision = at ?? newest
      if (!Number.isInteger(revision) || revision < 0 || revision > newest) throw notFound(revision, newest)
      for (const { changes } of (await records(revision + 1, newest)).toReversed()) walkBack(documents, changes)
      return { revision, documents }
    },
    async origins(documents) {
      const found = new Map<DocumentKey, Revision>()
      if (documents.length === 0) return found
      const numbers = await prompt.run((redis) => redis.hmget(keys.origins(), ...documents))
      const distinct = [...new Set(numbers)].filter((number) => number !== null)
      if (distinct.length === 0) return found
      const texts = await prompt.run((redis) => redis.hmget(keys.revisions(), ...distinct))
      const made = new Map(distinct.map((number, i) => [number, readRecord(texts[i] ?? null, Number(number))]))
      for (const [i, key] of documents.entries()) {
        const revision = made.get(numbers[i] ?? '')
        if (revision !== undefined) found.set(key, revision)
      }
      return found
    },
    async since(revision) {
      return records(revision + 1, (await head())?.revision ?? emptied(links))
    },
    async get(revision) {
      const text = await prompt.run((redis) => redis.hget(keys.revisions(), String(revision)))
      if (text === null) throw notFound(revision, (await head())?.revision ?? 0)
      return readRecord(text, revision)
    },
    async list({ before, limit }) {
      const newest = (await head())?.revision ?? 0
      const to = Math.min(newest, (before ?? Infinity) - 1)
      return (await records(Math.max(1, to - limit + 1), to)).toReversed()
    },
  }
}

async function commitRevision(links: Links, keys: Keys, durability: Durability, commit: Commit): Promise<Revision> {
  const { expected, ...rest } = commit
  const revision: Revision = { ...rest, revision: expected + 1, atMs: Date.now() }
  const event: HeraldEvent = {
    type: 'revision',
    revision: revision.revision,
    author: commit.author,
    reason: commit.reason,
    command: commit.command,
  }
  const sets = commit.changes.filter(({ after }) => after !== undefined)
  const deletes = commit.changes.filter(({ after }) => after === undefined)
  const made = sets.filter(({ before }) => before === undefined)
  const heading = [expected, JSON.stringify(revision), JSON.stringify(event), revision.atMs, proofKeptMs, eventsKept]
  const args = [
    ...heading,
    sets.length,
    made.length,
    ...sets.flatMap(({ key, after }) => [key, JSON.stringify(after)]),
    ...made.flatMap(({ key }) => [key, revision.revision]),
    ...deletes.map(({ key }) => key),
  ]
  const lasting = [keys.head(), keys.documents(), keys.origins(), keys.revisions()]
  const touched = [...lasting, keys.proof(revision.revision), keys.events()]
  return links.commit.run(async (redis) => {
    const [outcome, at] = (await runScript(redis, commitScript, touched, args).catch(sayUnknown(revision))) as string[]
    if (outcome === 'empty') emptied(links)
    if (outcome === 'stale')
      throw new OperationError(
        'stale-revision',
        `this change was reviewed against revision ${expected}, and head is ${at} by now: review it again`,
      )
    await waitUntilDurable(redis, durability, keys.head()).catch(sayUnconfirmed(revision))
    return revision
  })
}

/** Where the script may have run without an answer. */
function sayUnknown(revision: Revision): (error: unknown) => never {
  return (error) => {
    throw isOutcomeUnknown(error) ? unconfirmed(revision, error) : error
  }
}

/** The script has run; whether it is durable is not known. */
function sayUnconfirmed(revision: Revision): (error: unknown) => never {
  return (error) => {
    throw unconfirmed(revision, error)
  }
}

/** A commit that is not acknowledged is whole or not there at all; which one, only the history knows. */
function unconfirmed({ revision }: Revision, cause: unknown): OperationError {
  const [code, why] =
    cause instanceof OperationError
      ? [cause.code, cause.message]
      : (['store-unavailable', 'the answer is missing'] as const)
  return new OperationError(
    code,
    `revision ${revision} is not confirmed (${why}): it is committed as a whole or not at all. See the history before you try again`,
    { cause },
  )
}

function readHead(reply: readonly (string | null)[]): Head | undefined {
  const [epoch, revision] = reply
  if (epoch === null || epoch === undefined || revision === null || revision === undefined) return undefined
  return { epoch: Number(epoch), revision: Number(revision) }
}

function readRecord(text: string | null, revision: number): Revision {
  if (text === null)
    throw new OperationError('store-rolled-back', `Redis has lost the record of revision ${revision}: restore a backup`)
  const record = JSON.parse(text) as Revision
  // JSON has no undefined: a document that is not there before or after has no such property in the record.
  return { ...record, changes: record.changes.map(({ key, before, after }) => ({ key, before, after })) }
}

function walkBack(documents: Map<DocumentKey, unknown>, changes: readonly DocumentChange[]): void {
  for (const { key, before } of changes) {
    if (before === undefined) documents.delete(key)
    else documents.set(key, before)
  }
}

function notFound(revision: number, newest: number): OperationError {
  return new OperationError('not-found', `there is no revision ${revision}: they go from 0 to ${newest}`)
}

/** Nothing is concluded from an empty Redis (G4, G9): no documents is not the same as no answer. */
function emptied(links: Links): never {
  throw new OperationError(
    'store-rolled-back',
    `Redis at ${links.where} holds no Herald: it is new, or it was emptied. Nothing is decided from it`,
  )
}
