/**
 * A worker process' part: answers the apply doorbell for any speaker, and watches the speakers whose watch lease it
 * gets. Any number of worker processes may run on any hosts; a lease that falls free is taken by another within seconds.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { SpeakerId } from '../intent/model.ts'
import { type ApplyDeps, applySpeaker } from './apply.ts'
import { type BullSettings, answerApply } from './doorbell.ts'
import { keepTrying } from './keep-trying.ts'
import type { Running } from './lead.ts'
import { watchSpeaker } from './watcher.ts'

const concurrentSpeakers = 32
const watchLeaseTtlMs = 3000
const claimEveryMs = 250

export function startWorker(deps: ApplyDeps, bull: BullSettings): Running {
  const stop = new AbortController()
  const answering = answerApply(bull, deps.logger, concurrentSpeakers, (speaker) => applySpeaker(deps, speaker))
  const watching = new Map<SpeakerId, Promise<void>>()
  const claiming = keepTrying('claim speakers to watch', deps.logger, stop.signal, async () => {
    for (const speaker of await deps.store.speakers.known())
      if (!watching.has(speaker)) {
        const done = claim(deps, speaker, stop.signal).finally(() => watching.delete(speaker))
        watching.set(speaker, done)
      }
    await sleep(claimEveryMs, undefined, { signal: stop.signal, ref: false }).catch(() => undefined)
  })
  return {
    async close() {
      stop.abort()
      await claiming
      await Promise.all([answering.close(), ...watching.values()])
    },
  }
}

/** Watches the speaker while this process holds its watch lease; resolves at once where another holds it. */
async function claim(deps: ApplyDeps, speaker: SpeakerId, stop: AbortSignal): Promise<void> {
  const lease = await deps.store.leases.acquire(`watch:${speaker}`, watchLeaseTtlMs).catch(() => undefined)
  if (lease === undefined) {
    await sleep(watchLeaseTtlMs / 3, undefined, { signal: stop, ref: false }).catch(() => undefined)
    return
  }
  try {
    await watchSpeaker(deps, speaker, AbortSignal.any([stop, lease.signal]))
  } finally {
    await lease.release().catch(() => undefined)
  }
}
