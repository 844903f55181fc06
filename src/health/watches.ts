/** From Check documents to what the verdict book watches: every place of every check, with the agents that probe it. */
import type { Intent } from '../intent/model.ts'
import type { CheckProbe } from '../intent/monitoring.ts'
import { checkedPlaces, probersOf, quorumOf, targetOf } from '../intent/probers.ts'
import { inOrder } from '../intent/select.ts'
import { probedAlike } from './inventory.ts'
import { subjectOf, taskId } from './tasks.ts'
import { isSeenFromOutside, isUnannounced } from './unannounced.ts'
import type { WatchedTask } from './watch.ts'

interface Known {
  readonly intent: Intent
  readonly unannounced: ReadonlySet<string>
  readonly watched: readonly WatchedTask[]
}

const known = new WeakMap<Intent['checks'], Known>()

/**
 * In the order of checks and places. A place that nobody probes is not watched, nor what is seen from outside while nothing
 * is announced for it. The same answer, not only an equal one, where nothing that it depends on has changed.
 */
export function watchedTasks(intent: Intent): readonly WatchedTask[] {
  const before = known.get(intent.checks)
  const unannounced = unannouncedTasks(intent)
  if (before !== undefined && probedAlike(before.intent, intent))
    if (before.unannounced.symmetricDifference(unannounced).size === 0) return before.watched
  const watched = workOut(intent).filter(({ task }) => !unannounced.has(task))
  known.set(intent.checks, { intent, unannounced, watched })
  return watched
}

/** Ids of tasks. */
function unannouncedTasks(intent: Intent): ReadonlySet<string> {
  const outside = inOrder(intent.checks).filter((check) => isSeenFromOutside(intent, check))
  return new Set(
    outside.flatMap((check) =>
      checkedPlaces(intent, check).flatMap((place) => {
        const target = targetOf(check, place)
        return target !== undefined && isUnannounced(intent, target) ? [taskId(check, place)] : []
      }),
    ),
  )
}

function workOut(intent: Intent): readonly WatchedTask[] {
  return inOrder(intent.checks).flatMap((check) =>
    checkedPlaces(intent, check).flatMap((place) => {
      const agents = probersOf(intent, check, place.pop).map(({ id }) => id)
      if (agents.length === 0) return []
      const { intervalMs, fall, rise, window, holdDownMs } = check
      const rules = {
        intervalMs,
        fall,
        rise,
        holdDownMs,
        packets: packetsOf(check.probe),
        quorum: quorumOf(check, agents.length),
        ...(window !== undefined && { window }),
      }
      return [{ task: taskId(check, place), check: check.id, subject: subjectOf(check, place), agents, rules }]
    }),
  )
}

function packetsOf(probe: CheckProbe): number {
  if (probe.kind === 'icmp') return probe.count
  return probe.kind === 'udp' ? probe.packets : 1
}
