/**
 * A worker process' part: answers the apply doorbell for any speaker, and watches the speakers and collectors whose
 * watch lease it gets. Any number of worker processes may run on any hosts; a lease that falls free is taken by another within seconds.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { SpeakerId } from '../intent/model.ts'
import type { CollectorId } from '../intent/monitoring.ts'
import { collectorLease } from '../store/collectors.ts'
import type { Lease } from '../store/store.ts'
import { type ApplyDeps, applySpeaker } from './apply.ts'
import { type CollectorDeps, watchCollector } from './collector-watcher.ts'
import { type BullSettings, answerApply } from './doorbell.ts'
import { keepTrying } from './keep-trying.ts'
import type { Running } from './lead.ts'
import { watchSpeaker } from './watcher.ts'

const concurrentSpeakers = 32
const watchLeaseTtlMs = 3000
const claimEveryMs = 250

type WorkerDeps = ApplyDeps & CollectorDeps

export function startWorker(deps: WorkerDeps, bull: BullSettings): Running {
  const stop = new AbortController()
  const answering = answerApply(bull, deps.logger, concurrentSpeakers, (speaker) => applySpeaker(deps, speaker))
  const speakers = claimAll(deps, stop.signal, {
    what: 'speakers',
    known: () => deps.store.speakers.known(),
    lease: (speaker: SpeakerId) => `watch:${speaker}`,
    watch: (speaker, _lease, signal) => watchSpeaker(deps, speaker, signal),
  })
  const collectors = claimAll(deps, stop.signal, {
    what: 'collectors',
    known: async () => (await deps.store.collectors.configured()).map(({ collector }) => collector),
    lease: (collector: CollectorId) => collectorLease(collector),
    watch: (collector, lease, signal) => watchCollector(deps, collector, lease, signal),
  })
  return {
    async close() {
      stop.abort()
      await Promise.all([answering.close(), speakers, collectors])
    },
  }
}

interface Claims<Id extends string> {
  readonly what: string
  readonly known: () => Promise<readonly Id[]>
  readonly lease: (id: Id) => string
  /** Until the signal aborts; it ends with the lease. */
  readonly watch: (id: Id, lease: Lease, signal: AbortSignal) => Promise<void>
}

/** Watches all that this process gets the lease of, until stopped and every watch has ended. */
async function claimAll<Id extends string>(deps: WorkerDeps, stop: AbortSignal, claims: Claims<Id>): Promise<void> {
  const watching = new Map<Id, Promise<void>>()
  await keepTrying(`claim ${claims.what} to watch`, deps.logger, stop, async () => {
    for (const id of await claims.known())
      if (!watching.has(id)) {
        const done = claim(deps, claims, id, stop).finally(() => watching.delete(id))
        watching.set(id, done)
      }
    await sleep(claimEveryMs, undefined, { signal: stop, ref: false }).catch(() => undefined)
  })
  await Promise.all(watching.values())
}

/** Watches one while this process holds its lease; resolves at once where another holds it. */
async function claim<Id extends string>(
  { store }: WorkerDeps,
  claims: Claims<Id>,
  id: Id,
  stop: AbortSignal,
): Promise<void> {
  const lease = await store.leases.acquire(claims.lease(id), watchLeaseTtlMs).catch(() => undefined)
  if (lease === undefined) {
    await sleep(watchLeaseTtlMs / 3, undefined, { signal: stop, ref: false }).catch(() => undefined)
    return
  }
  try {
    await claims.watch(id, lease, AbortSignal.any([stop, lease.signal]))
  } finally {
    await lease.release().catch(() => undefined)
  }
}
