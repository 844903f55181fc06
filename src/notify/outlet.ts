/**
 * One receiver's way out: notices in the order in which alarms changed, one at a time, each tried again with growing
 * pauses until its deadline. What is sent is the alarm as it is by then: an alarm that fired and was resolved while the
 * receiver was away is told once. Nothing here waits for another receiver.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Alarm, AlarmId } from '../health/alarm.ts'
import type { Receiver } from '../intent/monitoring.ts'
import type { ReceiverState } from '../store/alarm-traffic.ts'
import { type Outcome, type SendSettings, sendNotice } from './send.ts'

export interface NotifyTimes {
  /** One attempt. */
  readonly attemptMs: number
  /** Pause after the first failure; doubled after each, up to the longest. */
  readonly firstPauseMs: number
  readonly longestPauseMs: number
  /** A notice is given up so long after it was first tried. */
  readonly deadlineMs: number
  /** Alertmanager is told what is open this often. */
  readonly againMs: number
}

export const notifyTimes: NotifyTimes = {
  attemptMs: 10_000,
  firstPauseMs: 1000,
  longestPauseMs: 60_000,
  deadlineMs: 3_600_000,
  againMs: 60_000,
}

/** Waiting notices of one receiver; the oldest are given up above that. */
export const waitingAtMost = 5000

export type NoticeOutcome = 'sent' | 'retried' | 'refused' | 'given-up'

export interface OutletDeps {
  readonly receiver: Receiver
  readonly times: NotifyTimes
  readonly send: Pick<SendSettings, 'dispatcher'>
  readonly clock: () => number
  /** Alarms that this receiver wants to hear of, as they are now, with all labels. */
  readonly alarms: () => Promise<ReadonlyMap<AlarmId, Alarm>>
  /** Called whenever something was settled; what it has is stored. */
  readonly save: (state: ReceiverState) => Promise<void>
  readonly tell: (outcome: NoticeOutcome, problem: string | undefined) => void
}

/** An event about an alarm; without: tell again what is open. */
type Waiting = { readonly event: string; readonly alarm: AlarmId } | { readonly event?: never; readonly alarm?: never }

export class Outlet {
  readonly #deps: OutletDeps
  readonly #waiting: Waiting[] = []
  /** Alarm → what was last told of it. */
  readonly #told = new Map<AlarmId, string>()
  #state: ReceiverState
  #wake: () => void = () => undefined

  constructor(deps: OutletDeps, state: ReceiverState) {
    this.#deps = deps
    this.#state = state
  }

  get state(): ReceiverState {
    return this.#state
  }

  /** What is not settled, oldest first. */
  get waiting(): readonly { readonly event: string; readonly alarm: AlarmId }[] {
    return this.#waiting.flatMap((one) => (one.event === undefined ? [] : [one]))
  }

