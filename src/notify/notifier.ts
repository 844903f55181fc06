/**
 * Tells alarms to receivers, beside the leader: events of alarms are followed from where each receiver was (Redis knows),
 * so that over a restart nothing is left out and only what was on its way may be told twice. Each receiver has its own
 * queue and pace; documents may come, change and go meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { Agent } from 'undici'
import type { Alarm, AlarmId } from '../health/alarm.ts'
import type { Intent, PopId } from '../intent/model.ts'
import type { Receiver } from '../intent/monitoring.ts'
import type { ReceiverState } from '../store/alarm-traffic.ts'
import type { Fence, Store } from '../store/store.ts'
import { type NoticeOutcome, type NotifyTimes, Outlet, notifyTimes } from './outlet.ts'

export interface NotifyDeps {
  readonly store: Pick<Store, 'events' | 'health' | 'notices'>
  readonly logger: Logger
  readonly clock: () => number
  readonly observeNotice: (receiver: string, outcome: NoticeOutcome) => void
}

interface Running {
  readonly outlet: Outlet
  readonly text: string
  readonly stop: AbortController
  readonly done: Promise<void>
}

const followEveryMs = 1000

export class Notifier {
  readonly #deps: NotifyDeps
  readonly #fence: Fence
  readonly #intent: () => Intent | undefined
  readonly #times: NotifyTimes
  readonly #running = new Map<string, Running>()
  readonly #dispatcher = new Agent({ connect: { timeout: 5000 }, keepAliveTimeout: 10_000 })
  #failed: unknown

  /** @param intent undefined while nothing is loaded; then nobody is told anything */
  constructor(deps: NotifyDeps, fence: Fence, intent: () => Intent | undefined, times: NotifyTimes = notifyTimes) {
    this.#deps = deps
    this.#fence = fence
    this.#intent = intent
    this.#times = times
  }

  /** Until the signal aborts. Throws when Redis fails; the leader begins anew then. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new AbortController()
    const until = AbortSignal.any([signal, ended.signal])
    try {
      const intent = await this.#loaded(until)
      if (intent === undefined) return
      const newest = (await this.#deps.store.events.latest(1)).at(-1)?.id ?? '0-0'
      await this.#follow(intent, newest, until)
      await Promise.race([this.#listen(this.#oldest(newest), until), this.#watchReceivers(until)])
      if (this.#failed !== undefined) throw this.#failed
    } finally {
      ended.abort()
      await Promise.all([...this.#running.keys()].map((id) => this.#end(id)))
      await this.#dispatcher.destroy()
    }
  }

  async #loaded(signal: AbortSignal): Promise<Intent | undefined> {
    for (;;) {
      const intent = this.#intent()
      if (intent !== undefined || signal.aborted) return intent
      await sleep(followEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  async #listen(after: string, signal: AbortSignal): Promise<void> {
    for await (const { id, event } of this.#deps.store.events.follow(after, signal))
      if (event.type === 'alarm') for (const { outlet } of this.#running.values()) outlet.push(id, event.id as AlarmId)
  }

  async #watchReceivers(signal: AbortSignal): Promise<void> {
    let known: Intent['receivers'] | undefined
    while (!signal.aborted && this.#failed === undefined) {
      const intent = this.#intent()
      if (intent !== undefined && intent.receivers !== known) {
        known = intent.receivers
        await this.#follow(intent, (await this.#deps.store.events.latest(1)).at(-1)?.id ?? '0-0', signal)
      }
      await sleep(followEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** Where the receiver that is furthest behind was. */
  #oldest(newest: string): string {
    const positions = [...this.#running.values()].map(({ outlet }) => outlet.state.position)
    return positions.reduce((oldest, one) => (numberOf(one) < numberOf(oldest) ? one : oldest), newest)
  }

  /** Starts what documents have now, and ends what they do not. A new receiver hears of what happens from now on. */
  async #follow({ receivers }: Intent, newest: string, signal: AbortSignal): Promise<void> {
    const { notices } = this.#deps.store
    const stored = await notices.states()
    const waiting = new Map<string, Outlet['waiting']>()
    for (const [id, { outlet, text }] of this.#running) {
      const receiver = receivers.get(id)
      if (receiver !== undefined && textOf(receiver) === text) continue
      await this.#end(id)
      if (receiver !== undefined) waiting.set(id, outlet.waiting)
    }
    for (const id of stored.keys()) if (!receivers.has(id)) await notices.forget(this.#fence, id)
    for (const [id, receiver] of receivers) {
      if (this.#running.has(id)) continue
      const state = (await notices.states()).get(id) ?? { position: newest, waiting: 0, sent: 0, givenUp: 0 }
      await notices.save(this.#fence, id, state)
      const outlet = this.#start(receiver, state, signal)
      for (const { event, alarm } of waiting.get(id) ?? []) outlet.push(event, alarm)
    }
  }

  #start(receiver: Receiver, state: ReceiverState, signal: AbortSignal): Outlet {
    const { store, clock, logger, observeNotice } = this.#deps
    const { id } = receiver
    const stop = new AbortController()
    let isFailing = state.failure !== undefined
    const outlet = new Outlet(
      {
        receiver,
        times: this.#times,
        send: { dispatcher: this.#dispatcher },
        clock,
        alarms: async () => wantedAlarms(await store.health.alarms(), receiver, this.#intent()),
        save: (now) => store.notices.save(this.#fence, id, now),
        tell: (outcome, problem) => {
          observeNotice(id, outcome)
          if (outcome === 'given-up' || outcome === 'refused')
            logger.error({ receiver: id, problem }, 'an alarm was not told')
          else if (problem !== undefined && !isFailing)
            logger.warn({ receiver: id, problem }, 'receiver fails; trying again')
          isFailing = problem !== undefined
        },
      },
      state,
    )
    const done = outlet.run(AbortSignal.any([signal, stop.signal])).catch((error: unknown) => (this.#failed ??= error))
    this.#running.set(id, { outlet, text: textOf(receiver), stop, done: done.then(() => undefined) })
    return outlet
  }

  async #end(id: string): Promise<void> {
    const running = this.#running.get(id)
    this.#running.delete(id)
    running?.stop.abort()
    await running?.done
  }
}

/** Alarms that a receiver wants to hear of, with the place of their POP among their labels. */
export function wantedAlarms(
  alarms: ReadonlyMap<AlarmId, Alarm>,
  { severities, match }: Pick<Receiver, 'severities' | 'match'>,
  intent: Pick<Intent, 'pops' | 'regions'> | undefined,
): ReadonlyMap<AlarmId, Alarm> {
  const wanted = new Map<AlarmId, Alarm>()
  for (const [id, alarm] of alarms) {
    if (!severities.includes(alarm.severity)) continue
    const labels: Readonly<Record<string, string>> = {
      ...alarm.labels,
      ...placeLabels(alarm.labels?.['pop'], intent),
    }
    if ([...match].every(([name, values]) => values.includes(labels[name] ?? ''))) wanted.set(id, { ...alarm, labels })
  }
  return wanted
}

function placeLabels(
  pop: string | undefined,
  intent: Pick<Intent, 'pops' | 'regions'> | undefined,
): Readonly<Record<string, string>> {
  const region = intent?.pops.get(pop as PopId)?.region
  const area = region === undefined ? undefined : intent?.regions.get(region)?.area
  return { ...(region !== undefined && { region }), ...(area !== undefined && { area }) }
}

function textOf(receiver: Receiver): string {
  return JSON.stringify({ ...receiver, match: [...receiver.match] })
}

function numberOf(id: string): number {
  const [ms = 0, sequence = 0] = id.split('-').map(Number)
  return ms + sequence / 1e6
}
