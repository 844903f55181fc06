/**
 * One task and the agents that probe it: votes in, a verdict out, by quorum. With n agents and a quorum of k, k failed
 * votes make it sick and n − k + 1 good ones healthy; anything between is unknown, because agents that say nothing could
 * decide either way. So no number of dead agents makes a verdict, and no k − 1 lying ones do.
 */
import type { Detector, DetectorRules, Vote } from './detector.ts'
import { type DampingRules, type Penalty, flapped, noPenalty } from './penalty.ts'
import type { Sample } from './sample.ts'
import type { Subject } from './subject.ts'
import { type Evidence, type Verdict, type VerdictState, unheard, verdictSentence } from './verdict.ts'

export interface VerdictRules extends DetectorRules {
  /** Agents that must say `failed`; default: more than half. */
  readonly quorum?: number
  readonly holdDownMs: number
}

/** What is watched: a Check at one subject, and who probes it. A `Check` of the intent has all fields of `rules`. */
export interface WatchedTask {
  /** Id of the task. */
  readonly task: string
  readonly check: string
  readonly subject: Subject
  /** Names of the agents. */
  readonly agents: readonly string[]
  readonly rules: VerdictRules
}

/** One agent's part in a watch. */
export interface Seat {
  readonly agent: string
  readonly detector: Detector
  /** The vote that is counted: the detector's, or `unknown` while the agent itself is suspected. */
  counted: Vote
  /** It has voted `failed`, or will with the next failure. */
  close: boolean
}

export class Watch {
  readonly watched: WatchedTask
  readonly seats: readonly Seat[]
  readonly quorum: number
  verdict: Verdict
  #failed = 0
  #ok = 0
  #close = 0
  /** The last verdict that was not `unknown`. */
  #lastKnown: VerdictState | undefined
  #sickSinceMs = 0
  #penalty: Penalty = noPenalty

  constructor(watched: WatchedTask, seats: readonly Seat[], nowMs: number) {
    this.watched = watched
    this.seats = seats
    const { check, subject, agents, rules } = watched
    this.quorum = Math.max(1, Math.min(agents.length, rules.quorum ?? Math.floor(agents.length / 2) + 1))
    const { holdDownMs } = rules
    this.verdict = { ...unheard(check, subject, agents, this.quorum, nowMs), holdDownMs, penalty: noPenalty }
  }

  /**
   * Counts a seat's vote anew.
   * @param completing the sample that made it, where one did
   * @returns the verdict where it changed in anything, else undefined
   */
  count(seat: Seat, vote: Vote, nowMs: number, damping: DampingRules, completing?: Sample): Verdict | undefined {
    if (seat.counted === vote) return undefined
    this.#failed += Number(vote === 'failed') - Number(seat.counted === 'failed')
    this.#ok += Number(vote === 'ok') - Number(seat.counted === 'ok')
    seat.counted = vote
    this.#judge(nowMs, damping, completing)
    return this.verdict
  }

  /** Counts anew whether a seat is close to `failed`. */
  come(seat: Seat, close: boolean): void {
    if (seat.close === close) return
    seat.close = close
    this.#close += close ? 1 : -1
  }

  /** Not sick, but one more failure of each of a quorum of agents would make it so. */
  get isDoubtful(): boolean {
    return this.verdict.state !== 'sick' && this.#close >= this.quorum
  }

  #judge(nowMs: number, damping: DampingRules, completing: Sample | undefined): void {
    const before = this.verdict
    const state = this.#state()
    const evidence = this.#evidence()
    const turned = state !== before.state
    if (turned && state === 'sick') this.#turnSick(nowMs, damping)
    if (state !== 'unknown') this.#lastKnown = state
    const { completedBy, ...rest } = before
    const kept = turned ? undefined : completedBy
    const completed = turned && state === 'sick' && completing !== undefined ? completedWith(completing, nowMs) : kept
    const why = this.seats.find(({ agent, counted }) => counted === 'failed' && (completing?.agent ?? agent) === agent)
    this.verdict = {
      ...rest,
      state,
      sinceMs: turned ? (state === 'sick' ? this.#sickSinceMs : nowMs) : before.sinceMs,
      reason:
        turned || state !== 'sick'
          ? verdictSentence(this.watched.subject, state, evidence, why?.detector.why ?? '')
          : before.reason,
      penalty: this.#penalty,
      evidence,
      ...(completed !== undefined && { completedBy: completed }),
    }
  }

  #state(): VerdictState {
    if (this.#failed >= this.quorum) return 'sick'
    return this.#ok >= this.seats.length - this.quorum + 1 ? 'healthy' : 'unknown'
  }

  /** Sick, unknown, sick is one sickness. Only a turn from healthy is a flap. */
  #turnSick(nowMs: number, damping: DampingRules): void {
    if (this.#lastKnown !== 'sick') this.#sickSinceMs = nowMs
    if (this.#lastKnown === 'healthy') this.#penalty = flapped(this.#penalty, nowMs, damping)
  }

  #evidence(): Evidence {
    const by = (vote: Vote) => this.seats.filter(({ counted }) => counted === vote).map(({ agent }) => agent)
    return { failed: by('failed'), ok: by('ok'), unknown: by('unknown'), quorum: this.quorum }
  }
}

function completedWith({ agent, sequence, atMs }: Sample, nowMs: number) {
  return { agent, sequence, sentAtMs: atMs, receivedAtMs: nowMs }
}