  /** An alarm changed. Events that were settled already are passed over. */
  push(event: string, alarm: AlarmId): void {
    if (!isAfter(event, this.#state.position)) return
    this.#waiting.push({ event, alarm })
    if (this.#waiting.length > waitingAtMost) {
      this.#waiting.splice(1, 1) // the first may be on its way
      this.#deps.tell('given-up', `more than ${waitingAtMost} notices wait`)
      this.#state = { ...this.#state, givenUp: this.#state.givenUp + 1 }
    }
    this.#wake()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { againMs } = this.#deps.times
    if (this.#deps.receiver.kind === 'alertmanager') this.#tellAgain()
    let again = performance.now() + againMs
    while (!signal.aborted) {
      const next = this.#waiting[0]
      if (next !== undefined) {
        await this.#settle(next, signal)
        if (!signal.aborted) this.#waiting.shift()
        continue
      }
      await this.#woken(Math.max(1, again - performance.now()), signal)
      if (performance.now() < again) continue
      again = performance.now() + againMs
      if (this.#deps.receiver.kind === 'alertmanager') this.#tellAgain()
    }
  }

  #tellAgain(): void {
    this.#waiting.push({})
  }

  async #woken(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    const until = AbortSignal.any([signal, woken.signal])
    if (this.#waiting.length === 0) await sleep(ms, undefined, { signal: until, ref: false }).catch(() => undefined)
    this.#wake = () => undefined
  }

  /** Until it is taken, refused, given up, or nothing is to be told any more. */
  async #settle({ event, alarm: id }: Waiting, signal: AbortSignal): Promise<void> {
    const { times, clock, tell } = this.#deps
    const giveUpAtMs = clock() + times.deadlineMs
    for (let pauseMs = times.firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, times.longestPauseMs)) {
      const alarms = await this.#toTell(id)
      if (signal.aborted) return
      if (alarms.length === 0) return this.#settled(event)
      const outcome = await this.#attempt(alarms, event ?? `again-${clock()}`, signal)
      if (signal.aborted && outcome.kind !== 'taken') return
      if (outcome.kind === 'taken') {
        for (const alarm of alarms) this.#told.set(alarm.id, versionOf(alarm))
        return this.#settled(event, { sent: this.#state.sent + 1, lastSentAtMs: clock() })
      }
      const failure = { atMs: clock(), problem: outcome.problem }
      const isLast = outcome.kind === 'refused' || clock() + pauseMs > giveUpAtMs
      tell(
        outcome.kind === 'refused' ? 'refused' : isLast && event !== undefined ? 'given-up' : 'retried',
        outcome.problem,
      )
      if (event === undefined) return this.#settled(event, { failure }) // soon told again anyway
      if (isLast) return this.#settled(event, { failure, givenUp: this.#state.givenUp + 1 })
      await this.#keep({ failure })
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) return
    }
  }

  async #attempt(alarms: readonly Alarm[], id: string, signal: AbortSignal): Promise<Outcome> {
    const { receiver, times, send, clock, tell } = this.#deps
    const notice = { alarms, id, nowMs: clock() }
    const outcome = await sendNotice(receiver, notice, { ...send, attemptMs: times.attemptMs, signal })
    if (outcome.kind === 'taken') tell('sent', undefined)
    return outcome
  }

  /** Of one alarm: nothing where it was told so already, or is not to be told. */
  async #toTell(id: AlarmId | undefined): Promise<readonly Alarm[]> {
    const alarms = await this.#deps.alarms()
    if (id === undefined)
      return [...alarms.values()].filter(({ state }) => state === 'firing' || state === 'acknowledged')
    const alarm = alarms.get(id)
    if (alarm === undefined || alarm.state === 'pending') return []
    if (alarm.state === 'resolved' && !this.#deps.receiver.sendResolved) return []
    return this.#told.get(id) === versionOf(alarm) ? [] : [alarm]
  }

  async #settled(event: string | undefined, more: Partial<ReceiverState> = {}): Promise<void> {
    const { failure, ...rest } = this.#state
    const kept = more.sent === undefined && failure !== undefined ? { failure } : {}
    this.#state = { ...rest, ...kept, ...more, ...(event !== undefined && { position: event }) }
    await this.#keep({})
  }

  async #keep(more: Partial<ReceiverState>): Promise<void> {
    this.#state = { ...this.#state, ...more, waiting: Math.max(0, this.#waiting.length - 1) }
    await this.#deps.save(this.#state)
  }
}

/** An alarm in one state of one of its lives. */
function versionOf({ state, startedAtMs }: Alarm): string {
  return `${state} ${startedAtMs}`
}

/** Ids of a Redis stream: milliseconds and a number. */
function isAfter(id: string, position: string): boolean {
  const [ms = 0, sequence = 0] = id.split('-').map(Number)
  const [beforeMs = 0, beforeSequence = 0] = position.split('-').map(Number)
  return ms > beforeMs || (ms === beforeMs && sequence > beforeSequence)
}
