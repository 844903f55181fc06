/** From Check documents to what the verdict book watches: every place of every check, with the agents that probe it. */
import type { Intent } from '../intent/model.ts'
import type { CheckProbe } from '../intent/monitoring.ts'
import { checkedPlaces, probersOf, quorumOf } from '../intent/probers.ts'
import { inOrder } from '../intent/select.ts'
import { probedAlike } from './inventory.ts'
import { subjectKey } from './subject.ts'
import { subjectOf } from './tasks.ts'
import type { WatchedTask } from './watch.ts'

const known = new WeakMap<Intent['checks'], { readonly intent: Intent; readonly watched: readonly WatchedTask[] }>()

/**
 * In the order of checks and places. A place that nobody probes is not watched. The same answer, not only an equal one,
 * where nothing that it depends on has changed.
 */
export function watchedTasks(intent: Intent): readonly WatchedTask[] {
  const before = known.get(intent.checks)
  if (before !== undefined && probedAlike(before.intent, intent)) return before.watched
  const watched = workOut(intent)
  known.set(intent.checks, { intent, watched })
  return watched
}

function workOut(intent: Intent): readonly WatchedTask[] {
  return inOrder(intent.checks).flatMap((check) =>
    checkedPlaces(intent, check).flatMap((place) => {
      const agents = probersOf(intent, check, place.pop).map(({ id }) => id)
      if (agents.length === 0) return []
      const { intervalMs, fall, rise, window, holdDownMs } = check
      const subject = subjectOf(check, place)
      const rules = {
        intervalMs,
        fall,
        rise,
        holdDownMs,
        packets: packetsOf(check.probe),
        quorum: quorumOf(check, agents.length),
        ...(window !== undefined && { window }),
      }
      return [{ task: `${check.id}/${subjectKey(subject)}`, check: check.id, subject, agents, rules }]
    }),
  )
}

function packetsOf(probe: CheckProbe): number {
  if (probe.kind === 'icmp') return probe.count
  return probe.kind === 'udp' ? probe.packets : 1
}
