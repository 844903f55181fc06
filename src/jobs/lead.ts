/**
 * Leadership of the planner: contend for the lease, lead while it is held, contend again. Only the leader answers the
 * plan doorbell, so that what it keeps in memory stays true. Standing by costs one Redis command a second.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answering, type BullSettings, answerPlan } from './doorbell.ts'
import { DrainWatch } from './drains/watch.ts'
import { type HealthDeps, HealthEngine } from './health/engine.ts'
import { identifyStore } from './identity.ts'
import { Planner, type PlannerDeps } from './planner.ts'
import { Notifier, type NotifyDeps } from '../notify/notifier.ts'
import { type LearnerDeps, LearnerEngine } from './learner/engine.ts'
import { keepTrying } from './keep-trying.ts'
import { watchGenerations } from './watchdog.ts'

/** Longer than building the intent at full size holds the event loop (4 s): the lease cannot be renewed meanwhile. */
const leaseTtlMs = 8000
const contendEveryMs = 500

export interface Running {
  close(): Promise<void>
}

export type LeaderDeps = PlannerDeps & HealthDeps & NotifyDeps & LearnerDeps

export function startPlanner(deps: LeaderDeps, bull: BullSettings): Running {
  const stop = new AbortController()
  const running = keepTrying('planner', deps.logger, stop.signal, () => leadOnce(deps, bull, stop.signal))
  return {
    async close() {
      stop.abort()
      await running
    },
  }
}

async function leadOnce(deps: LeaderDeps, bull: BullSettings, stop: AbortSignal): Promise<void> {
  const lease = await deps.store.leases.acquire('planner', leaseTtlMs)
  if (lease === undefined) {
    await standBy(deps)
    await sleep(contendEveryMs, undefined, { signal: stop, ref: false }).catch(() => undefined)
    return
  }
  const planner = new Planner(deps, lease)
  const ended = new AbortController()
  let answering: Answering | undefined
  let telling: Promise<void> | undefined
  let learning: Promise<void> | undefined
  let draining: Promise<void> | undefined
  try {
    await planner.look()
    answering = answerPlan(bull, deps.logger, () => planner.look())
    const disagreeing = () => planner.disagreeing()
    const until = AbortSignal.any([stop, lease.signal, ended.signal])
    const health = new HealthEngine(deps, lease, planner).run(until)
    // Whoever cannot be told must not keep routes from being decided.
    telling = keepTrying('notifier', deps.logger, until, () =>
      new Notifier(deps, lease.fence, () => planner.view()?.intent).run(until),
    )
    // Nor must whoever only learns.
    learning = keepTrying('path learner', deps.logger, until, () => new LearnerEngine(deps, lease, planner).run(until))
    draining = keepTrying('drain watch', deps.logger, until, () => new DrainWatch(deps, lease, planner).run(until))
    await Promise.race([watchGenerations({ ...deps, disagreeing }, until), health])
  } finally {
    ended.abort()
    await telling
    await learning
    await draining
    await answering?.close()
    await planner.close()
    await lease.release()
  }
}

/** A controller that may lead one day must know by then how far this Redis was. */
async function standBy({ store, highWater }: PlannerDeps): Promise<void> {
  const identity = await identifyStore(store, highWater)
  if (identity.known) await highWater.raise(identity.head)
}
